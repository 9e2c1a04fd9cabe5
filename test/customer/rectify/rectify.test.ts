import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIXED_ROWS, PEOPLE } from '../../../examples/bookshop/people.js';
import { verifyArchive } from '../../../src/archive/verify.js';
import { placeHold } from '../../../src/customer/hold/place.js';
import type { RectifyResult } from '../../../src/customer/rectify/run.js';
import { verifyAuditLog } from '../../../src/operation/log.js';
import { addDays, todayIn } from '../../../src/request/day.js';
import type { Context } from '../../../src/workspace/open.js';
import { leaksIn } from '../../commands/needles.js';
import { gdpr, type Ran } from '../../commands/program.js';
import { jsonErrorOf, jsonOf } from '../../commands/schemas.js';
import { bookshopWorkspace, type TestWorkspace } from '../../support/workspace.js';
import { changesBetween, rowName, type ShopSnapshot, shopSnapshot } from '../erase/snapshot.js';
import { unzip } from '../support/archive.js';
import { nobodyToAsk } from '../support/export.js';

let workspace: TestWorkspace;
let context: Context;
const { anna } = PEOPLE;
const NEW = { email: 'anna.kalnina@jauns.example', phone: '+371 29990077', birth: '1985-12-03' } as const;

beforeAll(async () => {
  workspace = await bookshopWorkspace();
  context = await workspace.context();
}, 120_000);
afterAll(async () => {
  await context.database.close();
  await workspace.remove();
});

const run = (...args: string[]): Promise<Ran> =>
  gdpr(['customer', 'rectify', ...args], { cwd: workspace.root, environment: workspace.environment });
const YES = ['--verified', 'account login', '--yes', '--json'];

async function rectify(...args: string[]): Promise<RectifyResult> {
  const ran = await run(...args, ...YES);
  expect(ran.stdout).not.toContain('"error"');
  return jsonOf<RectifyResult>(ran, 'customer-rectify');
}

async function subjectOf(query: string[]): Promise<string | undefined> {
  const ran = await gdpr(['customer', 'find', ...query, '--json'], {
    cwd: workspace.root,
    environment: workspace.environment,
  });
  return jsonOf<{ matches: { subject: string }[] }>(ran, 'customer-find').matches[0]?.subject;
}

async function everythingOfTheProgram(): Promise<string> {
  const tables = ['plan', 'operation', 'audit_entry', 'subject', 'subject_alias', 'rectification'];
  const texts = await context.database.transaction('repeatable read', async (session) => {
    const all: string[] = [];
    for (const table of tables)
      for await (const [text] of session.stream(`SELECT to_jsonb(t)::text FROM gdpr.${table} t`)) all.push(text ?? '');
    return all;
  });
  return [...texts, await readFile(context.paths.journal, 'utf8')].join('\n');
}

/** Rows that are about her, by their names; a row whose key was her e-mail bears another one now. */
function ofAnna(after: ShopSnapshot): Set<string> {
  const fixed = FIXED_ROWS.filter(({ of }) => of.includes('anna')).map(({ table, row }) => rowName(table, row));
  return new Set([...fixed, ...[...after.keys()].filter((row) => row.endsWith(` ${NEW.email}`))]);
}

const newLeaks = (text: string) => Object.values(NEW).filter((value) => text.includes(value));

