import { execFile } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareMarketing } from '../../examples/bookshop/marketing.js';
import { verifyArchive } from '../../src/archive/verify.js';
import { importConsents } from '../../src/consent/import/import.js';
import { recordConsent } from '../../src/consent/record.js';
import { findCustomer } from '../../src/customer/find-customer.js';
import { placeHold } from '../../src/customer/hold/place.js';
import { sha256 } from '../../src/foundation/canonical-json.js';
import { type AudienceResult, selectAudience } from '../../src/marketing/audience.js';
import { NO_CAMPAIGN, readCampaign } from '../../src/marketing/campaign.js';
import { listColumns } from '../../src/marketing/columns.js';
import { type ExplainResult, explainAudience } from '../../src/marketing/explain.js';
import { recheckList } from '../../src/marketing/recheck.js';
import { takeBackReturned } from '../../src/marketing/unsubscribe.js';
import type { Context } from '../../src/workspace/open.js';
import { trustOf } from '../../src/workspace/signers.js';
import { leaksIn } from '../commands/needles.js';
import { gdpr } from '../commands/program.js';
import { jsonErrorOf, jsonOf } from '../commands/schemas.js';
import { erasePerson } from '../customer/erase/support.js';
import { readArchive } from '../customer/support/archive.js';
import { nobodyToAsk } from '../customer/support/export.js';
import { readable } from '../customer/support/leaks.js';
import { type RoleShop, roleShop } from '../roles/support.js';
import { outsideTool } from '../support/tools.js';

const execute = promisify(execFile);
const ANNA = 'anna.berzina@pasts.example';
const PETR = 'petr.ivanov@pasts.example';
/** Names that a spreadsheet, a parser or a terminal could take for something else. */
const NAMES = ['=HYPERLINK("http://x.example")', 'Ann "the\nReader", O’Neil', 'Пётр Ильич', '+1', '\tTab', 'אבי'];

let shop: RoleShop;
/** Of the operator, who may do everything here but select as the marketer. */
let context: Context;

