import type { AddedFile, ArchiveWriter } from '../archive/write.js';
import { assertPlan } from '../customer/plan.js';
import { ReviewJudge, type ReviewSummary } from '../customer/review/judge.js';
import { journalDone } from '../customer/settle-journaled.js';
import type { Withheld } from '../customer/table-writer.js';
import type { Session } from '../database/session.js';
import { custodyPage } from '../documents/custody-page.js';
import type { DisclosureHead } from '../documents/disclosure-page.js';
import type { Language } from '../documents/page-model.js';
import { canonicalJson } from '../foundation/canonical-json.js';
import { GdprError } from '../foundation/errors.js';
import { randomId } from '../foundation/random-id.js';
import { type Approval, approvalRule, useApproval } from '../operation/approval.js';
import { readPlan } from '../operation/approve.js';
import { archiveChange } from '../operation/archived.js';
import { type Operation, runOperation } from '../operation/operation.js';
import { type Day, todayIn } from '../request/day.js';
import type { Context } from '../workspace/open.js';
import { endOfPeriod } from './order.js';
import { subjectsOf } from './people.js';
import { countsOf, type OutsideScope, type PreparedDisclosure, prefixOf } from './prepare.js';
import { type OpenScope, openScope, Recorder } from './records.js';
import { enterDisclosure, newNumber } from './register.js';
import { type WrittenSet, writeSet } from './write-set.js';

export interface DisclosureResult {
  readonly operation: string;
  /** The number in the register of disclosures. */
  readonly disclosure: string;
  readonly archive: string;
  readonly sha256: string;
  readonly planDigest: string;
  /** When the records were read. */
  readonly snapshot: string;
  readonly produced: readonly { readonly table: string; readonly rows: number }[];
  readonly withheld: readonly Withheld[];
  readonly outOfScope: readonly OutsideScope[];
  readonly numbers: { readonly first: string; readonly last: string };
  readonly hold: {
    readonly hold: string;
    readonly until: Day;
    readonly rows: number;
    /** Rows that were given and cannot be held, since their tables have no key. */
    readonly unheld: number;
  };
  readonly review?: ReviewSummary;
  readonly approval: Approval;
  readonly audit: { readonly sequence: number };
}

/**
 * Gives what was agreed on: in one transaction the agreement is used up → the records are read, compared with the plan
 * and written into the archive's `.partial` → signature, fsync → hold and register → outcome → commit; then rename. A
 * crash in between is mended by `recover`.
 * @throws GdprError PLAN_CHANGED, REFUSED without a second person's agreement; FILE_UNAVAILABLE, DATABASE_UNAVAILABLE;
 *   nothing is left behind but the log
 */
