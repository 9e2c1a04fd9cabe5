import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TYPED } from '../commands/needles.js';
import { jsonErrorOf } from '../commands/schemas.js';
import { readArchive } from '../customer/support/archive.js';
import { readable } from '../customer/support/leaks.js';
import { run as sql } from '../roles/support.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';
import { courtDesk, DOCUMENT, type Flags, type Given } from './support.js';

/** Forty orders a month apart for Anna, each with two lines and a payment by somebody else. */
const FORTY = `
INSERT INTO shop.orders (order_number, customer_id, status, placed_at, completed_at, goods_total)
  SELECT 'RB-1990-' || to_char(n, 'FM000000'), (SELECT id FROM shop.customers WHERE email = 'anna.berzina@pasts.example'), 'completed',
    timestamptz '2030-01-15 10:00+02' + n * interval '1 month', timestamptz '2030-01-20 10:00+02' + n * interval '1 month', 10
  FROM generate_series(1, 40) n;
INSERT INTO shop.order_lines (order_id, line_no, book_id, quantity, unit_price)
  SELECT id, l, l, 1, 5 FROM shop.orders, generate_series(1, 2) l WHERE order_number LIKE 'RB-1990-%';
INSERT INTO shop.payments (order_id, method, status, amount, cardholder_name, provider_reference, created_at)
  SELECT id, 'card', 2, 10, 'Bystander Needle ' || order_number, 'ref ' || order_number, placed_at
  FROM shop.orders WHERE order_number LIKE 'RB-1990-%'`;

const WORDS = 'one order of March 2031';
const OFFICIAL = 'Judge Needle';

let workspace: TestWorkspace;
let desk: ReturnType<typeof courtDesk>;
const rows = <R extends Record<string, unknown>>(statement: string) => sql<R>(workspace.url ?? '', statement);

beforeAll(async () => {
  workspace = await bookshopWorkspace();
  desk = courtDesk(workspace);
  await desk.prepare();
  await rows(FORTY);
}, 120_000);
afterAll(() => workspace.remove());

/** What the log has of refusals, by the words of the command. */
async function refusals(): Promise<number> {
  const [row] = await rows<{ n: number }>(
    `SELECT count(*)::integer AS n FROM gdpr.audit_entry WHERE action LIKE 'disclose %' AND kind = 'outcome' AND result = 'refused'`,
  );
  return row?.n ?? 0;
}

