import { createHash } from 'node:crypto';
import type { Chooser } from '../customer/choose.js';
import { hasherOf } from '../customer/find-customer.js';
import { aliasesOf } from '../customer/people.js';
import { type Plan, storePlan } from '../customer/plan.js';
import { gate } from '../customer/requester.js';
import { restrictionsOf } from '../customer/restrict/restriction.js';
import { ReviewJudge } from '../customer/review/judge.js';
import type { Review } from '../customer/review/read.js';
import type { Withheld } from '../customer/table-writer.js';
import { digestOf, type Json } from '../foundation/canonical-json.js';
import { GdprError } from '../foundation/errors.js';
import { knownReferences } from '../identity/reference.js';
import { readPlan } from '../operation/approve.js';
import { endOperation, type Intent, runOperation } from '../operation/operation.js';
import type { Context } from '../workspace/open.js';
import { type DisclosureOrder, readOrder, type TypedOrder } from './order.js';
import { type Disclosed, type DisclosureTarget, findDisclosed } from './people.js';
import { openScope, Recorder } from './records.js';

/** What is given of a table, and how the records are known again. */
export interface DisclosureStep {
  readonly read: string;
  readonly columns: readonly string[];
  readonly withheld: readonly { readonly column: string; readonly reason: string; readonly rows: number }[];
  readonly rows: number;
  /** `sha256:` over the lines of the records, each ended by a line feed. */
  readonly records: string;
}

/** What of a table with rows of the people is not given, because nobody asked for it. */
export interface OutsideScope {
  readonly table: string;
  readonly rows: number;
  readonly columns: readonly string[];
  /** Why no row is in a range of dates: the map gives the table's rows no date. */
  readonly undated?: true;
}

export interface PreparedDisclosure {
  readonly order: DisclosureOrder;
  readonly disclosed: Disclosed;
  readonly review: Review | undefined;
  readonly plan: Plan;
  readonly steps: readonly DisclosureStep[];
  readonly outside: readonly OutsideScope[];
  readonly withheld: readonly Withheld[];
  /** What the log says of it before it begins. */
  readonly intent: Intent;
}

/** The command's words in the log. */
function actionOf({ kind }: Pick<TypedOrder, 'kind'>): string {
  return `disclose ${kind}`;
}

/** What numbers of records begin with. */
export function prefixOf({ config }: Pick<Context, 'config'>): string {
  return config.disclosure?.prefix ?? 'R';
}

/**
 * Checks the request and finds whom it is about; every refusal is logged.
 * @throws GdprError as `readOrder` and `findDisclosed`; REFUSED for restricted people without a ground of Art. 18(2)
 */
export async function openRequest(
  context: Context,
  typed: TypedOrder,
  target: DisclosureTarget,
  planDigest: string | undefined,
  chooser: Chooser,
): Promise<{ order: DisclosureOrder; disclosed: Disclosed; intent: Intent }> {
  const action = actionOf(typed);
  return gate(context, { action, subjects: [], ...(planDigest && { planDigest }) }, async () => {
    const order = await readOrder(context, typed, await receivedIn(context, planDigest));
    const disclosed = await findDisclosed(context, target, chooser);
    await assertMayBeGiven(context, order, disclosed);
    const intent: Intent = {
      action,
      // Under a gag the entry names nobody: their own export and their requests would tell of it.
      subjects: order.gagUntil === null ? disclosed.people.map(({ subject }) => subject) : [],
      ...(!order.unnamed && { ground: order.basis }),
    };
    return { order, disclosed, intent };
  });
}

