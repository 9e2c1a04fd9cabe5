import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addWording } from '../../src/consent/add-wording.js';
import { appendEvents } from '../../src/consent/append.js';
import { recordConsent } from '../../src/consent/record.js';
import { findCustomer } from '../../src/customer/find-customer.js';
import { disclosedTo } from '../../src/customer/own/disclosed-to.js';
import { restrictCustomer } from '../../src/customer/restrict/restrict.js';
import { liftRestriction } from '../../src/customer/restrict/unrestrict.js';
import { addAgreement, endAgreement, listAgreements, type NewAgreement } from '../../src/disclosure/agreements.js';
import { discloseConsented } from '../../src/disclosure/consented.js';
import { partyConsents } from '../../src/disclosure/consented-to.js';
import { discloseToProcessor } from '../../src/disclosure/processor.js';
import { enterDisclosure } from '../../src/disclosure/register.js';
import { GdprError } from '../../src/foundation/errors.js';
import { runOperation } from '../../src/operation/operation.js';
import { addDays, todayIn } from '../../src/request/day.js';
import { settle } from '../../src/request/settle.js';
import type { Context } from '../../src/workspace/open.js';
import { erasePerson } from '../customer/erase/support.js';
import { unzip } from '../customer/support/archive.js';
import { exportPerson, nobodyToAsk } from '../customer/support/export.js';
import { pageText } from '../law/shop.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

const ANNA = { email: 'anna.berzina@pasts.example' } as const;
const PARTY = 'SIA Lasitava';

let workspace: TestWorkspace;
let context: Context;
let client: pg.Client;
/** A packed order of Anna's, which goes by Omniva. */
let order: string;
let lists = 0;

beforeAll(async () => {
  workspace = await bookshopWorkspace();
  context = await workspace.context();
  client = new pg.Client({ connectionString: workspace.url });
  await client.connect();
  await writeFile(join(workspace.root, 'agreement.txt'), 'agreement\n');
  const { rows } = await client.query<{ order_number: string; id: string }>(
    `SELECT o.order_number, o.id FROM shop.orders o JOIN shop.customers c ON c.id = o.customer_id
     JOIN shop.shipments s ON s.order_id = o.id WHERE c.email = $1 AND s.gift_recipient_id IS NULL ORDER BY o.id LIMIT 1`,
    [ANNA.email],
  );
  order = rows[0]?.order_number ?? '';
  await client.query("UPDATE shop.orders SET status = 'packed', completed_at = NULL WHERE order_number = $1", [order]);
  await client.query(
    `UPDATE shop.shipments SET carrier = 'omniva', status = 10, street = NULL, city = NULL, postcode = NULL, parcel_machine_id = 1,
       recipient_name = 'Anna Bērziņa', recipient_phone = '+371 29 123 456' WHERE order_id = $1`,
    [rows[0]?.id],
  );
  await addWording(context, {
    id: 'party-lv',
    kind: 'consent',
    channels: ['disclosure'],
    purpose: 'order',
    language: 'lv',
    text: Buffer.from('Vai drīkstam nodot Jūsu datus?'),
    from: '2020-01-01',
    doubleOptIn: false,
  });
}, 120_000);
afterAll(async () => {
  await client?.end();
  await context?.database.close();
  await workspace?.remove();
});

const agree = (number: string, recipient: string, more: Partial<NewAgreement> = {}) =>
  addAgreement(context, {
    number,
    recipient,
    from: '2019-01-01',
    subprocessors: [],
    document: join(workspace.root, 'agreement.txt'),
    ...more,
  });

const give = (agreement: string, { orders = [], of = context }: { orders?: string[]; of?: Context } = {}) => {
  lists += 1;
  return discloseToProcessor(of, { agreement, orders, out: join(workspace.root, `list-${lists}.csv`) });
};

const giveParty = (categories: readonly string[], party = PARTY) =>
  discloseConsented(context, { query: ANNA, party, categories }, nobodyToAsk);

const say = (what: 'given' | 'withdrawn', party: string, categories?: readonly string[]) =>
  recordConsent(
    context,
    {
      query: ANNA,
      what,
      mechanism: 'paper',
      channels: [],
      purpose: 'order',
      party,
      categories,
      wording: what === 'given' ? 'party-lv' : undefined,
    },
    nobodyToAsk,
  );