describe('a court asks for one order in a range of dates of a person with forty', { timeout: 240_000 }, () => {
  const asked: Flags = { email: TYPED.email, from: '2031-03-01', to: '2031-03-31', asked: WORDS, official: OFFICIAL };
  let given: Given;

  it('gets the rows of that order and nothing else, by independent SQL', async () => {
    given = await desk.give(asked);
    const archive = await readArchive(given.archive);
    const [order] = await rows<{ id: string; number: string }>(
      `SELECT o.id::text AS id, order_number AS number FROM shop.orders o JOIN shop.customers c ON c.id = o.customer_id
       WHERE c.email = 'anna.berzina@pasts.example' AND (placed_at AT TIME ZONE 'Europe/Riga')::date BETWEEN '2031-03-01' AND '2031-03-31'`,
    );
    expect(order?.number).toBe('RB-1990-000014');
    const counted = await rows<{ name: string; n: number }>(
      ['orders', 'order_lines', 'payments', 'invoices', 'shipments']
        .map(
          (name) =>
            `SELECT 'shop.${name}' AS name, count(*)::integer AS n FROM shop.${name} WHERE ${name === 'orders' ? 'id' : 'order_id'} = ${order?.id}`,
        )
        .join(' UNION ALL '),
    );
    expect(given.produced).toEqual(counted.filter(({ n }) => n > 0).map(({ name, n }) => ({ table: name, rows: n })));
    const data = [...archive.files].filter(([name]) => name.startsWith('data/') && name.endsWith('.json'));
    const records = data.flatMap(
      ([, content]) =>
        (JSON.parse(content.toString('utf8')) as { records: { record: string; data: Record<string, unknown> }[] })
          .records,
    );
    expect(records.map(({ data: row }) => String(row.order_id ?? row.id))).toEqual(records.map(() => order?.id));
    expect(given.outOfScope.find(({ table }) => table === 'shop.orders')?.rows).toBeGreaterThanOrEqual(39);
    const [, outside = ''] = archive.text('page.html').split('id="outside-rows"');
    for (const { table, rows: left } of given.outOfScope)
      expect([table, outside.replaceAll('<wbr>', '').includes(`>${table}</bdi>`)]).toEqual([table, left > 0]);
    expect(archive.text('page.html')).toContain(OFFICIAL);
    expect(archive.text('page.html')).toContain(WORDS);
  });

  it('numbers the same records alike on the page, in the index and in the data', async () => {
    const { text, files } = await readArchive(given.archive);
    const index = text('index.csv')
      .replace('\uFEFF', '')
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.split(','));
    const numbers = index.map(([number]) => number);
    expect(numbers).toEqual(numbers.map((_, i) => `RB-${String(i + 1).padStart(6, '0')}`));
    expect([numbers[0], numbers.at(-1)]).toEqual([given.numbers.first, given.numbers.last]);
    const shown = [
      ...(text('page.html').split('id="produced"')[0] ?? '').matchAll(/data-en="No\.">(?:<[^>]+>)*(RB-\d{6})/g),
    ].map(([, number]) => number);
    expect(shown).toEqual(numbers);
    for (const [number, , file, position, sha256] of index) {
      const line =
        text(file ?? '')
          .split('\n')
          [Number(position)]?.replace(/,$/, '') ?? '';
      expect(line).toContain(`"record":"${number}"`);
      expect(createHash('sha256').update(line, 'utf8').digest('hex')).toBe(sha256);
      expect(text((file ?? '').replace('.json', '.csv')).split('\n')[Number(position)]).toMatch(
        new RegExp(`^${number},`),
      );
    }
    const sums = text('SHA256SUMS').trimEnd().split('\n');
    for (const line of sums) {
      const [sha256 = '', name = ''] = line.split('  ');
      expect(
        createHash('sha256')
          .update(files.get(name) ?? '')
          .digest('hex'),
      ).toBe(sha256);
    }
    const listed = new Set([...sums.map((line) => line.slice(66)), 'SHA256SUMS', 'mimetype']);
    expect([...files.keys()].filter((name) => !name.startsWith('META-INF/') && !listed.has(name))).toEqual([]);
    expect(text('request/request.pdf')).toBe(DOCUMENT);
  });

  it('holds no value of a bystander, of another order or of what was not asked', async () => {
    const archive = readable(await readArchive(given.archive));
    const others = await rows<{ value: string }>(
      `SELECT email::text AS value FROM shop.customers WHERE email IS NOT NULL
       UNION SELECT order_number FROM shop.orders WHERE order_number <> 'RB-1990-000014'
       UNION SELECT email FROM shop.gift_recipients WHERE email IS NOT NULL
       UNION SELECT cardholder_name FROM shop.payments WHERE cardholder_name IS NOT NULL
       UNION SELECT phone FROM shop.customers WHERE phone IS NOT NULL UNION SELECT personas_kods FROM shop.customers WHERE personas_kods IS NOT NULL`,
    );
    expect(others.length).toBeGreaterThan(400);
    expect(others.map(({ value }) => value.toLowerCase()).filter((value) => archive.includes(value))).toEqual([]);
    expect(given.withheld).toContainEqual(
      expect.objectContaining({ table: 'shop.payments', column: 'cardholder_name', reason: 'third-party' }),
    );
  });

  it('enters it into the register, and keeps what was given for a year, with the case as reference', async () => {
    expect(given.hold).toMatchObject({ until: '2027-03-05', rows: 4 });
    const [entry] = await rows(
      `SELECT d.kind, d.recipient, d.case_number, d.archive_digest, d.records::integer, d.first_number, d.last_number, d.approved_by, d.disclosed_by,
         h.reference, h.scope, (SELECT count(*)::integer FROM gdpr.hold_row r WHERE r.hold = h.id) AS held,
         (SELECT sum(rows)::integer FROM gdpr.disclosure_subject s WHERE s.disclosure = d.number) AS about
       FROM gdpr.disclosure d JOIN gdpr.hold h ON h.id = d.hold WHERE d.number = '${given.disclosure}'`,
    );
    expect(entry).toEqual({
      kind: 'court',
      recipient: 'Rīgas pilsētas tiesa',
      case_number: 'C30-1234-26',
      archive_digest: given.sha256,
      records: 4,
      first_number: 'RB-000001',
      last_number: 'RB-000004',
      approved_by: 'karlis',
      disclosed_by: 'ilze',
      reference: 'C30-1234-26',
      scope: 'rows',
      held: 4,
      about: 4,
    });
  });

  it('gives the same bytes of data from the same rows', async () => {
    const again = await desk.give({ ...asked, 'request-number': '15-2/418' });
    const [first, second] = await Promise.all([readArchive(given.archive), readArchive(again.archive)]);
    const data = [...first.files.keys()].filter((name) => name.startsWith('data/') || name === 'index.csv');
    expect(data.length).toBe(7);
    for (const name of data) expect(second.files.get(name)?.equals(first.files.get(name) ?? Buffer.of())).toBe(true);
  });

  it('is refused once a row has changed since it was agreed on, and when another plan was', async () => {
    const flags = { ...asked, 'request-number': '15-2/419' };
    const { digest } = await desk.plan(flags);
    await desk.approve(digest);
    const before = await refusals();
    const other = await desk.disclose({ ...asked, 'request-number': '15-2/420', 'plan-digest': digest, yes: true });
    expect([other.code, jsonErrorOf(other).code]).toEqual([3, 'PLAN_CHANGED']);
    const { generateX25519Identity, identityToRecipient } = await import('age-encryption');
    const stranger = await identityToRecipient(await generateX25519Identity());
    const sent = await desk.disclose({ ...flags, 'plan-digest': digest, yes: true, 'encrypt-to': stranger });
    expect([sent.code, jsonErrorOf(sent).code]).toEqual([3, 'PLAN_CHANGED']);
    const without = await desk.disclose({ ...asked, 'request-number': '15-2/420', yes: true });
    expect([without.code, jsonErrorOf(without).message]).toEqual([3, 'nobody else has agreed to this plan yet']);
    await rows(
      `UPDATE shop.payments SET amount = 11 WHERE order_id = (SELECT id FROM shop.orders WHERE order_number = 'RB-1990-000014')`,
    );
    const changed = await desk.disclose({ ...flags, 'plan-digest': digest, yes: true });
    expect([changed.code, jsonErrorOf(changed).code]).toEqual([3, 'PLAN_CHANGED']);
    await rows(
      `UPDATE shop.payments SET amount = 10 WHERE order_id = (SELECT id FROM shop.orders WHERE order_number = 'RB-1990-000014')`,
    );
    const approver = await desk.disclose({ ...flags, 'plan-digest': digest, yes: true }, 'karlis');
    expect([approver.code, jsonErrorOf(approver).code]).toEqual([3, 'REFUSED']);
    const own = await desk.run(['approve', digest, '--yes', '--json'], 'ilze');
    expect([own.code, jsonErrorOf(own).code]).toEqual([3, 'REFUSED']);
    expect(await refusals()).toBe(before + 5);
    const done = await desk.disclose({ ...flags, 'plan-digest': digest, yes: true });
    expect(done.code).toBe(0);
    const twice = await desk.disclose({ ...flags, 'plan-digest': digest, yes: true });
    expect([twice.code, jsonErrorOf(twice).message]).toEqual([3, 'the agreement to this plan was used already']);
  });
});

