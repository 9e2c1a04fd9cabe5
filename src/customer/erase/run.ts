import { journalChanges } from '../../audit/changes.js';
import { checkpointLog } from '../../audit/checkpoint-write.js';
import { journalTombstones } from '../../audit/tombstones.js';
import type { Session } from '../../database/session.js';
import { type Catalog, readCatalog } from '../../datamap/catalog.js';
import { assertNoDrift } from '../../datamap/drift.js';
import type { DataMapModel } from '../../datamap/model.js';
import { now } from '../../foundation/clock.js';
import { EXIT, GdprError } from '../../foundation/errors.js';
import { approvalRule, useApproval } from '../../operation/approval.js';
import { type Intent, type Operation, recordOutcome, runOperation } from '../../operation/operation.js';
import type { Context } from '../../workspace/open.js';
import { assertNotHeld } from '../hold/gate.js';
import { keptByHolds } from '../hold/kept.js';
import { assertNameless, basisOf } from '../identity-check.js';
import { assertPlan, type Plan } from '../plan.js';
import { changesSince } from '../recheck.js';
import type { ResidueProgress } from '../residue/prove.js';
import { assertErasable } from '../restrict/gate.js';
import { suppressErased } from '../suppression/suppress.js';
import { certifyErasure } from './certificate.js';
import { type Erased, eraseRows } from './engine.js';
import { ACTION, LIST_ACTION, type PreparedErase } from './erase-customer.js';
import type { TableCount } from './execute.js';
import { withWhatWasKept } from './kept-person.js';
import { type KeptSummary, noteKeptRows } from './kept-rows.js';
import { planErase } from './plan.js';
import { type ErasureProof, proveErasure } from './prove.js';
import { type Erasable, type ErasedPerson, enterTombstones } from './tombstone.js';
import type { Unreadable } from './values.js';

/** What an erasure was asked for. */
export interface ErasureOrder {
  readonly people: readonly Erasable[];
  /** The point of Art. 17(1), e.g. `Art. 17(1)(b)`. */
  readonly ground: string;
  /** Whether it was done before and a restored backup has undone it: what stood in its way did so then. */
  readonly again?: boolean;
  /** The plan that was looked at; another one is refused. */
  readonly planDigest?: string | undefined;
}

/** The same of one person. */
export type EraseOrder = Erasable & Omit<ErasureOrder, 'people'>;

export interface ErasureResult {
  readonly operation: string;
  readonly planDigest: string;
  /** Path of the signed certificate. */
  readonly certificate: string;
  readonly sha256: string;
  readonly tables: readonly TableCount[];
  readonly kept: readonly KeptSummary[];
  readonly unreadable: readonly Unreadable[];
  readonly residue: ErasureProof;
  readonly audit: { readonly sequence: number };
}

export interface EraseResult extends ErasureResult {
  readonly subject: string;
}

/** What an erasure does one after the other; `proof` and `certificate` come after it is committed. */
export type EraseStage = 'find' | 'plan' | 'erase' | 'proof' | 'certificate';

/** `search` tells how far the proof is. */
export type OnEraseStage = (stage: EraseStage, search?: ResidueProgress) => void;

/** Erases what is held about one person, as `erasePeople` does. */
export async function eraseCustomer(
  context: Context,
  { ground, again, planDigest, ...person }: EraseOrder,
  plan: Plan,
  onStage: OnEraseStage = () => {},
): Promise<EraseResult> {
  const order = { people: [person], ground, planDigest, ...(again !== undefined && { again }) };
  return { subject: person.subject, ...(await erasePeople(context, order, plan, onStage)) };
}

/**
 * Erases what is held about people (Art. 17), none twice: intent → one READ COMMITTED transaction that collects, locks,
 * changes and deletes, and whose last statement appends the outcome → tombstones in the journal → residue proof in a
 * fresh transaction → signed certificate under an entry of its own. A crash leaves it wholly done or wholly not;
 * `recover` makes up for the journal and the certificate. Several people need a second person's agreement to the plan.
 * @throws GdprError DRIFT, REFUSED, PLAN_CHANGED, NOBODY, LOCKED, FILE_UNAVAILABLE, DATABASE_UNAVAILABLE
 */
export async function erasePeople(
  context: Context,
  order: ErasureOrder,
  plan: Plan,
  onStage: OnEraseStage = () => {},
): Promise<ErasureResult> {
  const intent = intentOf(order, plan);
  return runOperation(context, intent, async (operation) => {
    assertPlan(plan, order.planDigest);
    onStage('erase');
    const { sequence, erased, people } = await context.database.transaction('read committed', (session) =>
      erase(session, context, order, plan, operation),
    );
    operation.ended = true;
    try {
      await journalTombstones(context.database, context.paths.journal);
      await journalChanges(context.database, context.paths.journal);
      await checkpointLog(context.database, { key: context.keys.checkpointKey(), journalPath: context.paths.journal });
      onStage('proof');
      const residue = await proveErasure(context, people, (search) => onStage('proof', search));
      onStage('certificate');
      const { tables, kept, keptBy, unreadable } = erased;
      const { path, sha256 } = await certifyErasure(context, {
        operation: operation.id,
        intent,
        people: people.map(({ subject, number, verified, language }, i) => ({
          subject,
          request: number,
          verified,
          language,
          kept: keptBy[i] ?? [],
        })),
        tables,
        kept,
        unreadable,
        residue,
      });
      return {
        operation: operation.id,
        planDigest: plan.digest,
        certificate: path,
        sha256,
        tables,
        kept,
        unreadable,
        residue,
        audit: { sequence },
      };
    } catch (error) {
      throw uncertified(error);
    }
  });
}

