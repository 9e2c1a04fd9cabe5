import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ruleLines } from '../../src/cli/retention-lines.js';
import { placeHold } from '../../src/customer/hold/place.js';
import { lockStanding, shareStanding } from '../../src/customer/standing.js';
import { buildModel } from '../../src/datamap/model.js';
import type { DataMap, PersonalTable } from '../../src/datamap/schema.js';
import { addDays, todayIn } from '../../src/request/day.js';
import { withMetrics } from '../../src/retention/metrics.js';
import { planRetention } from '../../src/retention/plan.js';
import { ruleSetOf } from '../../src/retention/rule-set.js';
import { runRetention } from '../../src/retention/run.js';
import { readRules } from '../../src/retention/show-rules.js';
import type { Context } from '../../src/workspace/open.js';
import { nobodyToAsk } from '../customer/support/export.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';
import { readExposition } from './exposition.js';
import { agree, ask, fillOld, run } from './support.js';

let workspace: TestWorkspace;
let context: Context;
/** A connection beside that of the program. */
let other: Context;
beforeAll(async () => {
  workspace = await bookshopWorkspace();
  context = await workspace.context();
  other = await workspace.context();
  await agree(context);
}, 60_000);
afterAll(async () => {
  await other.database.close();
  await context.database.close();
  await workspace.remove();
});

const order = {
  reference: 'KPL 7/2026',
  authority: 'Valsts policija',
  until: addDays(todayIn('Europe/Riga'), 90),
};

/** A transaction of somebody else that goes on until `release`. */
async function beside(work: Parameters<Context['database']['transaction']>[1]) {
  let release = () => {};
  const wait = new Promise<void>((resolve) => {
    release = resolve;
  });
  let done: Promise<unknown> = Promise.resolve();
  await new Promise<void>((begun, fail) => {
    done = other.database.transaction('read committed', async (session) => {
      await work(session);
      begun();
      await wait;
    });
    done.catch(fail);
  });
  return {
    release: () => {
      release();
      return done;
    },
  };
}

const resets = () =>
  ask<{ id: string }>(
    context,
    "SELECT id::text AS id FROM shop.password_resets WHERE requested_at < now() - interval '40 days' ORDER BY id",
  );

