import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appendEvents } from '../../src/consent/append.js';
import type { ConsentEvent } from '../../src/consent/event.js';
import { hasherOf } from '../../src/customer/find-customer.js';
import { suppress } from '../../src/customer/suppression/suppress.js';
import { referencesOf } from '../../src/identity/reference.js';
import { selectAudience } from '../../src/marketing/audience.js';
import { NO_CAMPAIGN } from '../../src/marketing/campaign.js';
import { listColumns } from '../../src/marketing/columns.js';
import type { Reason } from '../../src/marketing/reasons.js';
import { endOperation, runOperation } from '../../src/operation/operation.js';
import type { Context } from '../../src/workspace/open.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';
import { registerWordings } from './support.js';

const KINDS = ['private', 'firm-role', 'firm-person'] as const;
const HISTORIES = [
  'none',
  'given',
  'given-unworded',
  'given-withdrawn',
  'withdrawn-given',
  'withdrawn-unworded',
  'objected-import',
  'objected-own',
  'expired',
  'shop-proven',
  'shop-timeless',
  'shop-proven-withdrawn',
] as const;
const ORDERS = ['none', 'noticed', 'before-notice', 'open', 'refused'] as const;
const SUPPRESSIONS = ['none', 'suppressed', 'lifted'] as const;
const QUALITIES = ['good', 'bad', 'fixed'] as const;

interface Case {
  readonly n: number;
  readonly kind: (typeof KINDS)[number];
  readonly history: (typeof HISTORIES)[number];
  readonly order: (typeof ORDERS)[number];
  readonly objected: boolean;
  readonly suppression: (typeof SUPPRESSIONS)[number];
  readonly restricted: boolean;
  readonly quality: (typeof QUALITIES)[number];
}

/** Every combination that can differ: what is settled by one thing is not multiplied by all others. */
function cases(): Case[] {
  const all: Omit<Case, 'n'>[] = [];
  for (const kind of KINDS)
    for (const history of HISTORIES)
      for (const order of ORDERS)
        for (const objected of [false, true])
          for (const suppression of SUPPRESSIONS)
            for (const restricted of [false, true])
              for (const quality of QUALITIES)
                all.push({ kind, history, order, objected, suppression, restricted, quality });
  return all.map((each, n) => ({ ...each, n: 1_000_000 + n }));
}

const CASES = cases();

function emailOf({ n, kind, quality }: Case): string {
  // A number that is no mobile is a matter of SMS alone.
  if (quality === 'bad') return `tt${n}@nowhere`;
  return kind === 'firm-role' ? `info@firm${n}.example` : `tt.${n}@firm${n}.example`;
}

function phoneOf({ n, quality }: Case): string {
  if (quality === 'bad') return 'none';
  return quality === 'fixed' ? `6${n}` : `2${n}`;
}

const YEAR: Readonly<Record<string, number>> = {
  shop: 2021,
  notice: 2020,
  refusal: 2022,
  suppression: 2024,
  own: 2025,
};

/** Where somebody stands by the ledger alone, and since which year. */
function standing({ history, objected, suppression }: Case): { state: string; since: number } {
  if (objected) return { state: 'objected', since: 2026 };
  if (suppression === 'lifted') return { state: 'given', since: 2025 };
  const states: Record<Case['history'], string> = {
    none: 'none',
    given: 'given',
    'given-unworded': 'unproven',
    'given-withdrawn': 'withdrawn',
    'withdrawn-given': 'given',
    // A yes that proves nothing takes no refusal back.
    'withdrawn-unworded': 'withdrawn',
    'objected-import': 'objected',
    'objected-own': 'given',
    expired: 'expired',
    'shop-proven': 'none',
    'shop-timeless': 'none',
    'shop-proven-withdrawn': 'withdrawn',
  };
  return { state: states[history], since: 2021 };
}

const WITHDREW: ReadonlySet<string> = new Set([
  'given-withdrawn',
  'withdrawn-given',
  'withdrawn-unworded',
  'shop-proven-withdrawn',
]);

/** The law in words, one person at a time; what the program does for all at once is compared with it. */
function expected(one: Case, channel: 'email' | 'sms', declared: boolean): Reason | 'listed' {
  const { state, since } = standing(one);
  const shopYes = one.history.startsWith('shop-');
  // What was said before an objection is not forgotten by it.
  const withdrew = state === 'withdrawn' || (state === 'objected' && WITHDREW.has(one.history));
  const expired = state === 'expired' || (state === 'objected' && one.history === 'expired');
  const shopProven = one.history === 'shop-proven';
  const consent = state === 'given' ? since : shopProven ? YEAR.shop : undefined;
  // Of an address that cannot be written to nobody knows whose it is, nor whether it is suppressed.
  const usable = one.quality === 'good' || (one.quality === 'fixed' && channel === 'email');
  const firm = one.kind === 'firm-role' && channel === 'email' && !withdrew && usable;
  const soft = declared && channel === 'email' && one.order === 'noticed' && !withdrew;
  if (one.order === 'refused' && (consent === undefined || consent < Number(YEAR.refusal))) return 'shop-no';
  if (withdrew) return 'withdrawn';
  if (consent === undefined && !firm && !soft) {
    if (expired) return 'expired';
    return state === 'unproven' || shopYes ? 'unproven' : 'no-consent';
  }
  if (state === 'objected') return 'objected';
  if (one.suppression === 'suppressed' && usable) return 'suppressed';
  if (one.restricted) return 'restricted';
  if (one.quality === 'bad') return 'invalid-address';
  if (one.quality === 'fixed' && channel === 'sms') return 'not-mobile';
  return 'listed';
}