describe('what a set never holds', { timeout: 240_000 }, () => {
  it('lets no secret out, whatever is asked, and what is about others only with a reason', async () => {
    const all = { email: TYPED.email, categories: 'account,technical,staff,correspondence,interests,order' };
    const closed = await desk.give({ ...all, 'request-number': '1' });
    const open = await desk.give({
      ...all,
      'request-number': '2',
      'third-parties': 'the court asked for who packed it',
    });
    // The map knows no key of page views.
    const views = closed.produced.find(({ table }) => table === 'shop.page_views')?.rows;
    expect(views).toBeGreaterThan(0);
    expect(closed.hold.unheld).toBe(views);
    const secrets = await rows<{ value: string }>(
      `SELECT password_hash AS value FROM shop.customers WHERE email = 'anna.berzina@pasts.example' UNION
       SELECT s.token FROM shop.sessions s JOIN shop.customers c ON c.id = s.customer_id WHERE c.email = 'anna.berzina@pasts.example'`,
    );
    expect(secrets.length).toBeGreaterThan(1);
    const texts = [];
    for (const { archive } of [closed, open]) texts.push(readable(await readArchive(archive)));
    for (const text of texts) expect(secrets.filter(({ value }) => text.includes(value.toLowerCase()))).toEqual([]);
    expect(closed.withheld.some(({ column, reason }) => column === 'assigned_to' && reason === 'third-party')).toBe(
      true,
    );
    expect(open.withheld.some(({ reason }) => reason === 'third-party')).toBe(false);
    expect([texts[0]?.includes('bystander needle'), texts[1]?.includes('bystander needle')]).toEqual([false, true]);
    expect(open.withheld.some(({ reason }) => reason === 'secret')).toBe(true);
  });
});

it('takes no words of the request that name the person or the order', { timeout: 120_000 }, async () => {
  const asked = (words: string, named: Flags) =>
    desk.disclose({ ...named, categories: 'order', asked: words, plan: true });
  for (const [words, named] of [
    [`all about ${TYPED.email.toUpperCase()}`, { email: TYPED.email }],
    ['all about 010190-10101', { email: TYPED.email }],
    ['order RB 1990 000014', { order: 'RB-1990-000014' }],
  ] as const) {
    const ran = await asked(words, named);
    expect([ran.code, jsonErrorOf(ran).code]).toEqual([2, 'INPUT_INVALID']);
    expect(ran.stdout).not.toContain(words);
  }
});

it('tells nothing of the person in names, entries or what is stored of the plan', { timeout: 120_000 }, async () => {
  const stored = await rows<{ text: string }>(
    `SELECT entry::text AS text FROM gdpr.audit_entry UNION ALL SELECT plan FROM gdpr.plan UNION ALL SELECT d::text FROM gdpr.disclosure d`,
  );
  expect(stored.length).toBeGreaterThan(10);
  const kept = await rows<{ text: string }>(
    'SELECT plan AS text FROM gdpr.plan UNION ALL SELECT entry::text FROM gdpr.audit_entry',
  );
  expect(kept.filter(({ text }) => text.includes(WORDS) || text.includes(OFFICIAL))).toEqual([]);
  expect(stored.filter(({ text }) => /berzin|pasts\.example|RB-1990-|21234567/i.test(text))).toEqual([]);
});