/** That a gate is closed: exit 3 with the reason, an entry of the refusal, nothing in the register. */
async function refused(act: () => Promise<unknown>, action: string, reason: string): Promise<void> {
  const entered = async () => (await client.query('SELECT number FROM gdpr.disclosure')).rowCount;
  const before = await entered();
  const error = await act().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(GdprError);
  const { exit, message } = error as GdprError;
  expect([exit, message]).toEqual([3, expect.stringContaining(reason)]);
  const { rows } = await client.query<{ entry: string }>(
    "SELECT entry FROM gdpr.audit_entry WHERE kind = 'outcome' ORDER BY sequence DESC LIMIT 1",
  );
  expect(JSON.parse(rows[0]?.entry ?? '{}')).toMatchObject({ action, result: 'refused', code: 'REFUSED' });
  expect(await entered()).toBe(before);
  expect((await readdir(workspace.root)).filter((name) => name.endsWith('.partial'))).toEqual([]);
}

const journal = () => join(workspace.root, '.gdpr', 'journal.jsonl');
const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');

describe('an agreement', { timeout: 90_000 }, () => {
  it('is refused where it says what the map does not', async () => {
    await expect(agree('OMN-2023/114', 'nobody')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(agree('OMN-2023/115', 'omniva')).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    await expect(agree('OMN-2023/114', 'omniva', { categories: ['planets'] })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(agree('OMN-2023/114', 'omniva', { categories: ['payment'] })).rejects.toMatchObject({
      message: expect.stringContaining('the data map does not give it payment'),
    });
    await expect(agree('OMN-2023/114', 'omniva', { columns: ['e-pasts'] })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
    });
    const abroad = { ...context.model.map.recipients };
    abroad.omniva = { ...(abroad.omniva as (typeof abroad)[string]), country: 'US' };
    const moved = { ...context, model: { ...context.model, map: { ...context.model.map, recipients: abroad } } };
    const document = join(workspace.root, 'agreement.txt');
    await expect(
      addAgreement(moved, {
        number: 'OMN-2023/114',
        recipient: 'omniva',
        from: '2019-01-01',
        subprocessors: [],
        document,
      }),
    ).rejects.toMatchObject({ message: expect.stringContaining('outside the EEA') });
  });

  it('opens the gate only while it is on record, in force, and covers purpose and categories', async () => {
    const today = todayIn('Europe/Riga');
    const action = 'disclose processor';
    await refused(() => give('DPD-2022/3305'), action, 'no such agreement on record');
    await agree('DPD-2022/3305', 'dpd', { until: addDays(today, -1) });
    await refused(() => give('DPD-2022/3305'), action, `its last day was ${addDays(today, -1)}`);
    await agree('LP-2021/0876', 'latvijas-pasts', { categories: ['contact'] });
    await refused(() => give('LP-2021/0876'), action, 'does not cover the categories identity, delivery');
    await agree('BP-2019/03', 'accountant', { from: addDays(today, 1) });
    await refused(() => give('BP-2019/03'), action, `its first day is ${addDays(today, 1)}`);
    await agree('VN-2022/19', 'mail-service', { purposes: ['marketing'] });
    await refused(() => give('VN-2022/19'), action, 'does not cover the purpose order');
    await agree('MV-10442', 'payment-provider');
    await endAgreement(context, { number: 'MV-10442', on: addDays(today, -1), reason: 'the board changed it' });
    await refused(() => give('MV-10442'), action, `its last day was ${addDays(today, -1)}`);
    await expect(client.query("DELETE FROM gdpr.agreement WHERE number = 'MV-10442'")).rejects.toThrow(
      /append-only|refused/,
    );
    await expect(client.query("UPDATE gdpr.agreement SET until = NULL WHERE number = 'DPD-2022/3305'")).rejects.toThrow(
      /refused/,
    );
    await agree('SN-2020/57', 'hosting');
    await refused(() => give('SN-2020/57'), action, 'the data map describes no list');
    const { agreements, without } = await listAgreements(context, { all: true });
    expect(agreements.map(({ agreement, state }) => [agreement, state])).toEqual([
      ['BP-2019/03', 'coming'],
      ['DPD-2022/3305', 'expired'],
      ['SN-2020/57', 'in-force'],
      ['LP-2021/0876', 'in-force'],
      ['VN-2022/19', 'in-force'],
      ['MV-10442', 'ended'],
    ]);
    expect(without).toEqual(['omniva', 'dpd', 'payment-provider', 'sms-service', 'accountant']);
  });

  it('gives its recipient exactly its columns, and the person is told', async () => {
    await agree('OMN-2023/114', 'omniva', { columns: ['vārds', 'tālrunis', 'pakomāts'] });
    const given = await give('OMN-2023/114');
    const { rows: due } = await client.query<{ name: string; phone: string; code: string }>(
      `SELECT s.recipient_name AS name, s.recipient_phone AS phone, m.code FROM shop.shipments s
       JOIN shop.orders o ON o.id = s.order_id JOIN shop.parcel_machines m ON m.id = s.parcel_machine_id
       WHERE s.carrier = 'omniva' AND s.status = 10 AND o.status = 'packed' ORDER BY s.id`,
    );
    expect(due.map(({ name }) => name)).toContain('Anna Bērziņa');
    expect(parse(await readFile(given.list, 'utf8'))).toEqual([
      ['vārds', 'tālrunis', 'pakomāts'],
      ...due.map(({ name, phone, code }) => [name, phone ?? '', code]),
    ]);
    expect((await stat(given.list)).mode & 0o777).toBe(0o600);
    const archive = await unzip(given.archive);
    expect(JSON.parse(archive.get('disclosure.json')?.toString() ?? '{}')).toMatchObject({
      kind: 'processor',
      list: { sha256: given.sha256, rows: due.length },
      columns: [{ heading: 'vārds' }, { heading: 'tālrunis' }, { heading: 'pakomāts' }],
    });
    for (const [name, content] of archive)
      for (const { name: person, phone } of due)
        expect([name, content.includes(person), content.includes(phone ?? '-')]).toEqual([name, false, false]);
    expect(archive.get('subjects.csv')?.toString().trim().split('\n')).toHaveLength(given.people + 1);
    const exported = await exportPerson(context, ANNA);
    expect(exported.archive.rows('gdpr.disclosure')).toMatchObject([
      { recipient: 'Omniva SIA', agreement: 'OMN-2023/114' },
    ]);
    const page = pageText(exported.archive.text('index.html'));
    expect(page).toContain('Kam Jūsu dati ir izsniegti');
    expect(page).toMatch(/To whom your data were given[\s\S]*Omniva SIA[\s\S]*OMN-2023\/114/);
  });

  it('is encrypted to the recipient alone, its cells are no formulas, and the journal has it', async () => {
    const { Decrypter, generateIdentity, identityToRecipient } = await import('age-encryption');
    const identity = await generateIdentity();
    const phoneIs = (phone: string) =>
      client.query(
        'UPDATE shop.shipments s SET recipient_phone = $2 FROM shop.orders o WHERE o.id = s.order_id AND o.order_number = $1',
        [order, phone],
      );
    await phoneIs('@SUM(1+1)*cmd|x');
    const out = join(workspace.root, 'sealed.csv');
    const recipients = [await identityToRecipient(identity)];
    const given = await discloseToProcessor(context, { agreement: 'OMN-2023/114', orders: [order], out, recipients });
    await phoneIs('+371 29 123 456');
    expect(await readFile(journal(), 'utf8')).toContain(given.disclosure);
    expect(given.list).toBe(`${out}.age`);
    await expect(stat(out)).rejects.toThrow('ENOENT');
    const file = await readFile(given.list);
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    const list = Buffer.from(await decrypter.decrypt(file));
    expect(parse(list)[1]).toEqual(['Anna Bērziņa', "'@SUM(1+1)*cmd|x", expect.any(String)]);
    expect([given.sha256, given.encrypted]).toEqual([sha256(list), sha256(file)]);
  });

  it('is kept when it stands in the register and cannot get its name', async () => {
    const out = join(workspace.root, 'taken.csv');
    const entered = async () => (await client.query('SELECT number FROM gdpr.disclosure')).rowCount ?? 0;
    const before = await entered();
    const giving = discloseToProcessor(context, { agreement: 'OMN-2023/114', orders: [order], out }, (stage) => {
      if (stage === 'list') writeFileSync(out, 'somebody else’s\n');
    });
    await expect(giving).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
      message: expect.stringContaining(`the list is finished, and stands in ${out}.partial`),
    });
    expect(await entered()).toBe(before + 1);
    expect(await readFile(`${out}.partial`, 'utf8')).toContain('Anna Bērziņa');
    await rm(`${out}.partial`);
    expect(await readFile(out, 'utf8')).toBe('somebody else’s\n');
  });

  it('carries nothing once the map says another thing', async () => {
    const recipients = { ...context.model.map.recipients };
    recipients.omniva = { ...(recipients.omniva as (typeof recipients)[string]), agreement: 'OMN-2026/1' };
    const other = { ...context, model: { ...context.model, map: { ...context.model.map, recipients } } };
    await refused(
      () => give('OMN-2023/114', { of: other }),
      'disclose processor',
      'the data map names another agreement',
    );
    const { agreements } = await listAgreements(other, { all: false, recipient: 'omniva' });
    expect(agreements[0]?.disagreements).toEqual(['the data map names another agreement for it']);
  });

  it('leaves out who is restricted, unless their open order needs it and they agree; and who is erased', async () => {
    const action = 'disclose processor';
    const whole = await give('OMN-2023/114');
    await restrictCustomer(context, { query: ANNA, ground: '18(1)(a)', verified: 'account login' }, nobodyToAsk);
    await refused(() => give('OMN-2023/114', { orders: [order] }), action, '1 rows of people whose data is restricted');
    expect(await give('OMN-2023/114')).toMatchObject({ rows: whole.rows - 1, left: { restricted: 1, erased: 0 } });
    await say('given', 'omniva', ['identity', 'contact']);
    await refused(() => give('OMN-2023/114', { orders: [order] }), action, 'restricted');
    await say('given', 'omniva', ['identity', 'contact', 'delivery']);
    expect(await give('OMN-2023/114', { orders: [order] })).toMatchObject({
      rows: 1,
      people: 1,
      left: { restricted: 0 },
    });
    await liftRestriction(context, { query: ANNA, informed: 'today' }, nobodyToAsk);
    // What was agreed to before counts no more once there is a new restriction.
    await restrictCustomer(context, { query: ANNA, ground: '18(1)(b)', verified: 'account login' }, nobodyToAsk);
    await refused(() => give('OMN-2023/114', { orders: [order] }), action, 'restricted');
    await liftRestriction(context, { query: ANNA, informed: 'today' }, nobodyToAsk);
    await refused(() => give('OMN-2023/114', { orders: ['RB-2026-999999'] }), action, '1 of the 1 orders named');
  });
});