beforeAll(async () => {
  shop = await roleShop();
  context = await shop.context('operator');
  await prepareMarketing(context);
  await shop.sql(
    `INSERT INTO shop.customers (id, email, last_name, newsletter_opt_in, newsletter_opt_in_at, created_at)
     SELECT 900000 + n, 'odd' || n || '@names.example', name, true, '2024-01-01', '2024-01-01'
     FROM unnest(ARRAY[${NAMES.map((name) => `E'${name.replaceAll("'", "''").replaceAll('\n', '\\n').replaceAll('\t', '\\t')}'`).join(', ')}])
       WITH ORDINALITY u (name, n)`,
  );
}, 120_000);

afterAll(async () => {
  await context.database.close();
  await shop.remove();
});

const at = (name: string) => join(shop.workspace.root, name);
let made = 0;

async function list(channel: 'email' | 'sms' = 'email', columns?: string): Promise<AudienceResult> {
  made += 1;
  const campaign = await readCampaign(context.paths.root, undefined);
  const settings = { channel, campaign, segment: null };
  return selectAudience(context, { settings, columns: listColumns(channel, { columns }), out: at(`list${made}.csv`) });
}

async function addressesOf(file: string): Promise<string[]> {
  const { stdout } = await execute('python3', ['-c', PYTHON, file]);
  return (JSON.parse(stdout) as Record<string, string>[]).map((row) => row.email ?? row.phone ?? '');
}

/** Python's own parser of CSV, which has nothing in common with ours. */
const PYTHON =
  'import csv,json,sys; print(json.dumps(list(csv.DictReader(open(sys.argv[1], encoding="utf-8", newline="")))))';

function explain(email: string, channel: 'email' | 'sms' = 'email'): Promise<ExplainResult> {
  return explainAudience(context, { channel, campaign: NO_CAMPAIGN, segment: null }, { email }, nobodyToAsk);
}

const reasonsOf = ({ rows }: ExplainResult) => Object.fromEntries(rows.map(({ source, reason }) => [source, reason]));

describe('a send list', { timeout: 120_000 }, () => {
  it('is made by the marketer in one line, adds up, and is vouched for by an archive that names nobody', async () => {
    const run = (...args: string[]) =>
      gdpr(['marketing', ...args], { cwd: shop.workspace.root, environment: shop.environment('marketer') });
    const ran = await run('audience', '--channel', 'email', '--out', 'line.csv', '--json');
    const result = jsonOf<AudienceResult>(ran, 'marketing-audience');
    expect(result.waterfall.reduce((sum, { count }) => sum + count, result.rows)).toBe(result.total);
    const bytes = await readFile(at('line.csv'));
    expect(sha256(bytes)).toBe(result.sha256);
    expect((await stat(at('line.csv'))).mode & 0o777).toBe(0o600);
    const listed = await addressesOf(at('line.csv'));
    expect(listed).toHaveLength(result.rows);
    expect(listed).toContain(ANNA);
    expect((await verifyArchive(result.archive, await trustOf(shop.workspace.root, undefined, {}))).valid).toBe(true);
    const archive = await readArchive(result.archive);
    expect(leaksIn([ran.stdout, ran.stderr, ...readable(archive)].join('\n'))).toEqual([]);
    expect(jsonErrorOf(await run('audience', '--channel', 'email', '--out', 'line.csv', '--json')).code).toBe(
      'ALREADY_EXISTS',
    );
    const text = await run('audience', '--channel', 'sms', '--out', 'sms.csv');
    expect([text.code, text.stderr]).toEqual([0, '']);
    expect(text.stdout.split('\n').filter((each) => [...each].length > 80 && !each.includes('/'))).toEqual([]);
    const { stdout } = await run('audience', '--channel', 'email', '--explain', '--email', ANNA);
    expect(stdout).toContain('something allows it: consent of 2018-05-24');
    const checked = await run('recheck', 'line.csv', '--json');
    expect(jsonOf<{ dropped: unknown[] }>(checked, 'marketing-recheck').dropped).toEqual([]);
    // The operator, and nobody else, enters what was said.
    const record = ['consent', 'record', '--email', ANNA, '--what', 'withdrawn', '--mechanism', 'phone', '--json'];
    const refused = await gdpr(record, { cwd: shop.workspace.root, environment: shop.environment('marketer') });
    expect(refused.code).not.toBe(0);
  });

  it('is read back by parsers that it was not written with, and runs nothing in a spreadsheet', async () => {
    const { list: file } = await list('email', 'email,name,token');
    const { stdout } = await execute('python3', ['-c', PYTHON, file]);
    const python = JSON.parse(stdout) as Record<string, string>[];
    const names = NAMES.map((_, i) => python.find(({ email }) => email === `odd${i + 1}@names.example`)?.name);
    expect(names).toEqual(NAMES.map((name) => (/^[=+\t]/.test(name) ? `'${name}` : name)));
    const psql = outsideTool('psql');
    if (!psql.available) return;
    const copy = `CREATE TEMP TABLE l (email text, name text, token text);
\\copy l FROM '${file}' WITH (FORMAT csv, HEADER)
SELECT json_agg(l.name ORDER BY l.email) FROM l WHERE l.email LIKE 'odd%';`;
    await writeFile(at('copy.sql'), copy);
    const { stdout: rows } = await execute('psql', ['-qAtX', '-f', at('copy.sql'), shop.workspace.url ?? '']);
    expect(JSON.parse(rows)).toEqual(names);
  });

  it('has the columns that list programs import as they are', () => {
    const headings = (preset: string) => listColumns('email', { preset }).map(({ heading }) => heading);
    expect(headings('listmonk')).toEqual(['email', 'name', 'attributes']);
    expect(headings('mautic').slice(0, 3)).toEqual(['email', 'firstname', 'lastname']);
    expect(headings('mailchimp').slice(0, 3)).toEqual(['Email Address', 'First Name', 'Last Name']);
    expect(() => listColumns('sms', { preset: 'listmonk' })).toThrow('preset for e-mail');
    expect(() => listColumns('email', { columns: 'name' })).toThrow('address is one of them');
    expect(() => listColumns('email', { columns: 'email,shoe-size' })).toThrow('no column "shoe-size"');
  });

  it('refuses a campaign file with a word that is not known, or a plain http address', async () => {
    const text = await readFile(at('campaign.yaml'), 'utf8');
    await writeFile(at('other.yaml'), `${text}softOptIn: true\n`);
    await expect(readCampaign(context.paths.root, at('other.yaml'))).rejects.toThrow('softOptIn');
    await writeFile(at('other.yaml'), text.replace('https:', 'http:'));
    await expect(readCampaign(context.paths.root, at('other.yaml'))).rejects.toThrow('unsubscribe');
  });
});

