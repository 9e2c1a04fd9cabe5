import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appendEvents } from '../../src/consent/append.js';
import { hasherOf } from '../../src/customer/find-customer.js';
import { referencesOf } from '../../src/identity/reference.js';
import type { InsightResult } from '../../src/marketing/insight-result.js';
import type { Context } from '../../src/workspace/open.js';
import { leaksIn } from '../commands/needles.js';
import { gdpr, type Ran } from '../commands/program.js';
import { jsonErrorOf, jsonOf } from '../commands/schemas.js';
import { erasePerson } from '../customer/erase/support.js';
import { unzip } from '../customer/support/archive.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

let workspace: TestWorkspace;
let context: Context;
const seen: Ran[] = [];
const run = async (...args: string[]) => {
  const ran = await gdpr(args, { cwd: workspace.root, environment: workspace.environment });
  seen.push(ran);
  return ran;
};
const insight = async (...args: string[]) =>
  jsonOf<InsightResult>(await run('marketing', 'insight', '--json', ...args), 'marketing-insight');
const table = (of: InsightResult, by: string) => of.tables.find((each) => each.by === by);

beforeAll(async () => {
  workspace = await bookshopWorkspace();
  context = await workspace.context();
}, 120_000);
afterAll(async () => {
  await context.database.close();
  await workspace.remove();
});

async function rows<T extends Record<string, unknown>>(sql: string): Promise<T[]> {
  return context.database.transaction('read committed', (session) => session.query<T>(sql));
}

/** Everybody by address, an account before a subscriber and a guest, looked up the slow and obvious way. */
const EVERYBODY = `
  SELECT DISTINCT ON (lower(e.email)) lower(e.email) AS email, e.language FROM (
    SELECT 1 AS rank, email::text, language::text FROM shop.customers WHERE kind = 'private' AND deleted_at IS NULL
    UNION ALL SELECT 2, email::text, language::text FROM shop.newsletter_subscriptions
    UNION ALL SELECT 3, guest_email::text, NULL FROM shop.orders WHERE customer_id IS NULL AND guest_email IS NOT NULL
  ) e ORDER BY lower(e.email), e.rank`;

