import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PEOPLE } from '../../examples/bookshop/people.js';
import { placeHold } from '../../src/customer/hold/place.js';
import { enterRecords, missingRecords } from '../../src/customer/restore/enter.js';
import { readRecords } from '../../src/customer/restore/records.js';
import { restrictCustomer } from '../../src/customer/restrict/restrict.js';
import type { TypedOrder } from '../../src/disclosure/order.js';
import type { DisclosureTarget } from '../../src/disclosure/people.js';
import { openRequest, prepareDisclosure, storeDisclosure } from '../../src/disclosure/prepare.js';
import { produceDisclosure } from '../../src/disclosure/produce.js';
import { readCertificate } from '../../src/keys/keys.js';
import { approvePlan, readPlan } from '../../src/operation/approve.js';
import { recover } from '../../src/operation/recover.js';
import { addDays, todayIn } from '../../src/request/day.js';
import { type Context, openContext } from '../../src/workspace/open.js';
import { outsider, outsidersCommands } from '../archive/support.js';
import { ROOT } from '../commands/program.js';
import { erasePerson } from '../customer/erase/support.js';
import { readArchive } from '../customer/support/archive.js';
import { exportPerson, nobodyToAsk } from '../customer/support/export.js';
import { readable } from '../customer/support/leaks.js';
import { run as sql } from '../roles/support.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';
import { courtDesk, DOCUMENT } from './support.js';

const { anna } = PEOPLE;
const ANNA = { query: { email: anna.email } };
const ORDER = 'RB-2022-000003';
const AUTHORITY = 'Zemgales needle tiesa';

let workspace: TestWorkspace;
let context: Context;
let colleague: Context;
beforeEach(async () => {
  workspace = await bookshopWorkspace();
  context = await workspace.context();
  colleague = await openContext({
    ...workspace.surroundings,
    environment: { ...workspace.environment, GDPR_OPERATOR: 'karlis' },
  });
  await writeFile(join(workspace.root, 'request.pdf'), DOCUMENT);
}, 60_000);
afterEach(async () => {
  vi.unstubAllEnvs();
  await context.database.close();
  await colleague.database.close();
  await workspace.remove();
});

const today = () => todayIn('Europe/Riga');
const rows = <R extends Record<string, unknown>>(statement: string) => sql<R>(workspace.url ?? '', statement);

function typed(changed: Partial<TypedOrder> = {}): TypedOrder {
  return {
    kind: 'court',
    authority: AUTHORITY,
    case: 'C30-1234-26',
    requestNumber: '15-2/417',
    requestDate: today(),
    basis: 'CPL 112. pants',
    document: join(workspace.root, 'request.pdf'),
    unnamed: false,
    categories: 'order',
    hold: 'P12M',
    ...changed,
  };
}

async function give(target: DisclosureTarget, changed: Partial<TypedOrder> = {}) {
  const opened = await openRequest(context, typed(changed), target, undefined, nobodyToAsk);
  const prepared = await prepareDisclosure(context, opened, undefined);
  await storeDisclosure(context, prepared);
  await approvePlan(colleague, await readPlan(colleague, prepared.plan.digest));
  return produceDisclosure(context, prepared, { planDigest: prepared.plan.digest, language: 'lv' });
}

const refused = async () =>
  (
    await rows<{ code: string; subjects: number }>(
      `SELECT entry::jsonb ->> 'code' AS code, cardinality(subjects) AS subjects FROM gdpr.audit_entry
       WHERE action LIKE 'disclose %' AND kind = 'outcome' AND result = 'refused'`,
    )
  ).map(({ code }) => code);