describe('what one row says counts for its address', { timeout: 120_000 }, () => {
  it('an unsubscribed newsletter row keeps out the account with the same e-mail; one address stands once', async () => {
    await shop.sql(
      `INSERT INTO shop.customers (id, email, last_name, newsletter_opt_in, newsletter_opt_in_at, created_at)
       VALUES (910001, 'Twice@two.example', 'Divi', true, '2024-01-01', '2024-01-01'),
              (910002, 'once@two.example', 'Divi', true, '2024-01-01', '2024-01-01');
       INSERT INTO shop.newsletter_subscriptions (email, source, subscribed_at, confirmed_at, unsubscribed_at)
       VALUES ('twice@two.example', 'footer', '2023-01-01', '2023-01-01', '2023-02-01'),
              ('ONCE@two.example', 'footer', '2023-01-01', '2023-01-01', NULL)`,
    );
    expect(reasonsOf(await explain('twice@two.example'))).toEqual({ accounts: 'shop-no', subscribers: 'shop-no' });
    expect(reasonsOf(await explain('once@two.example'))).toEqual({ accounts: null, subscribers: 'duplicate' });
  });

  it('somebody below the age of consent is left out, unless a guardian agreed', async () => {
    await shop.sql(
      `INSERT INTO shop.customers (id, email, last_name, birth_date, newsletter_opt_in, newsletter_opt_in_at, created_at)
       VALUES (910003, 'child@two.example', 'Bērns', '2014-01-02', true, '2027-01-02', '2024-01-01'),
              (910004, 'twelve@two.example', 'Bērns', '2011-06-01', true, '2024-05-31 20:59:59.999999+00', '2024-01-01'),
              (910005, 'thirteen@two.example', 'Bērns', '2011-06-01', true, '2024-05-31 21:00:00+00', '2024-01-01')`,
    );
    expect(reasonsOf(await explain('child@two.example'))).toEqual({ accounts: 'unproven' });
    expect(reasonsOf(await explain('twelve@two.example'))).toEqual({ accounts: 'below-age' });
    expect(reasonsOf(await explain('thirteen@two.example'))).toEqual({ accounts: null });
    const said = { query: { email: 'twelve@two.example' }, channels: ['email'], mechanism: 'paper' } as const;
    const given = { ...said, what: 'given', wording: 'account-email-lv', at: '2024-05-01', guardian: 'G-4' } as const;
    await recordConsent(context, given, nobodyToAsk);
    // The shop's own later yes, which nobody authorised, is not what the message rests on.
    expect(reasonsOf(await explain('twelve@two.example'))).toEqual({ accounts: null });
  });

  it('a date of birth in one row counts for the address in another, and each of two numbers in one cell for both', async () => {
    await shop.sql(
      `INSERT INTO shop.customers (id, email, last_name, phone, birth_date, created_at) VALUES
         (910006, 'kid@two.example', 'Bērns', NULL, '2016-01-01', '2024-01-01'),
         (910007, 'both@two.example', 'Abi', '29123451 / 26123451', NULL, '2024-01-01');
       INSERT INTO shop.newsletter_subscriptions (email, source, subscribed_at, confirmed_at)
       VALUES ('kid@two.example', 'footer', '2024-01-01', '2024-01-01');
       INSERT INTO shop.orders (id, order_number, guest_email, guest_phone, status, placed_at, goods_total)
       VALUES (910007, 'RB-2024-910007', 'other@two.example', '29123451', 'completed', '2024-01-01', 10)`,
    );
    expect(reasonsOf(await explain('kid@two.example')).subscribers).toBe('below-age');
    await writeFile(
      at('phone.csv'),
      'phone,channel,what,at,mechanism,wording\n29123451,sms,given,2024-06-01,web-form,account-sms-lv\n',
    );
    await importConsents(context, { file: at('phone.csv'), keepGood: false, ignoreColumns: false });
    expect(reasonsOf(await explain('other@two.example', 'sms')).guests).toBeNull();
    const both = { query: { email: 'both@two.example' }, channels: ['sms'], mechanism: 'phone' } as const;
    await recordConsent(context, { ...both, what: 'withdrawn' }, nobodyToAsk);
    expect(reasonsOf(await explain('other@two.example', 'sms')).guests).toBe('withdrawn');
  });

  it('nothing of a hold is told', async () => {
    await findCustomer(context, { email: PETR });
    const before = await explain(PETR);
    const order = { reference: 'C-770', authority: 'Rīgas tiesa', until: '2027-06-01', gagUntil: '2027-06-01' };
    await placeHold(context, { ...order, target: { scope: 'person', query: { email: PETR } } }, nobodyToAsk);
    const after = await explain(PETR);
    expect({ ...after, operation: '', audit: 0 }).toEqual({ ...before, operation: '', audit: 0 });
  });
});