describe('a party that the person consented to', { timeout: 90_000 }, () => {
  const action = 'disclose consented';

  it('is given the categories of a consent that names it and precedes the act', async () => {
    await refused(() => giveParty(['contact']), action, 'was given before this act');
    await say('given', 'SIA Cita', ['contact']);
    await refused(() => giveParty(['contact']), action, 'was given before this act');
    const { matches } = await findCustomer(context, ANNA);
    const subject = matches[0]?.subject ?? '';
    const at = new Date(Date.now() - 60_000).toISOString().replace('Z', '000Z');
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().replace('Z', '000Z');
    await runOperation(context, { action: 'consent record', subjects: [] }, (operation) =>
      settle(context, operation, async (session) => {
        const event = {
          subject,
          purpose: 'order',
          channel: 'disclosure',
          what: 'given',
          mechanism: 'paper',
          wording: 'party-lv',
          evidence: null,
          guardian: null,
          source: 'person',
          categories: ['contact', 'identity'],
        } as const;
        const who = { operation: operation.id, operator: 'tester' };
        await appendEvents(session, who, [
          { ...event, at, party: PARTY },
          { ...event, at: tomorrow, party: 'SIA Vēlāk' },
        ]);
        return { result: {}, traces: {} };
      }),
    );
    await refused(() => giveParty(['contact'], 'SIA Vēlāk'), action, 'was given before this act');
    const standing = (before: string) =>
      context.database.transaction('read committed', (session) => partyConsents(session, [subject], [PARTY], before));
    const second = (ms: number) => new Date(Date.parse(at) + ms).toISOString().replace('Z', '000Z');
    expect([await standing(second(-1000)), await standing(at)]).toEqual([[], []]);
    expect(await standing(second(1000))).toMatchObject([{ state: 'given', party: PARTY, since: at }]);
    await refused(() => giveParty(['contact', 'payment']), action, 'is for other categories');
    const given = await giveParty(['contact']);
    expect(await readFile(journal(), 'utf8')).toContain(given.disclosure);
    expect(given).toMatchObject({ party: PARTY, purpose: 'order', consented: at, categories: ['contact'] });
    const files = await unzip(given.archive);
    const customer = JSON.parse(files.get('data/shop.customers.json')?.toString() ?? '{}') as { rows: object[] };
    expect(Object.keys(customer.rows[0] ?? {}).sort()).toEqual(
      Object.entries(context.model.table('shop.customers').entry.columns)
        .filter(([, { category, secret }]) => category === 'contact' && secret === undefined)
        .map(([name]) => name)
        .sort(),
    );
    const { rows } = await client.query<{ kind: string; rows: number }>(
      'SELECT d.kind, s.rows::integer AS rows FROM gdpr.disclosure d JOIN gdpr.disclosure_subject s ON s.disclosure = d.number WHERE d.number = $1',
      [given.disclosure],
    );
    expect(rows).toEqual([{ kind: 'consented', rows: given.produced.reduce((sum, each) => sum + each.rows, 0) }]);
    expect(await say('withdrawn', 'sia  LASITAVA')).toMatchObject({ party: PARTY, channels: [{ state: 'withdrawn' }] });
    await refused(() => giveParty(['contact']), action, 'the consent was withdrawn');
    const told = (await exportPerson(context, ANNA)).archive.rows('gdpr.consent_event');
    expect(told.filter(({ party }) => party === PARTY).map(({ what, categories }) => [what, categories])).toEqual([
      ['given', 'contact, identity'],
      ['withdrawn', null],
    ]);
  });

  it('is one, whether it is called by its id or its name; taking everything back takes back what it may be given', async () => {
    const give = () => giveParty(['contact'], 'Omniva SIA');
    expect(await say('given', 'SIA Omniva', ['contact'])).toMatchObject({ party: 'omniva' });
    await give();
    expect(await say('withdrawn', 'omniva sia')).toMatchObject({ party: 'omniva' });
    await refused(give, action, 'the consent was withdrawn');
    const all = { query: ANNA, what: 'withdrawn', mechanism: 'phone', channels: [], purpose: 'order' } as const;
    expect((await recordConsent(context, all, nobodyToAsk)).parties).toEqual(['SIA Cita']);
    await say('given', 'omniva', ['contact']);
    expect((await recordConsent(context, { ...all, channels: ['sms'] }, nobodyToAsk)).parties).toEqual([]);
    await give();
    expect((await recordConsent(context, all, nobodyToAsk)).parties).toEqual(['omniva']);
    await refused(give, action, 'the consent was withdrawn');
    // A no that was noted by the name, before it was known as the id.
    await say('given', 'omniva', ['contact']);
    const subject = (await findCustomer(context, ANNA)).matches[0]?.subject ?? '';
    await runOperation(context, { action: 'consent record', subjects: [] }, (operation) =>
      settle(context, operation, async (session) => {
        const who = { operation: operation.id, operator: 'tester' };
        const at = new Date().toISOString().replace('Z', '999Z');
        const no = {
          subject,
          purpose: 'order',
          channel: 'disclosure',
          what: 'withdrawn',
          mechanism: 'paper',
          at,
        } as const;
        const of = { wording: null, evidence: null, guardian: null, source: 'person', party: 'Omniva SIA' } as const;
        await appendEvents(session, who, [{ ...no, ...of }]);
        return { result: {}, traces: {} };
      }),
    );
    await refused(give, action, 'the consent was withdrawn');
  });

  it('is given of a document only the places of the categories, and nothing on a consent from before a restriction', async () => {
    const payload = {
      customer: { email: ANNA.email },
      items: [{ title: 'Purvā bridējs' }],
      client: { ip: '192.0.2.77' },
      more: 'Kalēju iela 5',
    };
    await client.query("INSERT INTO shop.event_log (event, occurred_at, payload) VALUES ('login', now(), $1)", [
      payload,
    ]);
    await say('given', PARTY, ['technical']);
    const files = await unzip((await giveParty(['technical'])).archive);
    const log = files.get('data/shop.event_log.json')?.toString() ?? '';
    expect(log).toContain('192.0.2.77');
    for (const [name, content] of files)
      for (const needle of [ANNA.email, 'Purvā bridējs', 'Kalēju iela'])
        expect([name, needle, content.includes(needle)]).toEqual([name, needle, false]);
    await restrictCustomer(context, { query: ANNA, ground: '18(1)(a)', verified: 'account login' }, nobodyToAsk);
    await refused(() => giveParty(['technical']), action, 'is restricted since they consented');
    await say('given', PARTY, ['technical']);
    await giveParty(['technical']);
    await liftRestriction(context, { query: ANNA, informed: 'today' }, nobodyToAsk);
  });

  it('is told of though it was given under a reference that another took the place of', async () => {
    const subject = (await findCustomer(context, ANNA)).matches[0]?.subject ?? '';
    const former = `subject:${'b'.repeat(26)}`;
    await client.query('INSERT INTO gdpr.subject (reference) VALUES ($1)', [former]);
    await client.query('INSERT INTO gdpr.subject_superseded (reference, by) VALUES ($1, $2)', [former, subject]);
    await runOperation(context, { action: 'disclose court', subjects: [] }, (operation) =>
      settle(context, operation, async (session) => {
        const given = {
          kind: 'consented',
          recipient: 'Kurzemes rajona tiesa',
          basis: 'Art. 6(1)(a)',
          categories: ['contact'],
          archiveDigest: 'b'.repeat(64),
          records: 5,
        } as const;
        const subjects = [
          { subject: former, rows: 3 },
          { subject, rows: 2 },
        ];
        return { result: await enterDisclosure(session, operation, 'ilze', given, subjects), traces: {} };
      }),
    );
    await client.query(
      `INSERT INTO gdpr.hold (id, scope, subjects, reference, authority, until, placed_by, operation)
       SELECT 'hold-aaaaaaaaaa', 'rows', ARRAY[$1, $2], 'C30', 'Kurzemes rajona tiesa', current_date + 30, 'ilze', operation
       FROM gdpr.disclosure WHERE recipient = 'Kurzemes rajona tiesa'`,
      [former, subject],
    );
    const { archive } = await exportPerson(context, ANNA);
    const rows = archive.rows('gdpr.disclosure').filter(({ recipient }) => recipient === 'Kurzemes rajona tiesa');
    expect(rows).toMatchObject([{ rows: '5' }]);
    expect(archive.rows('gdpr.hold').filter(({ reference }) => reference === 'C30')).toHaveLength(1);
    expect(archive.rows('gdpr.access').filter(({ action: done }) => done === 'disclose court')).toHaveLength(1);
    const told = await context.database.transaction('read committed', (session) =>
      disclosedTo(session, context.model, [subject]),
    );
    expect(told.get(subject)?.filter(({ name }) => name === 'Kurzemes rajona tiesa')).toHaveLength(1);
    await client.query(
      "UPDATE gdpr.hold SET released_at = now(), released_by = 'ilze', release_reason = 'x', released_role = 'r', release_operation = operation WHERE id = 'hold-aaaaaaaaaa'",
    );
  });

  it('counts for nothing else: an agreement to give data is no consent to be written to', async () => {
    const { rows } = await client.query<{ channel: string }>(
      'SELECT DISTINCT channel FROM gdpr.consent_event WHERE party IS NOT NULL',
    );
    expect(rows).toEqual([{ channel: 'disclosure' }]);
    const usage = { query: ANNA, what: 'given', mechanism: 'paper', wording: 'party-lv', party: PARTY } as const;
    await expect(
      recordConsent(context, { ...usage, channels: ['email'], purpose: 'order', categories: ['contact'] }, nobodyToAsk),
    ).rejects.toMatchObject({ code: 'USAGE' });
    await expect(
      recordConsent(context, { ...usage, channels: [], purpose: 'order' }, nobodyToAsk),
    ).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('an erased person', { timeout: 90_000 }, () => {
  it('is not given to the carrier, though an open order keeps the row', async () => {
    await erasePerson(context, ANNA);
    await refused(() => give('OMN-2023/114', { orders: [order] }), 'disclose processor', '1 rows of erased people');
  });
});