describe('what stops a disclosure to a court, and what does not', { timeout: 120_000 }, () => {
  it('gives the data of a restricted person on a recorded ground of Art. 18(2) alone', async () => {
    await restrictCustomer(context, { ...ANNA, ground: '18(1)(a)' }, nobodyToAsk);
    await expect(give(ANNA)).rejects.toMatchObject({
      code: 'REFUSED',
      exit: 3,
      message: expect.stringContaining('restricted under Art. 18(1)(a)'),
    });
    expect(await refused()).toEqual(['REFUSED']);
    const given = await give(ANNA, { restrictedGround: 'legal-claims' });
    const [entry] = await rows<{ rules: string }>(
      `SELECT entry::jsonb ->> 'rules' AS rules FROM gdpr.audit_entry WHERE sequence = ${given.audit.sequence}`,
    );
    expect(entry?.rules).toContain('Art. 18(2): legal-claims');
  });

  it('is not hindered by holds of the person or of the order', async () => {
    const hold = { reference: 'C 1/26', authority: 'Tiesa', until: addDays(today(), 30) };
    await placeHold(context, { target: { scope: 'person', ...ANNA }, ...hold }, nobodyToAsk);
    await placeHold(context, { target: { scope: 'order', number: ORDER }, ...hold }, nobodyToAsk);
    const given = await give({ orders: [ORDER] });
    expect(given.produced.find(({ table }) => table === 'shop.orders')?.rows).toBe(1);
  });

  it('gives of an erased person what was kept, and no row more', async () => {
    await erasePerson(context, { email: anna.email });
    const given = await give(ANNA, { categories: 'order,identity,contact,technical,interests,correspondence' });
    const archive = await readArchive(given.archive);
    const kept = await rows<{ name: string; n: number }>(
      'SELECT table_name AS name, count(DISTINCT key)::integer AS n FROM gdpr.kept_row GROUP BY table_name',
    );
    const byTable = new Map(kept.map(({ name, n }) => [name, n]));
    expect(given.produced.length).toBeGreaterThan(1);
    expect(given.produced.filter(({ table, rows: n }) => n > (byTable.get(table) ?? 0))).toEqual([]);
    // The open order keeps the e-mail; nothing keeps the personas kods.
    expect(anna.personasKods).toMatch(/\d/);
    expect(readable(archive)).not.toContain(String(anna.personasKods).toLowerCase());
  });

  it('gives several orders of several people and of a guest, each record once', async () => {
    const orders = await rows<{ number: string }>(
      `(SELECT order_number AS number FROM shop.orders WHERE customer_id IS NULL ORDER BY id LIMIT 3) UNION ALL
       (SELECT order_number FROM shop.orders WHERE customer_id IS NOT NULL ORDER BY id DESC LIMIT 3)`,
    );
    const given = await give({ orders: orders.map(({ number }) => number) });
    const data = JSON.parse((await readArchive(given.archive)).text('data/shop.orders.json')) as {
      records: { data: { order_number: string } }[];
    };
    expect(data.records.map((record) => record.data.order_number).sort()).toEqual(
      orders.map(({ number }) => number).sort(),
    );
  });

  it('keeps what was given from erasure, and tells of it by the name of the court', async () => {
    const given = await give({ orders: [ORDER] });
    const { archive } = await exportPerson(context, { email: anna.email });
    expect(readable(archive)).toContain(AUTHORITY.toLowerCase());
    await erasePerson(context, { email: anna.email });
    const [left] = await rows<{ n: number }>(
      `SELECT count(*)::integer AS n FROM gdpr.kept_row WHERE source = 'hold' AND reason = '${given.hold.hold}'`,
    );
    expect(left?.n).toBeGreaterThan(1);
  });

  it('tells of none under a gag until it ends, and of a body that may not be named without its name', async () => {
    const [before] = await rows<{ last: string }>(
      'SELECT coalesce(max(sequence), 0)::text AS last FROM gdpr.audit_entry',
    );
    await give({ orders: [ORDER] }, { gagUntil: addDays(today(), 10), gagBasis: 'KPL 396. pants' });
    const named = await rows(
      `SELECT action FROM gdpr.audit_entry WHERE sequence > ${before?.last} AND cardinality(subjects) > 0`,
    );
    expect(named).toEqual([]);
    const gagged = readable((await exportPerson(context, { email: anna.email })).archive);
    for (const needle of [AUTHORITY, 'C30-1234-26', '15-2/417', 'KPL 396'])
      expect(gagged).not.toContain(needle.toLowerCase());
    vi.stubEnv('GDPR_NOW', `${addDays(today(), 11)}T10:00:00Z`);
    expect(readable((await exportPerson(context, { email: anna.email })).archive)).toContain(AUTHORITY.toLowerCase());
    vi.unstubAllEnvs();
    await give(
      { orders: [ORDER] },
      { kind: 'authority', authority: 'Unnamed needle body', unnamed: true, basis: 'KPL 190. pants' },
    );
    const told = readable((await exportPerson(context, { email: anna.email })).archive);
    expect(told).not.toContain('unnamed needle body');
    expect(told).toContain('iestāde, kuru likums neļauj nosaukt');
  });

  it('comes back from the journal where a restored backup lacks it, but for names of officials', async () => {
    await give(
      { orders: [ORDER] },
      { official: 'J. Tiesnesis', asked: 'words of the request', gagUntil: addDays(today(), 10) },
    );
    await give(ANNA, { requestNumber: '2', unnamed: true });
    const state = () =>
      rows(
        `SELECT to_jsonb(d) - 'official' - 'asked' AS disclosure, to_jsonb(h) AS hold,
           (SELECT jsonb_agg(jsonb_build_array(s.subject, s.rows) ORDER BY s.subject) FROM gdpr.disclosure_subject s WHERE s.disclosure = d.number) AS subjects,
           (SELECT jsonb_agg(to_jsonb(r) ORDER BY r.table_name, r.key) FROM gdpr.hold_row r WHERE r.hold = h.id) AS rows
         FROM gdpr.disclosure d JOIN gdpr.hold h ON h.id = d.hold ORDER BY d.number`,
      );
    const before = await state();
    expect(before).toHaveLength(2);
    for (const table of ['disclosure_subject', 'disclosure', 'hold_row', 'hold'])
      await rows(`ALTER TABLE gdpr.${table} DISABLE TRIGGER USER; DELETE FROM gdpr.${table}`);
    expect(await state()).toEqual([]);
    const records = await readRecords(context.paths.journal, context.keys);
    expect(JSON.stringify([...records])).not.toMatch(/Tiesnesis|words of the request/);
    await context.database.transaction('read committed', async (session) => {
      const missing = await missingRecords(session, records);
      expect([missing.get('disclosure')?.length, missing.get('hold')?.length]).toEqual([2, 2]);
      await enterRecords(session, context, missing);
    });
    expect(await state()).toEqual(before);
  });

  it.skipIf(!outsider)("passes the outsider's commands", async () => {
    const given = await give({ orders: [ORDER] });
    const certificate = await readCertificate(join(workspace.root, '.gdpr', 'keys'));
    const folder = await mkdtemp(join(workspace.root, 'outside-'));
    expect(await outsidersCommands(await readFile(given.archive), certificate, folder)).toMatchObject({ exit: 0 });
  });
});