describe('just before sending', { timeout: 180_000 }, () => {
  it('a withdrawal drops exactly that person; the corrected list is the old one without their line', async () => {
    const { list: file, rows } = await list();
    const unchanged = await recheckList(context, file, at('unchanged.csv'));
    expect(unchanged).toMatchObject({ checked: rows, dropped: [], rows, list: null });
    const said = { query: { email: ANNA }, mechanism: 'phone' } as const;
    await recordConsent(context, { ...said, what: 'withdrawn', channels: ['email'] }, nobodyToAsk);
    const checked = await recheckList(context, file, at('checked.csv'));
    expect(checked).toMatchObject({ checked: rows, dropped: [{ reason: 'withdrawn', count: 1 }], rows: rows - 1 });
    const before = (await readFile(file, 'utf8')).split('\r\n');
    const after = (await readFile(at('checked.csv'), 'utf8')).split('\r\n');
    expect(after).toEqual(before.filter((line) => !line.startsWith(`${ANNA},`)));
    expect(before.length - after.length).toBe(1);
    expect(reasonsOf(await explain(ANNA, 'sms')).accounts).toBeNull();
    // The corrected list is known in its turn.
    expect((await recheckList(context, at('checked.csv'), undefined)).dropped).toEqual([]);
  });

  it('two lists of the same people, byte for byte, are both known', async () => {
    const [one, other] = [await list('email', 'email'), await list('email', 'email')];
    expect(one.sha256).toBe(other.sha256);
    expect((await recheckList(context, one.list, undefined)).dropped).toEqual([]);
  });

  it('a list that was changed or has expired is refused', async () => {
    const { list: file, operation } = await list();
    await writeFile(at('forged.csv'), `${await readFile(file, 'utf8')}one@more.example,,,,,,\r\n`);
    await expect(recheckList(context, at('forged.csv'), undefined)).rejects.toMatchObject({
      code: 'VERIFICATION_FAILED',
      exit: 5,
    });
    await shop.sql(
      `ALTER TABLE gdpr.audience_list DISABLE TRIGGER append_only;
       UPDATE gdpr.audience_list SET snapshot = '2026-01-01', expires = '2026-01-02' WHERE operation = '${operation}';
       ALTER TABLE gdpr.audience_list ENABLE ALWAYS TRIGGER append_only`,
    );
    await expect(recheckList(context, file, undefined)).rejects.toMatchObject({ code: 'REFUSED', exit: 3 });
  });

  it('one click on a recipient’s own token keeps them out from then on, and a supplier’s import does not bring back the erased', async () => {
    const { list: file } = await list('email', 'email,token');
    const { stdout } = await execute('python3', ['-c', PYTHON, file]);
    const clicked = (JSON.parse(stdout) as Record<string, string>[]).find(
      ({ email }) => email === 'odd3@names.example',
    );
    await writeFile(at('tokens.txt'), `${clicked?.token}\n`);
    expect(
      await takeBackReturned(context, { kind: 'tokens', file: at('tokens.txt'), ignoreColumns: false }),
    ).toMatchObject({ taken: 1 });
    expect(reasonsOf(await explain('odd3@names.example')).accounts).toBe('withdrawn');
    await erasePerson(context, { email: 'odd4@names.example' });
    await shop.sql(
      `INSERT INTO shop.newsletter_subscriptions (email, source, subscribed_at, confirmed_at)
       VALUES ('Odd4@Names.example', 'import', '2025-01-01', '2025-01-01')`,
    );
    const consents = `email,channel,what,at,mechanism,wording\nodd4@names.example,email,given,2026-06-01,web-form,newsletter-lv\n`;
    await writeFile(at('supplier.csv'), consents);
    await importConsents(context, { file: at('supplier.csv'), keepGood: false, ignoreColumns: false });
    const after = await list();
    expect(after.waterfall.find(({ reason }) => reason === 'suppressed')?.count).toBe(1);
    const addresses = await addressesOf(after.list);
    expect(addresses).not.toContain('odd4@names.example');
    expect(addresses).not.toContain('odd3@names.example');
  });
});