let workspace: TestWorkspace;
let context: Context;

beforeAll(async () => {
  workspace = await bookshopWorkspace();
  context = await workspace.context();
  await registerWordings(context);
});

afterAll(async () => {
  await context.database.close();
  await workspace.remove();
});

/** The id of an operation of a table's `u.n`th row. */
const ID = `'20260101-' || substr(translate(md5($2 || u.n), '0189', 'ghij'), 1, 16)`;

function eventsOf(one: Case, subject: string): ConsentEvent[] {
  const said: [ConsentEvent['what'], number, ConsentEvent['source'], boolean][] = {
    none: [],
    given: [['given', 2021, 'import', true]],
    'given-unworded': [['given', 2021, 'import', false]],
    'given-withdrawn': [
      ['given', 2021, 'import', true],
      ['withdrawn', 2022, 'import', true],
    ],
    'withdrawn-given': [
      ['withdrawn', 2020, 'import', true],
      ['given', 2021, 'import', true],
    ],
    'withdrawn-unworded': [
      ['withdrawn', 2020, 'import', true],
      ['given', 2021, 'import', false],
    ],
    'objected-import': [
      ['objected', 2020, 'person', true],
      ['given', 2021, 'import', true],
    ],
    'objected-own': [
      ['objected', 2020, 'person', true],
      ['given', 2021, 'person', true],
    ],
    expired: [
      ['given', 2018, 'import', true],
      ['expired', 2019, 'import', true],
    ],
    'shop-proven': [],
    'shop-timeless': [],
    'shop-proven-withdrawn': [['withdrawn', 2022, 'person', true]],
  }[one.history] as never;
  const all = one.suppression === 'lifted' ? [...said, ['given', 2025, 'person', true] as (typeof said)[number]] : said;
  return (['email', 'sms'] as const).flatMap((channel) =>
    all.map(([what, year, source, worded]) => ({
      subject,
      purpose: 'marketing',
      channel,
      what,
      at: `${year}-01-01T00:00:00.000000Z`,
      mechanism: 'web-form',
      wording: worded && what === 'given' ? `account-${channel}-lv` : null,
      evidence: null,
      guardian: null,
      source,
    })),
  );
}