describe('gdpr marketing insight', { timeout: 240_000 }, () => {
  it('counts each person once, withholds small figures, and signs what it tells', async () => {
    const result = await insight('--minimum', '5');
    const everybody = await rows<{ language: string | null; n: number }>(
      `SELECT language, count(*)::int AS n FROM (${EVERYBODY}) e GROUP BY language`,
    );
    const phones = await rows<{ n: number }>(
      'SELECT count(DISTINCT coalesce(guest_phone, id::text))::int AS n FROM shop.orders WHERE customer_id IS NULL AND guest_email IS NULL',
    );
    const withoutEmail = phones[0]?.n ?? 0;
    expect(result.people).toBe(everybody.reduce((sum, { n }) => sum + n, 0) + withoutEmail);
    const expected = everybody.map(({ language, n }) => [language, language === null ? n + withoutEmail : n]);
    const told = table(result, 'language')?.cells.map(({ value, count }) => [value, count]) ?? [];
    expect(told.length).toBeGreaterThan(2);
    expect(expected).toEqual(expect.arrayContaining(told));
    for (const { of, cells, withheld } of result.tables) {
      expect(cells.filter(({ count }) => count !== null && count < 5)).toEqual([]);
      if (withheld !== null) expect(cells.reduce((sum, { count }) => sum + (count ?? 0), withheld.people)).toBe(of);
    }
    expect(table(result, 'segment')?.cells.map(({ value }) => value)).toEqual([
      'latvian-readers',
      'recent-customers',
      'riga-regulars',
    ]);

    const archive = await unzip(result.archive);
    const { operation, snapshot, segment, minimum, people, tables } = result;
    expect(JSON.parse(archive.get('insight.json')?.toString('utf8') ?? '')).toMatchObject({
      operation,
      snapshot,
      segment,
      minimum,
      people,
      tables,
    });
    expect((await run('archive', 'verify', result.archive)).code).toBe(0);
    for (const [name, bytes] of archive) expect([name, leaksIn(bytes.toString('utf8'))]).toEqual([name, []]);

    const text = await run('marketing', 'insight', '--minimum', '5', '--by', 'language');
    expect(text.stdout).toMatch(new RegExp(`^People: ${people}\n\nBy language\n  lv +█+ +\\d+ +\\d+\\.\\d %$`, 'm'));
    expect(text.stdout.split('\n').filter((line) => !/\/|[0-9a-f]{64}/.test(line) && [...line].length > 80)).toEqual(
      [],
    );
  });

  it('leaves out whoever objected to profiling, is restricted or was erased, and nobody else', async () => {
    const before = await insight('--minimum', '5', '--by', 'language');
    const people = await rows<{ email: string }>(
      `SELECT e.email FROM (${EVERYBODY}) e JOIN shop.customers c ON lower(c.email) = e.email
       WHERE e.language = 'lv' AND c.kind = 'private' AND c.deleted_at IS NULL AND e.email LIKE '%@%' ORDER BY c.id DESC LIMIT 3`,
    );
    const [objects, restricted, erased] = people.map(({ email }) => email);
    expect((await run('customer', 'object', '--email', objects ?? '', '--to', 'insight', '--json')).code).toBe(0);
    expect(
      (await run('customer', 'restrict', '--email', restricted ?? '', '--ground', '18(1)(a)', '--json')).code,
    ).toBe(0);
    await erasePerson(context, { email: erased ?? '' });
    const after = await insight('--minimum', '5', '--by', 'language');
    const kept = await rows<{ n: number }>(
      "SELECT count(*)::int AS n FROM shop.orders WHERE guest_email LIKE '%@erased.invalid'",
    );
    expect(kept[0]?.n).toBe(0);
    expect(after.people).toBe((before.people ?? 0) - 3);
    const lv = (result: InsightResult) => table(result, 'language')?.cells.find(({ value }) => value === 'lv')?.count;
    expect(lv(after)).toBe((lv(before) ?? 0) - 3);
    // An objection to offers is none to figures about nobody.
    const other = await rows<{ email: string }>(
      "SELECT email::text AS email FROM shop.customers WHERE kind = 'private' AND deleted_at IS NULL ORDER BY id LIMIT 1",
    );
    expect(
      (await run('customer', 'object', '--email', other[0]?.email ?? '', '--to', 'marketing', '--json')).code,
    ).toBe(0);
    expect((await insight('--minimum', '5', '--by', 'language')).people).toBe(after.people);
  });

  it('tells of a segment only what tells nothing of those outside it', async () => {
    const all = await insight('--minimum', '5', '--by', 'language');
    const readers = await insight(
      '--minimum',
      '5',
      '--by',
      'language',
      '--by',
      'segment',
      '--segment',
      'latvian-readers',
    );
    const lv = table(all, 'language')?.cells.find(({ value }) => value === 'lv');
    expect(readers.people).toBe(lv?.count);
    expect(table(readers, 'language')?.cells).toEqual([{ value: 'lv', count: lv?.count, share: 1 }]);
    const unknown = await run('marketing', 'insight', '--segment', 'nobody', '--json');
    expect([jsonErrorOf(unknown).code, unknown.code]).toEqual(['NOT_FOUND', 2]);
    expect((await run('marketing', 'insight', '--minimum', '4')).code).toBe(2);
    const few = await insight('--minimum', '1000');
    expect([few.people, few.tables.flatMap(({ of, cells }) => [of, cells.length])]).toEqual([
      null,
      [null, 0, null, 0, null, 0],
    ]);
  });

  it('counts by what was bought only those who consented explicitly to that', async () => {
    const refused = await run('marketing', 'insight', '--by', 'category', '--json');
    expect([refused.code, jsonErrorOf(refused).message]).toEqual([
      3,
      expect.stringContaining('(category "purchases")'),
    ]);
    const map = await readFile(context.paths.datamap, 'utf8');
    const purpose =
      '  reading:\n    title: { lv: Ieteikumi, en: Suggestions }\n    basis: 6(1)(a)\n    explicitConsent: true\n    use: insight\ncategories:\n';
    await writeFile(
      context.paths.datamap,
      map
        .replace('categories:\n', purpose)
        .replace(
          /(title: \{ lv: Grāmata, en: Book \}\n\s+category: purchases\n\s+purposes: \[order, accounting, wishes)\]/,
          '$1, reading]',
        ),
    );
    const nobody = await insight('--by', 'category');
    expect(nobody.tables).toEqual([{ by: 'category', of: null, cells: [], withheld: null }]);

    const consenting = await rows<{ email: string }>(
      `SELECT lower(c.email) AS email FROM shop.customers c JOIN (${EVERYBODY}) e ON e.email = lower(c.email) AND c.kind = 'private' AND c.deleted_at IS NULL
       WHERE NOT EXISTS (SELECT FROM gdpr.subject_alias) OR c.id % 2 = 0 ORDER BY c.id LIMIT 80`,
    );
    const [operation] = await rows<{ id: string }>('SELECT id FROM gdpr.operation ORDER BY id LIMIT 1');
    const who = { operation: operation?.id ?? '', operator: 'tester' };
    await context.database.transaction('read committed', async (session) => {
      await session.run(
        `INSERT INTO gdpr.wording (id, purpose, kind, channels, language, text, sha256, shown_from, added_by, operation)
         VALUES ('reading-en', 'reading', 'consent', ARRAY['email'], 'en', 'Yes.', repeat('0', 64), '2020-01-01', 'tester', $1)`,
        [who.operation],
      );
      const subjects = await referencesOf(
        session,
        hasherOf(context.keys),
        consenting.map(({ email }) => [{ kind: 'email', value: email }]),
      );
      await appendEvents(
        session,
        who,
        subjects.flatMap((subject, i) => {
          const event = {
            subject,
            purpose: 'reading',
            channel: 'email',
            mechanism: 'web-form',
            evidence: null,
            guardian: null,
            source: 'person',
          } as const;
          const given = { ...event, what: 'given', at: '2026-01-01T00:00:00.000000Z', wording: 'reading-en' } as const;
          const withdrawn = { ...event, what: 'withdrawn', at: '2026-02-01T00:00:00.000000Z', wording: null } as const;
          return i % 4 === 0 ? [given, withdrawn] : [given];
        }),
      );
    });
    const result = await insight('--by', 'category');
    const listed = consenting
      .filter((_, i) => i % 4 !== 0)
      .map(({ email }) => `'${email.replaceAll("'", "''")}'`)
      .join(', ');
    const expected = await rows<{ slug: string; n: number }>(
      `SELECT k.slug, (SELECT count(DISTINCT c.id) FROM shop.customers c JOIN shop.orders o ON o.status = 'completed'
           AND (o.customer_id = c.id OR o.customer_id IS NULL AND lower(o.guest_email) = lower(c.email))
         JOIN shop.order_lines l ON l.order_id = o.id JOIN shop.books b ON b.id = l.book_id
         WHERE b.category_id = k.id AND lower(c.email) IN (${listed}))::int AS n FROM shop.categories k ORDER BY k.slug COLLATE "C"`,
    );
    const base = table(result, 'category')?.of ?? 0;
    expect(base).toBe(60);
    expect(table(result, 'category')?.cells.map(({ value, count }) => [value, count])).toEqual(
      expected.map(({ slug, n }) => [slug, n >= 10 && (n === base || base - n >= 10) ? n : null]),
    );
    expect(expected.filter(({ n }) => n >= 10).length).toBeGreaterThan(3);
  });

  it('prints nothing of anybody, in text, in --json and in errors', () => {
    for (const { stdout, stderr } of seen) expect(leaksIn(stdout + stderr)).toEqual([]);
  });
});