describe('the gates of a run', { timeout: 180_000 }, () => {
  it('agree on all of the map that decides whose a row is and what becomes of it', async () => {
    const { digest } = ruleSetOf(context.model);
    const changes: [string, (map: DataMap) => void][] = [
      ['an identifier links', ({ identifiers }) => Object.assign(identifiers.email ?? {}, { links: false })],
      [
        'a column is no identifier any more',
        ({ tables }) => delete (tables['shop.customers'] as PersonalTable).columns.email?.identifier,
      ],
      [
        'a column is of somebody else',
        ({ tables }) =>
          Object.assign((tables['shop.orders'] as PersonalTable).columns.customer_note ?? {}, { owner: 'other' }),
      ],
    ];
    for (const [what, change] of changes) {
      const map = structuredClone(context.model.map);
      change(map);
      expect({ what, same: ruleSetOf(buildModel(map).model).digest === digest }).toEqual({ what, same: false });
    }
    const unruled = (erase: 'delete' | 'columns') => {
      const map = structuredClone(context.model.map);
      const table = map.tables['shop.password_resets'] as PersonalTable;
      Object.assign(table, { retention: undefined, erase });
      return ruleSetOf(buildModel(map).model).digest;
    };
    expect(unruled('columns')).not.toBe(unruled('delete'));
    const titled = structuredClone(context.model.map);
    titled.controller.name = 'SIA Cits';
    expect(ruleSetOf(buildModel(titled).model).digest).toBe(digest);

    const lines = ruleLines(await readRules(context)).join('\n');
    expect(lines).toMatch(/^waits for open-order: .+\n {2}while shop\.orders has status is new or /m);
    expect(lines).toMatch(/^ {4}has not begun while .+: .+/m);
    expect(lines).toMatch(/^shop\.orders\n {2}of the \w+: customer_id = id of shop\.customers/m);
    expect(lines).toMatch(/^ {2}kept under [\w-]+, then \w+: \w+/m);
  });

  it('a confirmation names a table of the map before it is logged, and is the very figure of the plan', async () => {
    const entries = () => ask(context, 'SELECT max(sequence)::text AS last FROM gdpr.audit_entry');
    const before = await entries();
    const typo = { confirm: { 'ilze@pasts.example': 5 } };
    await expect(runRetention(context, typo, () => {})).rejects.toMatchObject({ code: 'USAGE' });
    expect(await entries()).toEqual(before);
    const { tables } = await planRetention(context);
    const [table] = tables;
    for (const rows of [(table?.eligible ?? 0) + 1, 1_000_000])
      await expect(run(context, { confirm: { [table?.table ?? '']: rows } })).rejects.toMatchObject({
        code: 'REFUSED',
        message: expect.stringContaining(`confirmed ${rows}, eligible ${table?.eligible}`),
      });
  });

  it('an instant that the database has not come to is refused, for a fresh run', async () => {
    vi.stubEnv('GDPR_TEST_CLOCK', '');
    vi.stubEnv('GDPR_NOW', '2040-01-01T00:00:00Z');
    await expect(run(context)).rejects.toMatchObject({ code: 'REFUSED', message: expect.stringContaining('clock') });
    vi.unstubAllEnvs();
    expect(await ask(context, 'SELECT FROM gdpr.retention_run')).toEqual([]);
  });

  it('a run that fails midway tells the log and Prometheus what it took', async () => {
    await ask(context, `CREATE FUNCTION shop.no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$`);
    await ask(context, 'CREATE TRIGGER no BEFORE UPDATE ON shop.orders FOR EACH ROW EXECUTE FUNCTION shop.no()');
    const file = join(workspace.root, 'gdpr.prom');
    const config = { ...context.config, retention: { maxShare: 100 } };
    await expect(
      withMetrics(
        file,
        (onBroken) => runRetention({ ...context, config }, { confirm: {} }, () => {}, onBroken),
        ({ record }) => record,
      ),
    ).rejects.toThrow();
    await ask(context, 'DROP FUNCTION shop.no() CASCADE');
    const [outcome] = await ask<{ state: string; entry: string }>(
      context,
      `SELECT o.state, e.entry FROM gdpr.operation o JOIN gdpr.audit_entry e ON e.operation = o.id
       WHERE o.action = 'retention run' ORDER BY e.sequence DESC LIMIT 1`,
    );
    expect(outcome?.state).toBe('failed');
    expect(outcome?.entry).toContain('shop.password_resets deleted');
    const told = readExposition(await readFile(file, 'utf8'));
    expect(Object.fromEntries(told.get('gdpr_retention_run_complete')?.samples ?? [])).toEqual({ '': 0 });
    expect(Object.fromEntries(told.get('gdpr_retention_rows')?.samples ?? [])).toMatchObject({
      'rule="security",action="deleted"': 22,
    });
  });

  it('nor is one gone on with that began under a clock that was ahead', async () => {
    const [last] = await ask<{ at: string }>(context, 'SELECT as_of::text AS at FROM gdpr.retention_run');
    await ask(context, "UPDATE gdpr.retention_run SET as_of = '2040-01-01'");
    vi.stubEnv('GDPR_TEST_CLOCK', '');
    await expect(run(context)).rejects.toMatchObject({ code: 'REFUSED', message: expect.stringContaining('began') });
    vi.unstubAllEnvs();
    await ask(context, 'UPDATE gdpr.retention_run SET as_of = $1::timestamptz', [last?.at]);
  });

  it('a hold that a batch came before is not placed on rows that are gone', async () => {
    await fillOld(context, 4);
    const [row] = await resets();
    const batch = await beside(async (session) => {
      await session.run('DELETE FROM shop.password_resets WHERE id = $1::bigint', [row?.id]);
      await shareStanding(session);
    });
    const placed = placeHold(
      context,
      { ...order, target: { scope: 'rows', rows: [`shop.password_resets:${row?.id}`] } },
      nobodyToAsk,
    ).then(
      () => 'placed',
      (error: { code: string }) => error.code,
    );
    expect(await Promise.race([placed, sleep(1500, 'waits')])).toBe('waits');
    await batch.release();
    expect(await placed).toBe('PLAN_CHANGED');
  });

  it('a batch that a hold came before does not take what it holds', async () => {
    const [row] = await resets();
    const hold = await beside(async (session) => {
      await lockStanding(session);
      await session.run(
        `INSERT INTO gdpr.hold (id, scope, subjects, reference, authority, until, placed_by, operation)
         SELECT 'hold-abcdefghij', 'rows', '{}', $1, $2, $3::date, 'ilze', id FROM gdpr.operation LIMIT 1`,
        [order.reference, order.authority, order.until],
      );
      await session.run('INSERT INTO gdpr.hold_row (hold, table_name, key) VALUES ($1, $2, $3::jsonb)', [
        'hold-abcdefghij',
        'shop.password_resets',
        JSON.stringify([row?.id]),
      ]);
    });
    const ran = run(context);
    await Promise.race([ran, sleep(4000)]);
    await hold.release();
    expect((await ran).stopped).toBe('done');
    expect((await resets()).map(({ id }) => id)).toEqual([row?.id]);
  });

  it('a row that comes to point to one of a batch is in the way of that try; one that stays there is told of', async () => {
    await fillOld(context, 3);
    await ask(context, 'CREATE SEQUENCE shop.tries');
    await ask(
      context,
      `CREATE FUNCTION shop.child() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         IF nextval('shop.tries') <= 2 THEN RAISE 'in the way' USING ERRCODE = '23503'; END IF; RETURN OLD; END $$`,
    );
    const trigger = 'AFTER DELETE ON shop.password_resets DEFERRABLE INITIALLY DEFERRED FOR EACH ROW';
    await ask(context, `CREATE CONSTRAINT TRIGGER child ${trigger} EXECUTE FUNCTION shop.child()`);
    expect((await run(context)).stopped).toBe('done');
    expect(await resets()).toHaveLength(1);
    await fillOld(context, 1);
    await ask(context, 'ALTER SEQUENCE shop.tries MINVALUE -1000 RESTART WITH -1000');
    await expect(run(context)).rejects.toMatchObject({ code: 'DRIFT' });
    await ask(context, 'DROP FUNCTION shop.child() CASCADE');
    await ask(context, 'DROP SEQUENCE shop.tries');
    expect((await run(context)).stopped).toBe('done');
  });

  it('an erasure whose end the log was not told of is told of by the next run, once; killed runs get their outcome', async () => {
    const [subject] = await ask<{ reference: string }>(context, 'SELECT reference FROM gdpr.subject LIMIT 1');
    await ask(
      context,
      `UPDATE gdpr.retention_run SET finished = ARRAY[$1::text] WHERE started_at = (SELECT max(started_at) FROM gdpr.retention_run)`,
      [subject?.reference],
    );
    await ask(
      context,
      `INSERT INTO gdpr.operation (id, action, state, operator, subjects) VALUES ('20260101-abcdefghijklmnop', 'retention run', 'started', 'timer', '{}')`,
    );
    const next = await run(context);
    expect(next.finished).toBe(1);
    expect(
      await ask(context, 'SELECT array_to_json(subjects)::text AS subjects FROM gdpr.operation WHERE id = $1', [
        next.operation,
      ]),
    ).toEqual([{ subjects: JSON.stringify([subject?.reference]) }]);
    expect(await ask(context, "SELECT state FROM gdpr.operation WHERE id = '20260101-abcdefghijklmnop'")).toEqual([
      { state: 'abandoned' },
    ]);
    expect((await run(context)).finished).toBe(0);
  });
});