/** Enters everybody, in a statement a table. */
async function enter(): Promise<void> {
  await runOperation(context, { action: 'consent import', subjects: [] }, async (operation) => {
    await context.database.transaction('read committed', async (session) => {
      const shop = (one: Case) => one.history.startsWith('shop-');
      const time = (one: Case) => (shop(one) && one.history !== 'shop-timeless' ? '2021-01-01' : null);
      await session.run(
        `INSERT INTO shop.customers (id, kind, email, last_name, company_name, registration_number, phone, newsletter_opt_in,
           newsletter_opt_in_at, sms_opt_in, sms_opt_in_at, created_at)
         SELECT u.id, CASE WHEN u.firm THEN 'legal' ELSE 'private' END, u.email, 'Kļaviņš',
           CASE WHEN u.firm THEN 'SIA' END, CASE WHEN u.firm THEN '40000000000' END, u.phone, u.shop, u.at, u.shop, u.at, '2015-01-01'
         FROM unnest($1::bigint[], $2::boolean[], $3::text[], $4::text[], $5::boolean[], $6::timestamptz[])
           u (id, firm, email, phone, shop, at)`,
        [
          CASES.map(({ n }) => n),
          CASES.map(({ kind }) => kind !== 'private'),
          CASES.map(emailOf),
          CASES.map(phoneOf),
          CASES.map(shop),
          CASES.map(time),
        ],
      );
      const ordered = CASES.filter(({ order }) => order !== 'none');
      await session.run(
        `INSERT INTO shop.orders (id, order_number, customer_id, status, placed_at, goods_total, no_offers)
         SELECT u.id + 5000000, 'RB-2023-' || u.id, u.id, u.status::shop.order_status, u.placed, 10, u.refused
         FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::boolean[]) u (id, status, placed, refused)`,
        [
          ordered.map(({ n }) => n),
          ordered.map(({ order }) => (order === 'open' ? 'new' : 'completed')),
          ordered.map(({ order }) =>
            order === 'before-notice' ? '2019-06-01' : order === 'refused' ? '2022-06-01' : '2023-06-01',
          ),
          ordered.map(({ order }) => order === 'refused'),
        ],
      );
      const subjects = await referencesOf(
        session,
        hasherOf(context.keys),
        CASES.map(({ n }) => [{ kind: 'row', value: `shop.customers ${JSON.stringify([String(n)])}` }]),
      );
      const events = CASES.flatMap((one, i) => eventsOf(one, subjects[i] ?? ''));
      const added = await appendEvents(session, { operation: operation.id, operator: 'tester' }, events);
      expect(added).not.toContain(false);
      const of = (which: (one: Case) => boolean) => CASES.flatMap((one, i) => (which(one) ? [subjects[i]] : []));
      // Each needs an operation of its own.
      for (const [table, columns, list] of [
        ['objection', "'marketing', NULL, clock_timestamp(), 'tester'", of(({ objected }) => objected)],
        [
          'restriction',
          "'18(1)(a)', NULL, '2024-01-01', clock_timestamp(), 'tester'",
          of(({ restricted }) => restricted),
        ],
      ] as const) {
        await session.run(
          `INSERT INTO gdpr.operation (id, action, state, operator, subjects, ended_at)
           SELECT ${ID}, 'customer object', 'done', 'tester', '{}', clock_timestamp() FROM unnest($1::text[]) WITH ORDINALITY u (s, n)`,
          [list, table],
        );
        await session.run(
          `INSERT INTO gdpr.${table} SELECT ${ID}, u.s, ${columns} FROM unnest($1::text[]) WITH ORDINALITY u (s, n)`,
          [list, table],
        );
      }
      const suppressed = CASES.filter(({ suppression }) => suppression !== 'none');
      const addresses = suppressed.flatMap((one) => [
        { kind: 'email' as const, value: emailOf(one), subject: null },
        { kind: 'phone' as const, value: `+371${phoneOf(one)}`, subject: null },
      ]);
      await suppress(session, context.keys, { operation: operation.id, source: 'erasure', channel: 'all' }, addresses);
      await session.run(`ALTER TABLE gdpr.suppression DISABLE TRIGGER append_only`);
      await session.run(`UPDATE gdpr.suppression SET suppressed_at = '2024-01-01'`);
      await session.run(`ALTER TABLE gdpr.suppression ENABLE ALWAYS TRIGGER append_only`);
    });
    await endOperation(context, operation, { result: 'done' });
  });
}

const RUNS = [
  { channel: 'email', declared: true },
  { channel: 'email', declared: false },
  { channel: 'sms', declared: true },
] as const;

async function select(run: (typeof RUNS)[number], file: string) {
  const { channel, declared } = run;
  const out = join(workspace.root, `${file}-${channel}-${declared}.csv`);
  const campaign = { ...NO_CAMPAIGN, softOptIn: declared };
  const settings = { channel, campaign, segment: null };
  const result = await selectAudience(context, { settings, columns: listColumns(channel, {}), out });
  expect(result.total).toBe(result.waterfall.reduce((sum, { count }) => sum + count, result.rows));
  return { result, rows: parse(await readFile(out), { columns: true }) as Record<string, string>[] };
}

describe('everybody is listed or left out as the law has it', () => {
  it(`for ${CASES.length} combinations on each channel, with and without what the soft opt-in asks for`, async () => {
    const before = new Map<unknown, Awaited<ReturnType<typeof select>>>();
    for (const run of RUNS) before.set(run, await select(run, 'before'));
    await enter();
    for (const run of RUNS) {
      const { channel, declared } = run;
      const { result, rows } = await select(run, 'after');
      const verdicts = CASES.map((one) => expected(one, channel, declared));
      const address = (one: Case) => (channel === 'email' ? emailOf(one) : `+371${phoneOf(one)}`);
      const theirs = new Set(CASES.map(address));
      const listed = rows
        .map((row) => row[channel === 'email' ? 'email' : 'phone'] ?? '')
        .filter((each) => theirs.has(each));
      const wanted = CASES.flatMap((one, i) => (verdicts[i] === 'listed' ? [address(one)] : []));
      expect(listed.toSorted()).toEqual(wanted.toSorted());
      const counted = (waterfall: readonly { reason: string; count: number }[]) =>
        new Map(waterfall.map((each) => [each.reason, each.count]));
      const was = counted(before.get(run)?.result.waterfall ?? []);
      const is = counted(result.waterfall);
      const reasons = [...new Set([...verdicts, ...is.keys()])].filter((each) => each !== 'listed');
      const ours = (reason: string) => (is.get(reason) ?? 0) - (was.get(reason) ?? 0);
      expect(Object.fromEntries(reasons.map((reason) => [reason, ours(reason)]))).toEqual(
        Object.fromEntries(reasons.map((reason) => [reason, verdicts.filter((each) => each === reason).length])),
      );
    }
  });
});