/** An entry has room for one request and one check of an identity; those of several people are in the certificate. */
function intentOf({ people, ground }: ErasureOrder, { digest }: Plan): Intent {
  const [first, ...others] = people;
  const intent = { subjects: people.map(({ subject }) => subject), planDigest: digest, ground };
  if (others.length > 0) return { ...intent, action: LIST_ACTION, counts: { people: people.length } };
  return {
    ...intent,
    action: ACTION,
    ...(first?.verified !== undefined && { verified: first.verified }),
    ...(first?.number !== undefined && { request: first.number }),
  };
}

async function erase(
  session: Session,
  context: Context,
  { people, ground, again = false }: ErasureOrder,
  plan: Plan,
  operation: Operation,
): Promise<{ sequence: number; erased: Erased; people: ErasedPerson[] }> {
  const { model, keys, config } = context;
  const agreed =
    people.length > 1 || config.approval?.erase === 'always'
      ? [await useApproval(session, plan.digest, operation)]
      : [];
  const catalog = await readCatalog(session);
  assertNoDrift(model, catalog);
  await assertNotHeld(session, context, people);
  await assertErasable(
    session,
    context,
    people.map((each) => ({ ...each, asks: each.number !== undefined || again })),
  );
  await assertUnchanged(session, model, catalog, people);
  const subjects = people.map(({ subject }) => subject);
  const hash = (value: string) => Buffer.from(keys.hmac('erased value', `${operation.id}\n${value}`), 'base64url');
  const request = {
    model,
    catalog,
    people: await withWhatWasKept(session, model, people),
    at: now().toISOString(),
    more: keptByHolds(model, catalog),
  };
  const erased = await eraseRows(session, request, hash);
  assertPlan(planErase(model, erased, subjects, ground), plan.digest);
  const gone = people.map((each, i) => ({ ...each, traits: erased.traits[i] ?? new Map() }));
  await enterTombstones(session, model, keys, { operation: operation.id, ground }, gone);
  await suppressErased(session, model, keys, operation.id, gone);
  await noteKeptRows(session, erased.ruling, operation.id, subjects);
  const sequence = await recordOutcome(session, context, operation.id, operation.intent, {
    result: 'done',
    counts: countsOf(erased.tables),
    rules: [...new Set([...erased.kept.map(({ id }) => id), ...agreed.map(approvalRule)])].sort(),
  });
  return { sequence, erased, people: gone };
}

/** Whoever was erased before and has only kept rows left is found by nothing that could have changed. */
async function assertUnchanged(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  people: readonly Erasable[],
): Promise<void> {
  const found = people.flatMap(({ person }) => (person.roots.length + person.identifiers.length === 0 ? [] : [person]));
  if (found.length === 0) return;
  const fault = (await changesSince(session, model, catalog, found)).find((each) => each !== undefined);
  if (fault !== undefined) throw fault;
}

/** `shop.orders changed`: 2 and the like, without zeros. */
function countsOf(tables: readonly TableCount[]): Record<string, number> {
  return Object.fromEntries(
    tables.flatMap(({ table, ...counts }) =>
      Object.entries(counts).flatMap(([what, count]) => (count === 0 ? [] : [[`${table} ${what}`, count]])),
    ),
  );
}

/** The data is erased and that is committed; what is missing is only its proof. */
function uncertified(error: unknown): unknown {
  if (!(error instanceof GdprError) || error.exit !== EXIT.unavailable) return error;
  return new GdprError(error.code, `the data is erased, but its certificate is not made yet: ${error.message}`, {
    cause: error,
    hint: 'mend this, then run: gdpr recover (it makes the proof and the certificate)',
  });
}

/**
 * The order that the flags of a command make, checked before anything is asked or done.
 * @throws GdprError INPUT_INVALID, REFUSED when nobody says how the identity was checked
 */
export function orderOf(
  { match, request }: PreparedErase,
  flags: {
    readonly ground: string;
    readonly verified?: string | undefined;
    readonly language: string;
    readonly 'plan-digest'?: string | undefined;
  },
): EraseOrder {
  const basis = basisOf(flags.verified, request);
  assertNameless(basis.verified, match.traits.get('name') ?? []);
  return {
    person: match.person,
    subject: match.subject,
    ground: flags.ground,
    ...basis,
    language: flags.language === 'en' ? 'en' : 'lv',
    planDigest: flags['plan-digest'],
  };
}