describe('an e-mail address', () => {
  let before: ShopSnapshot;
  let after: ShopSnapshot;
  let result: RectifyResult;
  let subject: string | undefined;
  let plan: { digest: string; places: unknown; left: unknown; recipients: unknown };

  beforeAll(async () => {
    subject = await subjectOf(['--email', anna.email]);
    before = await shopSnapshot(context);
    const file = join(workspace.root, 'new.yaml');
    await writeFile(file, `email: ${NEW.email}\n`);
    const planned = await run('--email', anna.email, '--set-file', file, '--plan', '--json');
    plan = jsonOf(planned, 'customer-rectify');
    expect([...leaksIn(planned.stdout), ...newLeaks(planned.stdout)]).toEqual([]);
    expect(changesBetween(before, await shopSnapshot(context))).toEqual([]);
    result = await rectify('--email', anna.email, '--set-file', file, '--plan-digest', plan.digest);
    after = await shopSnapshot(context);
  }, 120_000);

  it('is set in every place that held it, in the person’s rows alone', () => {
    const hers = new Set(
      FIXED_ROWS.filter(({ of }) => of.includes('anna')).map(({ table, row }) => rowName(table, row)),
    );
    const changes = changesBetween(before, after);
    expect(changes.length).toBeGreaterThan(3);
    const gone = changes.filter(({ is }) => is === undefined).map(({ row }) => row);
    for (const { row, column } of changes) {
      if (row.startsWith('newsletter_subscriptions ')) continue;
      expect(hers, row).toContain(row);
      expect(column).toBeDefined();
    }
    expect(gone.every((row) => row.startsWith('newsletter_subscriptions '))).toBe(true);
    expect(after.get('customers 1')?.email).toBe(NEW.email);
  });

  it('stands nowhere in its old form where the map says that it is an e-mail of hers', () => {
    const left = [...after].filter(([, row]) => {
      return ['email', 'guest_email', 'E-mail'].some(
        (column) => String(row[column] ?? '').toLowerCase() === anna.email.toLowerCase(),
      );
    });
    expect(left.map(([name]) => name)).toEqual([]);
  });

  it('did what the plan said', () => {
    expect(result.planDigest).toBe(plan.digest);
    expect({ places: result.places, left: result.left, recipients: result.recipients }).toEqual({
      places: plan.places,
      left: plan.left,
      recipients: plan.recipients,
    });
  });

  it('leads to the same person under the same reference', async () => {
    expect(result.subject).toBe(subject);
    expect(await subjectOf(['--email', NEW.email])).toBe(subject);
  });

  it('names the recipients who got it', () => {
    expect(result.recipients.map(({ recipient }) => recipient)).toEqual(
      expect.arrayContaining(['omniva', 'mail-service', 'hosting']),
    );
    expect(result.recipients.map(({ recipient }) => recipient)).not.toContain('payment-provider');
  });

  it('stands neither old nor new in the archive, the log, the plans or the journal', async () => {
    expect((await verifyArchive(result.archive, { signers: [context.keys.ids.signing] })).valid).toBe(true);
    const files = await unzip(result.archive);
    const document = JSON.parse(files.get('rectification.json')?.toString('utf8') ?? '') as {
      places: { table: string; was: string[]; is: string }[];
    };
    expect(document.places.find(({ table }) => table === 'shop.customers')?.is).toMatch(/^hmac:/);
    const texts = [...[...files.values()].map((file) => file.toString('utf8')), await everythingOfTheProgram()];
    for (const text of texts) expect([...leaksIn(text), ...newLeaks(text)]).toEqual([]);
    expect((await verifyAuditLog(context)).problems).toEqual([]);
  });

  it('is not set a second time', async () => {
    const again = await rectify('--email', NEW.email, '--set', `email=${NEW.email}`);
    expect(again.tables).toEqual([]);
    expect(changesBetween(after, await shopSnapshot(context))).toEqual([]);
  });
});

