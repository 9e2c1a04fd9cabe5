import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { prepareErase } from '../../src/customer/erase/erase-customer.js';
import { eraseCustomer, orderOf } from '../../src/customer/erase/run.js';
import { readCatalog } from '../../src/datamap/catalog.js';
import { dueRows } from '../../src/datamap/clock.js';
import { collectRows } from '../../src/datamap/collect.js';
import { compileCollect, rowsOf } from '../../src/datamap/collect-plan.js';
import { keyOf } from '../../src/datamap/sql.js';
import { openRequest } from '../../src/request/open.js';
import { compileDue, cutOffs } from '../../src/retention/due.js';
import type { Context } from '../../src/workspace/open.js';
import { GROUND } from '../customer/erase/support.js';
import { nobodyToAsk } from '../customer/support/export.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';
import { agree, ask, run } from './support.js';

const ANNA = { email: 'anna.berzina@pasts.example' } as const;

let workspace: TestWorkspace;
let context: Context;
beforeAll(async () => {
  workspace = await bookshopWorkspace();
  context = await workspace.context();
}, 60_000);
afterAll(async () => {
  vi.unstubAllEnvs();
  await context.database.close();
  await workspace.remove();
});

describe('the cut-offs of a run', { timeout: 120_000 }, () => {
  it('part the rows as the clock that erasure reads does, on the whole bookshop and at any instant', async () => {
    const instants = fc.date({ min: new Date('2016-01-01'), max: new Date('2045-01-01'), noInvalidDate: true });
    await fc.assert(
      fc.asyncProperty(instants, async (instant) => {
        const asOf = instant.toISOString();
        await context.database.transaction('repeatable read', async (session) => {
          const { model } = context;
          const catalog = await readCatalog(session);
          const cuts = await cutOffs(session, model, asOf);
          const anybody = { roots: [], rows: [], identifiers: [], shared: [], names: [], byNameOnly: false };
          await collectRows(session, compileCollect(model, catalog), model, catalog, [anybody]);
          for (const table of model.tables) {
            const names = keyOf(table, catalog).map(({ expression }) => expression);
            const from = `"${table.schema}"."${table.table}" t`;
            await session.run(`INSERT INTO ${rowsOf(table)} SELECT 0, 0, ${names.join(', ')} FROM ${from}`);
            for (const keep of table.entry.retention ?? []) {
              const { due, person } = compileDue(table, keep, model, catalog, cuts);
              if (person) continue;
              const [ours] = await session.query(
                `SELECT count(*)::int AS n, sum(hashtext(ROW(${names.join(', ')})::text)) AS h FROM ${from} WHERE ${due}`,
              );
              const keys = names.map((_, i) => `d.k${i + 1}`).join(', ');
              const [theirs] = await session.query(
                `SELECT count(*)::int AS n, sum(hashtext(ROW(${keys})::text)) AS h FROM (${dueRows(table, keep, model, catalog)}) d
                 WHERE d.due <= ($1::timestamptz AT TIME ZONE 'Europe/Riga')::date`,
                [asOf],
              );
              expect({ table: table.name, rule: keep.rule, ...ours }).toEqual({
                table: table.name,
                rule: keep.rule,
                ...theirs,
              });
            }
          }
        });
      }),
      { numRuns: 12 },
    );
  });
});

describe('an erasure that rules held back', { timeout: 180_000 }, () => {
  it('is finished by the run that takes the last kept field, and its request closed', async () => {
    await agree(context);
    const incoming = { kind: 'erasure', channel: 'email', received: 'today', unknown: false, again: false } as const;
    const { request } = await openRequest(context, { ...incoming, query: ANNA }, nobodyToAsk);
    const prepared = await prepareErase(context, ANNA, GROUND, nobodyToAsk, request);
    const order = orderOf(prepared, { ground: GROUND, verified: 'account login', language: 'lv' });
    const { subject } = await eraseCustomer(context, order, prepared.plan);
    const kept = () =>
      ask<{ source: string; reason: string }>(
        context,
        'SELECT until::text, table_name, source, reason, columns::text AS columns FROM gdpr.kept_row WHERE subject = $1',
        [subject],
      );
    expect((await kept()).map(({ source }) => source)).toContain('rule');

    vi.stubEnv('GDPR_NOW', '2045-01-01T12:00:00Z');
    expect((await run(context)).finished).toBe(0);
    // What an open order keeps waits for the order, whatever the day.
    expect(new Set((await kept()).map(({ source, reason }) => `${source} ${reason}`))).toEqual(
      new Set(['ground open-order']),
    );
    await ask(
      context,
      `UPDATE shop.orders SET status = 'completed', completed_at = '2027-01-01' WHERE status IN ('new', 'awaiting_payment', 'packed', 'shipped')`,
    );
    const finishing = await run(context);
    expect(await kept()).toEqual([]);
    expect(finishing.finished).toBe(1);
    const entries = await ask<{ subjects: string }>(
      context,
      'SELECT array_to_json(subjects)::text AS subjects FROM gdpr.operation WHERE id = $1',
      [finishing.operation],
    );
    expect(JSON.parse(entries[0]?.subjects ?? '[]')).toEqual([subject]);
    expect(await ask(context, 'SELECT state, reply_to FROM gdpr.request WHERE number = $1', [request])).toEqual([
      { state: 'closed', reply_to: null },
    ]);
    expect(
      await ask(context, "SELECT what, note FROM gdpr.request_event WHERE number = $1 AND what = 'closed'", [request]),
    ).toEqual([{ what: 'closed', note: 'the last that a rule had kept is gone' }]);
  });
});