describe('a disclosure killed on the way', { timeout: 300_000 }, () => {
  it('is taken back or finished by recover, and can be given again where it was taken back', async () => {
    const desk = courtDesk(workspace);
    await desk.prepare();
    const flags = { order: ORDER };
    const { digest } = await desk.plan(flags);
    await desk.approve(digest);
    const run = (kill: string) =>
      desk.run([...desk.words({ ...flags, 'plan-digest': digest, yes: true })], 'ilze', {
        GDPR_TEST_KILL_BEFORE: kill,
        NODE_OPTIONS: `--import ${join(ROOT, 'test', 'recover', 'steps.mjs')}`,
      });
    const state = async () =>
      (
        await rows<{ operations: number; register: number; holds: number; used: number }>(
          `SELECT (SELECT count(*)::integer FROM gdpr.operation WHERE action = 'disclose court' AND state = 'done') AS operations,
             (SELECT count(*)::integer FROM gdpr.disclosure) AS register, (SELECT count(*)::integer FROM gdpr.hold) AS holds,
             (SELECT count(*)::integer FROM gdpr.approval WHERE used_by IS NOT NULL) AS used`,
        )
      )[0];
    for (const kill of ['open disclosure-court', 'query INSERT INTO gdpr.hold', 'query INSERT INTO gdpr.disclosure']) {
      expect((await run(kill)).signal, kill).toBe('SIGKILL');
      await vi.waitFor(async () => {
        expect((await recover(context)).map(({ what }) => what)).toContain('abandoned');
      }, 20_000);
      expect(await state()).toEqual({ operations: 0, register: 0, holds: 0, used: 0 });
    }
    expect((await run('rename to disclosure-court')).signal).toBe('SIGKILL');
    await vi.waitFor(async () => {
      expect((await recover(context)).map(({ what }) => what)).toContain('finished');
    }, 20_000);
    expect(await state()).toEqual({ operations: 1, register: 1, holds: 1, used: 1 });
  });
});