describe('other fields', () => {
  it('a phone is corrected in every spelling and inside documents, and in nobody else’s rows', async () => {
    const before = await shopSnapshot(context);
    const spelled = anna.phone.replaceAll(' ', '');
    const result = await rectify('--email', NEW.email, '--phone', spelled, '--set', `phone=${NEW.phone}`);
    const after = await shopSnapshot(context);
    expect(result.places.filter(({ path }) => path !== undefined).map(({ table }) => table)).toContain(
      'shop.event_log',
    );
    expect(result.left).toEqual([]);
    const changes = changesBetween(before, after);
    for (const { row } of changes) expect(ofAnna(after)).toContain(row);
    expect(after.get('customers 1')?.phone).toBe(NEW.phone);
    expect(after.get('customers 1')?.landline).toBe(before.get('customers 1')?.landline);
  });

  it('a name is set in its parts, but not in issued invoices, which are listed with the law', async () => {
    const before = await shopSnapshot(context);
    const ran = await run('--email', NEW.email, '--name', anna.name, '--set', 'name=Anna Kalniņa', ...YES);
    const result = jsonOf<RectifyResult>(ran, 'customer-rectify');
    const after = await shopSnapshot(context);
    expect(after.get('customers 1')).toMatchObject({ first_name: 'Anna', last_name: 'Kalniņa' });
    expect(after.get('customers 1')?.display_name).toBe('Anna Kalniņa');
    expect(result.left).toContainEqual(
      expect.objectContaining({
        table: 'shop.invoices',
        columns: ['buyer_name'],
        law: 'Grāmatvedības likums, 28. pants',
      }),
    );
    const changed = changesBetween(before, after).map(({ row }) => row);
    expect(changed.filter((row) => row.startsWith('invoices ') || row.startsWith('refunds '))).toEqual([]);
    for (const row of changed) expect(ofAnna(after)).toContain(row);
    const files = await unzip(result.archive);
    const page = files.get('letter.html')?.toString('utf8') ?? '';
    expect(page).toContain('Grāmatvedības likums, 28. pants');
    expect([...leaksIn(page), ...newLeaks(page)].concat(page.includes('Kalniņa') ? ['new name'] : [])).toEqual([]);
    await rectify('--email', NEW.email, '--name', 'Anna Kalniņa', '--set', `name=${anna.name}`);
  });

  it('a column is set and cleared, for a request of the register', async () => {
    const opened = await gdpr(
      [
        ...['request', 'open', '--kind', 'rectification', '--email', NEW.email, '--channel', 'email'],
        ...['--received', new Date().toISOString().slice(0, 10), '--json'],
      ],
      { cwd: workspace.root, environment: workspace.environment },
    );
    const { request } = JSON.parse(opened.stdout) as { request: string };
    const result = await rectify('--request', request, '--email', NEW.email, '--set', `birth_date=${NEW.birth}`);
    expect(result.tables).toEqual([{ table: 'shop.customers', rows: 1 }]);
    expect((await shopSnapshot(context)).get('customers 1')?.birth_date).toBe(NEW.birth);
    await rectify('--email', NEW.email, '--clear', 'shop.customers:1.birth_date');
    expect((await shopSnapshot(context)).get('customers 1')?.birth_date).toBeNull();
  });
});

describe('rows on hold', () => {
  /** Delivered orders of hers, whose shipments hold her phone. */
  const TOLD = 'RB-2022-000003';
  const GAGGED = 'RB-2019-000002';

  it('stay as they are and are listed with the hold; of a gagged one nothing tells', async () => {
    const until = addDays(todayIn('Europe/Riga'), 20);
    const order = { reference: 'C 12/26', authority: 'Valsts policija', until };
    const told = await placeHold(context, { target: { scope: 'order', number: TOLD }, ...order }, nobodyToAsk);
    const gagged = await placeHold(
      context,
      { target: { scope: 'order', number: GAGGED }, ...order, gagUntil: until },
      nobodyToAsk,
    );
    const before = await shopSnapshot(context);
    const ids = [TOLD, GAGGED].map((number) => [...before.values()].find((row) => row.order_number === number)?.id);
    const under = [...before].flatMap(([name, row]) =>
      name.startsWith('shipments ') && ids.includes(row.order_id) && row.recipient_phone !== null ? [name] : [],
    );
    expect(under.length).toBeGreaterThan(1);
    const planned = await run(
      '--email',
      NEW.email,
      '--phone',
      NEW.phone,
      '--set',
      'phone=29990088',
      '--plan',
      '--json',
    );
    const ran = await run('--email', NEW.email, '--phone', NEW.phone, '--set', 'phone=29990088', ...YES);
    const result = jsonOf<RectifyResult>(ran, 'customer-rectify');
    expect(result.held.map(({ table, hold, authority, until: last }) => [table, hold, authority, last])).toContainEqual(
      ['shop.shipments', told.hold, 'Valsts policija', until],
    );
    expect(jsonOf<RectifyResult>(planned, 'customer-rectify').held).toEqual(result.held);
    const after = await shopSnapshot(context);
    expect(after.get('customers 1')?.phone).toBe('29990088');
    const changed = new Set(changesBetween(before, after).map(({ row }) => row));
    expect(under.filter((row) => changed.has(row))).toEqual([]);
    const files = [...(await unzip(result.archive)).values()].map((file) => file.toString('utf8'));
    expect(files.join('')).toContain('Ko pagaidām nedrīkstam mainīt');
    for (const text of [planned.stdout, ran.stdout, ran.stderr, ...files]) expect(text).not.toContain(gagged.hold);
    const shipment = under.find((name) => before.get(name)?.order_id === ids[0])?.split(' ')[1];
    const single = await run('--email', NEW.email, '--set', `shop.shipments:${shipment}.city=Ogre`, ...YES);
    expect(jsonErrorOf(single)).toMatchObject({ exit: 3, message: expect.stringContaining(told.hold) });
  });
});