export async function produceDisclosure(
  context: Context,
  prepared: PreparedDisclosure,
  options: { readonly planDigest: string | undefined; readonly language: Language },
): Promise<DisclosureResult> {
  const { plan, order, intent } = prepared;
  return runOperation(
    context,
    intent,
    async (operation) => {
      assertPlan(plan, options.planDigest);
      const { preparedAt } = await preparedPlan(context, plan.digest);
      const judge = prepared.review && new ReviewJudge(prepared.review);
      const archived = await archiveChange(
        context,
        operation,
        archiveName(order.kind, operation.id),
        async (session, archive) => {
          const approval = await useApproval(session, plan.digest, operation);
          const scope = await openScope(session, context, order, prepared.disclosed);
          const recorder = new Recorder(context, order, prefixOf(context), judge);
          const disclosure = newNumber();
          const head = headOf(
            context,
            prepared,
            { operation: operation.id, disclosure, snapshot: scope.at },
            options.language,
          );
          const set = await writeSet(session, context, archive, prepared, scope, recorder, head);
          const numbers = { first: recorder.numberOf(1), last: recorder.numberOf(recorder.count) };
          const until = endOfPeriod(order.hold, todayIn(context.model.map.timeZone));
          const sequence = await intentSequence(session, operation);
          const custody = {
            ...approval,
            preparedAt,
            producer: context.operator,
            mapDigest: context.model.digest,
            sequence,
            records: recorder.count,
            ...numbers,
            heldUntil: until,
          };
          await seal(archive, head, custody, set, prepared, recorder);
          const hold = await holdProduced(session, context, operation, prepared, scope, until);
          const written = { scope, set, disclosure, numbers, approval, hold, withheld: recorder.withheld.list() };
          return {
            written,
            outcome: { counts: countsOf(prepared.steps), rules: rulesOf(prepared, approval, hold.hold) },
            sealed: (sha256) =>
              register(session, context, operation, prepared, { ...written, sha256, records: recorder.count }),
          };
        },
      );
      await journalDone(context);
      const { written, path, sha256, sequence } = archived;
      return {
        operation: operation.id,
        disclosure: written.disclosure,
        archive: path,
        sha256,
        planDigest: plan.digest,
        snapshot: written.scope.at,
        produced: written.set.tables.map(({ name, rows }) => ({ table: name, rows })),
        withheld: written.withheld,
        outOfScope: prepared.outside,
        numbers: written.numbers,
        hold: written.hold,
        ...(judge && { review: judge.summary() }),
        approval: written.approval,
        audit: { sequence },
      };
    },
    (operation) => archiveName(order.kind, operation),
  );
}

function archiveName(kind: string, operation: string): string {
  return `disclosure-${kind}-${operation}.asice`;
}

/** When the plan was stored; nobody can have agreed to one that was not. */
async function preparedPlan(context: Context, digest: string): Promise<{ preparedAt: string }> {
  return readPlan(context, digest).catch((error: unknown) => {
    if (error instanceof GdprError && error.code === 'NOT_FOUND') return { preparedAt: '' };
    throw error;
  });
}

async function intentSequence(session: Session, operation: Operation): Promise<number> {
  const [row] = await session.query<{ sequence: string }>(
    "SELECT sequence::text AS sequence FROM gdpr.audit_entry WHERE operation = $1 AND kind = 'intent'",
    [operation.id],
  );
  return Number(row?.sequence);
}

function rulesOf({ order }: PreparedDisclosure, approval: Approval, hold: string): string[] {
  return [
    approvalRule(approval),
    hold,
    ...(order.restrictedGround === null ? [] : [`Art. 18(2): ${order.restrictedGround}`]),
    ...(order.thirdParties === null ? [] : ['third parties: given']),
  ];
}

function headOf(
  { model: { map } }: Context,
  { order, disclosed, plan }: PreparedDisclosure,
  ids: Pick<DisclosureHead, 'operation' | 'disclosure' | 'snapshot'>,
  language: Language,
): DisclosureHead {
  const { name, address } = map.controller;
  return {
    ...order,
    ...ids,
    language,
    controller: { name, address },
    timeZone: map.timeZone,
    categories: order.categories.flatMap((id) => map.disclosure?.groups[id]?.title ?? map.categories[id]?.title ?? []),
    orders: disclosed.orders === null ? null : disclosed.orders.length,
    planDigest: plan.digest,
  };
}

/** The files that vouch for the others. */
async function seal(
  archive: ArchiveWriter,
  head: DisclosureHead,
  custody: Omit<Parameters<typeof custodyPage>[1], 'files'>,
  { tables, files }: WrittenSet,
  { order, plan }: PreparedDisclosure,
  recorder: Recorder,
): Promise<void> {
  const sums: AddedFile[] = [...files];
  const manifest = {
    operation: head.operation,
    disclosure: head.disclosure,
    kind: order.kind,
    authority: order.authority,
    case: order.case,
    basis: order.basis,
    request: { number: order.requestNumber, date: order.requestDate, file: order.document.name },
    categories: [...order.categories],
    from: order.from,
    to: order.to,
    snapshot: head.snapshot,
    planDigest: plan.digest,
    numbers: { first: custody.first, last: custody.last },
    produced: tables.map(({ name, rows, first, last, files: { json, csv } }) => ({
      table: name,
      rows,
      first,
      last,
      files: [json, csv],
    })),
    withheld: recorder.withheld.list().map(({ table, column, reason, rows }) => ({ table, column, reason, rows })),
  };
  sums.push(await archive.add('manifest.json', 'application/json', `${canonicalJson(manifest)}\n`));
  sums.push(await archive.add('custody.html', 'text/html', custodyPage(head, { ...custody, files: sums })));
  await archive.add(
    'SHA256SUMS',
    'text/plain',
    sums.map(({ name, sha256 }) => `${sha256}  ${name}\n`),
  );
}