/** The day of receipt that the stored plan has. */
async function receivedIn(context: Context, digest: string | undefined): Promise<string | undefined> {
  if (digest === undefined) return undefined;
  const stored = await readPlan(context, digest).catch((error: unknown) => {
    if (error instanceof GdprError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  });
  const request = (stored?.plan as { request?: { received?: unknown } } | undefined)?.request;
  return typeof request?.received === 'string' ? request.received : undefined;
}

async function assertMayBeGiven(context: Context, order: DisclosureOrder, { people }: Disclosed): Promise<void> {
  if (order.restrictedGround !== null) return;
  const { database, keys, model } = context;
  const restricted = await database.transaction('read committed', async (session) => {
    const known = await knownReferences(
      session,
      hasherOf(keys),
      people.map(({ person }) => aliasesOf(person, model)),
    );
    return restrictionsOf(session, [...new Set([...people.map(({ subject }) => subject), ...known.flat()])]);
  });
  const [first] = [...restricted.values()].flat();
  if (first === undefined) return;
  throw new GdprError('REFUSED', `the data is restricted under Art. ${first.ground} since ${first.since}`, {
    hint: 'say on what it is given all the same: --ground-18-2 legal-claims, rights-of-others or public-interest',
  });
}

/**
 * Reads, in one snapshot, everything that would be given, and plans it: the plan's digest covers the records. That data
 * was read is logged.
 * @throws GdprError NOT_FOUND when nothing is in the scope, DRIFT, MAP_INVALID, INTERRUPTED
 */
export async function prepareDisclosure(
  context: Context,
  { order, disclosed, intent }: Awaited<ReturnType<typeof openRequest>>,
  review: Review | undefined,
): Promise<PreparedDisclosure> {
  return runOperation(context, { ...intent, action: 'disclose plan' }, async (operation) => {
    const judge = review && new ReviewJudge(review);
    const recorder = new Recorder(context, order, prefixOf(context), judge);
    const { steps, outside } = await context.database.transaction('repeatable read', async (session) => {
      const scope = await openScope(session, context, order, disclosed);
      const steps: Omit<DisclosureStep, 'withheld'>[] = [];
      const outside: OutsideScope[] = [];
      for (const scoped of scope.tables) {
        const hash = createHash('sha256');
        const before = recorder.count;
        for await (const { json } of recorder.read(session, scope, scoped)) hash.update(`${json}\n`);
        const rows = recorder.count - before;
        const [rest] = await session.query<{ rows: string }>(scoped.rest.sql, scoped.rest.values);
        const { name } = scoped.table;
        if (rows > 0) {
          const columns = scoped.columns.map((column) => column.name);
          steps.push({ read: name, columns, rows, records: `sha256:${hash.digest('hex')}` });
        }
        if (Number(rest?.rows) > 0 || (rows > 0 && scoped.outside.length > 0)) {
          const { undated, outside: columns } = scoped;
          outside.push({ table: name, rows: Number(rest?.rows), columns, ...(undated && { undated: true as const }) });
        }
      }
      return { steps, outside };
    });
    if (recorder.count === 0) {
      throw new GdprError('NOT_FOUND', 'nothing of what was asked for is held', {
        hint: 'look at the categories and the range of dates; that nothing is held is an answer, too',
      });
    }
    const withheld = recorder.withheld.list();
    const full = steps.map((step) => ({ ...step, withheld: withheldOf(withheld, step.read) }));
    const plan = planOf(context, order, disclosed, full, review);
    await endOperation(context, operation, { result: 'done', counts: countsOf(full) });
    return {
      order,
      disclosed,
      review,
      plan,
      steps: full,
      outside,
      withheld,
      intent: { ...intent, planDigest: plan.digest },
    };
  });
}

/** Keeps the plan and who prepared it, to be agreed on. */
export async function storeDisclosure(context: Context, { order, plan }: PreparedDisclosure): Promise<void> {
  await context.database.transaction('read committed', (session) =>
    storePlan(session, actionOf(order), plan, context.operator),
  );
}

export function countsOf(steps: readonly Pick<DisclosureStep, 'read' | 'rows'>[]): Record<string, number> {
  return Object.fromEntries(steps.map(({ read, rows }) => [read, rows]));
}

function withheldOf(withheld: readonly Withheld[], table: string): DisclosureStep['withheld'] {
  return withheld.filter((item) => item.table === table).map(({ column, reason, rows }) => ({ column, reason, rows }));
}

/** Everything that is to be agreed on; what is outside the scope grows with every page view, and is no part of it. */
function planOf(
  context: Context,
  order: DisclosureOrder,
  { people, orders }: Disclosed,
  steps: readonly DisclosureStep[],
  review: Review | undefined,
): Plan {
  const references = people.map(({ subject }) => subject).sort();
  const plan: Json = {
    operation: actionOf(order),
    authority: order.authority,
    official: order.official,
    case: order.case,
    basis: order.basis,
    request: {
      number: order.requestNumber,
      date: order.requestDate,
      received: order.received,
      deadline: order.deadline,
      asked: order.asked,
      document: `sha256:${order.document.sha256}`,
    },
    // Whoever agrees to a gagged one leaves an entry, too, which `people` would name.
    ...(order.gagUntil === null ? { people: references } : { about: references }),
    map: context.model.digest,
    scope: {
      categories: [...order.categories],
      orders: orders === null ? null : orders.length,
      from: order.from,
      to: order.to,
      thirdParties: order.thirdParties,
      restrictedGround: order.restrictedGround,
      review: review === undefined ? null : `sha256:${review.digest}`,
    },
    unnamed: order.unnamed,
    gag: order.gagUntil === null ? null : { until: order.gagUntil, basis: order.gagBasis },
    hold: order.hold,
    numbers: prefixOf(context),
    steps: steps.map((step) => ({
      ...step,
      columns: [...step.columns],
      withheld: step.withheld.map((item) => ({ ...item })),
    })),
  };
  return { plan, digest: digestOf(plan) };
}
