import { readCatalog } from '../../datamap/catalog.js';
import { assertNoDrift } from '../../datamap/drift.js';
import { now } from '../../foundation/clock.js';
import { GdprError } from '../../foundation/errors.js';
import type { Context } from '../../workspace/open.js';
import { holdFaults } from '../hold/gate.js';
import { keptByHolds } from '../hold/kept.js';
import { assertNameless } from '../identity-check.js';
import { type Chosen, choosePeople, type Left, type RefusedLine, refusedLine } from '../people-chosen.js';
import type { PersonLine } from '../people-file.js';
import { type Plan, storePlan } from '../plan.js';
import { gate } from '../requester.js';
import { restrictionFaults } from '../restrict/gate.js';
import { readTraits, type Traits } from '../traits.js';
import { letterName } from './certificate.js';
import { type Rehearsal, rehearseErase } from './engine.js';
import { ACTION, LIST_ACTION } from './erase-customer.js';
import { withWhatWasKept } from './kept-person.js';
import { planErase } from './plan.js';
import { type ErasureResult, erasePeople, type OnEraseStage } from './run.js';

/** The people of a list who can be erased, the plan of it, and who is left out; nothing is changed yet. */
export interface PreparedMany {
  readonly chosen: readonly Chosen[];
  readonly left: readonly Left[];
  readonly plan: Plan;
  readonly rehearsal: Rehearsal;
  /** Keeps the plan and who prepared it. */
  store(): Promise<Plan>;
}

/** Somebody of the list whose data is erased, or is to be. */
export interface ErasedLine {
  readonly line: number;
  readonly request?: string;
  readonly state: 'erased' | 'planned';
  readonly subject: string;
  /** The file of their letter in the certificate, once they are erased. */
  readonly letter?: string;
}

export interface ManyErased extends ErasureResult {
  readonly people: readonly (ErasedLine | RefusedLine)[];
  readonly erased: number;
  readonly refused: number;
}

/**
 * Finds the people of a list, plans their erasure as one and counts what it would do. Who cannot be erased is left out
 * with the reason: nobody or several match, a request is of another kind, the identity was not checked, a hold or a
 * restriction stands against it. The plan names those who remain, so that a second person agrees to exactly them.
 * @throws GdprError DRIFT, REFUSED; INPUT_INVALID when a line says a name where it says how the identity was checked;
 *   the first line's own error when nobody remains
 */
export async function prepareEraseMany(
  context: Context,
  lines: readonly PersonLine[],
  ground: string,
  onStage: OnEraseStage = () => {},
): Promise<PreparedMany> {
  const { database, operator } = context;
  const asked = { action: LIST_ACTION, ground, subjects: [] };
  onStage('find');
  const found = await gate(context, asked, () => choosePeople(context, lines, 'erasure'));
  const subjects = found.chosen.map(({ subject }) => subject);
  return gate(context, { ...asked, subjects }, async () => {
    const { chosen, kept } = await parted(context, found.chosen);
    const left = [...found.left, ...kept].sort((a, b) => a.line - b.line);
    if (chosen.length === 0) throw nobodyLeft(left);
    onStage('plan');
    const { rehearsal, traits } = await rehearse(context, chosen);
    for (const [i, { line, basis }] of chosen.entries()) assertSaysNoName(line, basis.verified, traits[i]);
    const people = chosen.map(({ subject }) => subject);
    const plan = planErase(context.model, rehearsal, people, ground);
    return {
      chosen,
      left,
      plan,
      rehearsal,
      async store() {
        await database.transaction('read committed', (session) => storePlan(session, ACTION, plan, operator));
        return plan;
      },
    };
  });
}

/** Parts those who may be erased from those whose data a hold or a restriction keeps. */
async function parted(
  context: Context,
  people: readonly Chosen[],
): Promise<{ chosen: readonly Chosen[]; kept: readonly Left[] }> {
  if (people.length === 0) return { chosen: [], kept: [] };
  return context.database.transaction('read committed', async (session) => {
    const held = await holdFaults(session, context, people);
    const asking = people.map((each) => ({ ...each, asks: each.request !== undefined }));
    const restricted = await restrictionFaults(session, context, asking);
    const faults = people.map((_, i) => held[i] ?? restricted[i]);
    return {
      chosen: people.filter((_, i) => faults[i] === undefined),
      kept: people.flatMap(({ line, request }, i): Left[] => {
        const fault = faults[i];
        return fault === undefined ? [] : [{ line, ...(request !== undefined && { request }), fault }];
      }),
    };
  });
}

function rehearse(
  { database, model }: Context,
  chosen: readonly Chosen[],
): Promise<{ rehearsal: Rehearsal; traits: readonly Traits[] }> {
  return database.transaction('repeatable read', async (session) => {
    const catalog = await readCatalog(session);
    assertNoDrift(model, catalog);
    const people = await withWhatWasKept(session, model, chosen);
    const more = keptByHolds(model, catalog);
    const rehearsal = await rehearseErase(session, { model, catalog, people, at: now().toISOString(), more });
    return { rehearsal, traits: await readTraits(session, model, catalog, people) };
  });
}

function assertSaysNoName(line: number, verified: string, traits: Traits | undefined): void {
  try {
    assertNameless(verified, traits?.get('name') ?? []);
  } catch (error) {
    if (!(error instanceof GdprError)) throw error;
    const { code, message, hint } = error;
    throw new GdprError(code, `line ${line}: ${message}`, { ...(hint !== undefined && { hint }), cause: error });
  }
}

/** What an error shows of a long list. */
const MOST_SHOWN = 10;

function nobodyLeft(left: readonly Left[]): GdprError {
  const [first] = left;
  const shown = left.slice(0, MOST_SHOWN).map(({ line, fault }) => `line ${line}: ${fault.message}`);
  const more = left.length > shown.length ? [`… and ${left.length - shown.length} more`] : [];
  return new GdprError(
    first?.fault.code ?? 'NOBODY',
    ['nobody in the list can be erased, so nothing was done:', ...shown, ...more].join('\n'),
    { hint: first?.fault.hint ?? 'look at the list', details: { people: left.map(refusedLine) } },
  );
}

/** The lines of a list in their order, with what becomes of each. */
export function linesOf(
  { chosen, left }: Pick<PreparedMany, 'chosen' | 'left'>,
  state: ErasedLine['state'],
): (ErasedLine | RefusedLine)[] {
  const lettered = state === 'erased' && chosen.length > 1;
  const theirs = chosen.map(({ line, request, subject }) => {
    const letter = state === 'planned' ? {} : { letter: lettered ? letterName(subject) : 'letter.html' };
    return { line, ...(request !== undefined && { request }), state, subject, ...letter };
  });
  return [...theirs, ...left.map(refusedLine)].sort((a, b) => a.line - b.line);
}

/**
 * Erases the people of a prepared list, in one transaction and with one certificate.
 * @throws GdprError as `erasePeople`
 */
export async function eraseMany(
  context: Context,
  prepared: PreparedMany,
  { ground, planDigest }: { readonly ground: string; readonly planDigest?: string | undefined },
  onStage: OnEraseStage = () => {},
): Promise<ManyErased> {
  const { chosen, left, plan } = prepared;
  const people = chosen.map(({ person, subject, basis, language }) => ({ person, subject, ...basis, language }));
  const result = await erasePeople(context, { people, ground, planDigest }, plan, onStage);
  return { ...result, people: linesOf(prepared, 'erased'), erased: chosen.length, refused: left.length };
}