/** Keeps what was given from erasure; rows without a key cannot be held. */
async function holdProduced(
  session: Session,
  context: Context,
  operation: Operation,
  { order, disclosed, others, steps }: PreparedDisclosure,
  scope: OpenScope,
  until: Day,
): Promise<DisclosureResult['hold']> {
  const hold = `hold-${randomId(10)}`;
  await session.run(
    `INSERT INTO gdpr.hold (id, scope, subjects, reference, authority, until, gag_until, placed_by, operation)
     VALUES ($1, 'rows', $2::text[], $3, $4, $5::date, $6::date, $7, $8)`,
    [
      hold,
      subjectsOf(disclosed, others),
      order.case ?? order.requestNumber,
      order.authority,
      until,
      order.gagUntil,
      context.operator,
      operation.id,
    ],
  );
  let rows = 0;
  let unheld = 0;
  for (const { table, keys } of scope.tables) {
    const step = steps.find(({ read }) => read === table.name);
    if (step === undefined) continue;
    if (keys === undefined) {
      unheld += step.rows;
      continue;
    }
    const { length } = keys.values;
    rows += await session.run(
      `INSERT INTO gdpr.hold_row (hold, table_name, key) SELECT $${length + 1}::text, $${length + 2}::text, q.key FROM (${keys.sql}) q`,
      [...keys.values, hold, table.name],
    );
  }
  return { hold, until, rows, unheld };
}

async function register(
  session: Session,
  context: Context,
  operation: Operation,
  { order, disclosed, others, steps }: PreparedDisclosure,
  written: {
    readonly scope: OpenScope;
    readonly disclosure: string;
    readonly numbers: DisclosureResult['numbers'];
    readonly approval: Approval;
    readonly hold: DisclosureResult['hold'];
    readonly sha256: string;
    readonly records: number;
  },
): Promise<void> {
  const records = new Map(subjectsOf(disclosed).map((subject) => [subject, 0]));
  for (const { table, people } of written.scope.tables) {
    if (!steps.some(({ read }) => read === table.name)) continue;
    for await (const [person, rows] of session.stream(people.sql, people.values)) {
      for (const subject of subjectsOf({ people: disclosed.people.slice(Number(person), Number(person) + 1) }))
        records.set(subject, (records.get(subject) ?? 0) + Number(rows));
    }
  }
  await enterDisclosure(
    session,
    operation,
    context.operator,
    {
      number: written.disclosure,
      kind: order.kind,
      recipient: order.authority,
      basis: order.basis,
      caseNumber: order.case ?? undefined,
      official: order.official ?? undefined,
      requestNumber: order.requestNumber,
      requestDate: order.requestDate,
      receivedOn: order.received,
      deadline: order.deadline ?? undefined,
      documentDigest: order.document.sha256,
      asked: order.asked ?? undefined,
      categories: order.categories,
      unnamed: order.unnamed,
      gagUntil: order.gagUntil ?? undefined,
      whyTold: order.gagBasis ?? undefined,
      hold: written.hold.hold,
      approvedBy: written.approval.approver,
      archiveDigest: written.sha256,
      records: written.records,
      numbers: written.numbers,
    },
    [...[...records].map(([subject, rows]) => ({ subject, rows })), ...others],
  );
}