describe('what is refused changes nothing and repeats no value', () => {
  const { janis } = PEOPLE;
  const cases: readonly (readonly [string, readonly string[], number, RegExp])[] = [
    ['the e-mail of somebody else', ['--set', `email=${janis.email}`], 3, /somebody else's already/],
    ['a document that is kept', ['--set', 'shop.invoices:1.buyer_name=Zane Kalve'], 3, /Grāmatvedības likums/],
    ['a third party’s datum', ['--set', 'shop.reviews.moderated_by=Zane Kalve'], 3, /not the person's own/],
    ['a secret', ['--set', 'password_hash=zz-secret-zz'], 3, /is a secret/],
    ['a text that is no address', ['--set', 'email=not-an-address-zz'], 2, /cannot be read as email/],
    ['a day that is none', ['--set', 'birth_date=zz-no-day'], 2, /it is no date|not of the type/],
    ['a value that is too long', ['--set', `first_name=${'zz'.repeat(60)}`], 2, /too long/],
    ['a day against a check', ['--set', 'birth_date=1066-10-14'], 2, /a check does not take it/],
    ['one of several rows', ['--set', 'shop.addresses.city=zz-town'], 2, /rows with shop.addresses.city/],
    ['a row of somebody else', ['--set', 'shop.customers:2.language=en'], 2, /no such row/],
    ['a NULL that may not be', ['--clear', 'language'], 2, /may not be empty/],
    ['a field that is nowhere', ['--set', 'zz-nothing=1'], 2, /no identifier and no column/],
    ['nothing', [], 2, /nothing is said/],
    [
      'another plan',
      ['--set', 'language=en', '--plan-digest', `sha256:${'0'.repeat(64)}`],
      3,
      /the plan is not the one/,
    ],
  ];
  it.each(cases)('%s', async (_, args, exit, message) => {
    const before = await shopSnapshot(context);
    const ran = await run('--email', NEW.email, ...args, ...YES);
    const error = jsonErrorOf(ran);
    expect(error.message).toMatch(message);
    expect(error.exit).toBe(exit);
    const value = args[1]?.split('=')[1] ?? '';
    if (value.includes('zz') || value.includes('@') || value.includes('Zane'))
      for (const text of [ran.stdout, ran.stderr]) expect(text).not.toContain(value);
    expect([...leaksIn(ran.stdout), ...newLeaks(ran.stdout)]).toEqual([]);
    expect(changesBetween(before, await shopSnapshot(context))).toEqual([]);
  });

  it('nobody to confirm it', async () => {
    const error = jsonErrorOf(
      await run('--email', NEW.email, '--set', 'language=en', '--verified', 'account login', '--json'),
    );
    expect(error.message).toMatch(/has to be confirmed/);
  });

  it('nobody said how the identity was checked', async () => {
    const error = jsonErrorOf(await run('--email', NEW.email, '--set', 'language=en', '--yes', '--json'));
    expect(error.exit).toBe(3);
  });
});
