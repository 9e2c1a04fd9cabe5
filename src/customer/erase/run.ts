import { journalChanges } from '../../audit/changes.js';
import { checkpointLog } from '../../audit/checkpoint-write.js';
import { journalTombstones } from '../../audit/tombstones.js';
import type { Session } from '../../database/session.js';
import { readCatalog } from '../../datamap/catalog.js';
import { assertNoDrift } from '../../datamap/drift.js';
import type { Language } from '../../documents/page-model.js';
import { now } from '../../foundation/clock.js';
import { EXIT, GdprError } from '../../foundation/errors.js';
import { approvalRule, useApproval } from '../../operation/approval.js';
import { type Operation, recordOutcome, runOperation } from '../../operation/operation.js';
import type { Context } from '../../workspace/open.js';
import { assertNotHeld } from '../hold/gate.js';
import { keptByHolds } from '../hold/kept.js';
import { assertNameless, basisOf } from '../identity-check.js';
import type { FoundPerson } from '../people.js';
import { assertPlan, type Plan } from '../plan.js';
import { changesSince } from '../recheck.js';
import { assertErasable } from '../restrict/gate.js';
import { suppressErased } from '../suppression/suppress.js';
import { certifyErasure } from './certificate.js';
import { type Erased, eraseRows } from './engine.js';
import type { PreparedErase } from './erase-customer.js';
import type { TableCount } from './execute.js';
import { keptRowsOf, withKeptRows } from './kept-person.js';
import { type KeptSummary, noteKeptRows } from './kept-rows.js';
import { planErase } from './plan.js';
import { type ErasureProof, proveErasure } from './prove.js';
import { type ErasedPerson, enterTombstones } from './tombstone.js';
import type { Unreadable } from './values.js';

/** What an erasure was asked for. */
export interface EraseOrder {
  readonly person: FoundPerson;
  readonly subject: string;
  /** The point of Art. 17(1), e.g. `Art. 17(1)(b)`. */
  readonly ground: string;
  /** How the person's identity was checked. */
  readonly verified?: string | undefined;
  /** Number of the request in the register that it answers. */
  readonly number?: string | undefined;
  readonly language: Language;
  /** Whether it was done before and a restored backup has undone it: what stood in its way did so then. */
  readonly again?: boolean;
  /** The plan that was looked at; another one is refused. */
  readonly planDigest?: string | undefined;
}

export interface EraseResult {
  readonly operation: string;
  readonly subject: string;
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

/** What an erasure is doing; `proof` and `certificate` come after it is committed. */
export type EraseStage = 'erase' | 'proof' | 'certificate';

/**
 * Erases what is held about one person (Art. 17): intent → one READ COMMITTED transaction that collects, locks,
 * changes and deletes, and whose last statement appends the outcome → tombstone in the journal → residue proof in a
 * fresh transaction → signed certificate under an entry of its own. A crash leaves it wholly done or wholly not;
 * `recover` makes up for the journal and the certificate.
 * @throws GdprError DRIFT, REFUSED, PLAN_CHANGED, NOBODY, LOCKED, FILE_UNAVAILABLE, DATABASE_UNAVAILABLE
 */
export async function eraseCustomer(
  context: Context,
  order: EraseOrder,
  plan: Plan,
  onStage: (stage: EraseStage) => void = () => {},
): Promise<EraseResult> {
  const intent = {
    action: 'customer erase',
    subjects: [order.subject],
    planDigest: plan.digest,
    ground: order.ground,
    ...(order.verified !== undefined && { verified: order.verified }),
    ...(order.number !== undefined && { request: order.number }),
  };
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
      const residue = await proveErasure(context, people);
      onStage('certificate');
      const { path, sha256 } = await certifyErasure(context, {
        operation: operation.id,
        intent,
        language: order.language,
        tables: erased.tables,
        kept: erased.kept,
        unreadable: erased.unreadable,
        residue,
      });
      const { tables, kept, unreadable } = erased;
      return {
        operation: operation.id,
        subject: order.subject,
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

async function erase(
  session: Session,
  context: Context,
  order: EraseOrder,
  plan: Plan,
  operation: Operation,
): Promise<{ sequence: number; erased: Erased; people: ErasedPerson[] }> {
  const { model, keys } = context;
  const { person, subject, ground } = order;
  const agreed =
    context.config.approval?.erase === 'always' ? [await useApproval(session, plan.digest, operation)] : [];
  const catalog = await readCatalog(session);
  assertNoDrift(model, catalog);
  await assertNotHeld(session, context, [{ person, subject }]);
  await assertErasable(session, context, [{ person, subject }], order.number !== undefined || order.again === true);
  const [fault] =
    person.roots.length + person.identifiers.length === 0 ? [] : await changesSince(session, model, catalog, [person]);
  if (fault !== undefined) throw fault;
  const kept = await keptRowsOf(session, model, [subject]);
  const hash = (value: string) => Buffer.from(keys.hmac('erased value', `${operation.id}\n${value}`), 'base64url');
  const request = {
    model,
    catalog,
    people: [withKeptRows(person, kept)],
    at: now().toISOString(),
    more: keptByHolds(model, catalog),
  };
  const erased = await eraseRows(session, request, hash);
  assertPlan(planErase(model, erased, [subject], ground), plan.digest);
  const people = [{ subject, person, traits: erased.traits[0] ?? new Map() }];
  await enterTombstones(session, model, keys, { operation: operation.id, ground }, people);
  await suppressErased(session, model, keys, operation.id, people);
  await noteKeptRows(session, erased.ruling, operation.id, [subject]);
  const sequence = await recordOutcome(session, context, operation.id, operation.intent, {
    result: 'done',
    counts: countsOf(erased.tables),
    rules: [...new Set([...erased.kept.map(({ id }) => id), ...agreed.map(approvalRule)])].sort(),
  });
  return { sequence, erased, people };
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
