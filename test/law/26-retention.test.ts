import { readFile } from 'node:fs/promises';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { readCatalog } from '../../src/datamap/catalog.js';
import { compileRetentionReads } from '../../src/datamap/clock.js';
import { collectRows } from '../../src/datamap/collect.js';
import { compileCollect } from '../../src/datamap/collect-plan.js';
import { parseDataMap } from '../../src/datamap/load.js';
import type { DataMapModel } from '../../src/datamap/model.js';
import { planRetention } from '../../src/retention/plan.js';
import { runRetention } from '../../src/retention/run.js';
import type { Context } from '../../src/workspace/open.js';
import { agreed } from '../retention/agreed.js';
import { shop } from './shop.js';

const s = shop();
let map: string;
beforeAll(async () => {
  map = await readFile(s.context.paths.datamap, 'utf8');
});

/** When the last of Anna's rows of a table goes under a rule, as the given map has it. */
async function lastDay(text: string, table: string, rule: string): Promise<string | null | undefined> {
  const model = parseDataMap(text, 'map');
  const [anna] = await s.find({ id: '1' });
  return s.context.database.transaction('repeatable read', async (session) => {
    const catalog = await readCatalog(session);
    await collectRows(session, compileCollect(model, catalog), model, catalog, anna === undefined ? [] : [anna.person]);
    const read = compileRetentionReads(model, catalog).find(
      (candidate) => candidate.table.name === table && candidate.keep.rule === rule,
    );
    const [row] = await session.query<{ last: string | null }>(read?.sql ?? '');
    return row?.last;
  });
}

function changed(from: string | RegExp, to: string): string {
  const text = map.replace(from, to);
  if (text === map) throw new Error('the map has no such place');
  return text;
}

afterEach(() => vi.unstubAllEnvs());

function contextOf(model: DataMapModel): Context {
  return { ...s.context, model, config: { ...s.context.config, retention: { maxShare: 100 } } };
}

function planAt(context: Context, instant: string): ReturnType<typeof planRetention> {
  vi.stubEnv('GDPR_NOW', instant);
  return planRetention(context);
}

async function purge(context: Context, instant: string): Promise<void> {
  vi.stubEnv('GDPR_NOW', instant);
  expect((await runRetention(context, { confirm: {} }, () => {})).stopped).toBe('done');
}

describe('26 retention', { timeout: 120_000 }, () => {
  it('26 counts a document’s five years from the end of the financial year, not from the day of the document', async () => {
    // Her last order was completed in October 2026.
    expect(await lastDay(map, 'shop.orders', 'source-documents')).toBe('2032-01-01');
    expect(
      await lastDay(
        changed('financialYearEnd: "12-31"', 'financialYearEnd: "06-30"'),
        'shop.orders',
        'source-documents',
      ),
    ).toBe('2032-07-01');
  });

  it('26 hard-codes no period: another one in the map is another date', async () => {
    const rule = /(source-documents:\n {4}title: .*\n {4}period: )P5Y/;
    expect(await lastDay(changed(rule, '$1P10Y'), 'shop.orders', 'source-documents')).toBe('2037-01-01');
    expect(await lastDay(changed(rule, '$1P18M'), 'shop.orders', 'source-documents')).toBe('2028-07-01');
  });

  it('26 counts from the event that the map names, not from the making of the row', async () => {
    const [newest] = await s.rows<{ completed: string; placed: string }>(
      'SELECT max(completed_at)::date::text AS completed, max(placed_at)::date::text AS placed FROM shop.orders WHERE customer_id = 1 AND completed_at IS NOT NULL',
    );
    const inTwoYears = (day: string | undefined) => `${Number(day?.slice(0, 4)) + 2}${day?.slice(4)}`;
    expect(newest?.completed).not.toBe(newest?.placed);
    expect(await lastDay(map, 'shop.orders', 'contact-copy')).toBe(inTwoYears(newest?.completed));
    const byPlacing = changed(
      /(rule: contact-copy\n {8}clock:\n {10}latest:\n {12}- \{ column: )completed_at/,
      '$1placed_at',
    );
    expect(await lastDay(byPlacing, 'shop.orders', 'contact-copy')).toBe('2028-10-29');
  });

  it('26 gives no date while the clock has not started', async () => {
    const open = s.export({ order: 'RB-2026-000012' });
    expect((await open).archive.text('index.html')).toContain('neizpildītam pasūtījumam termiņš vēl nav sācies');
  });

  it('26 is what the purge does: two years from the completion of the order, and not a day sooner', async () => {
    const [order] = await s.rows<{ id: number }>(
      `UPDATE shop.orders SET placed_at = '2023-01-10 10:00+02', completed_at = '2024-03-05 10:00+02', status = 'completed', disputed_at = NULL
       WHERE id = (SELECT id FROM shop.orders WHERE guest_email IS NOT NULL AND guest_name IS NOT NULL ORDER BY id DESC LIMIT 1) RETURNING id`,
    );
    const context = contextOf(s.context.model);
    await agreed(context);
    const name = async () =>
      (await s.rows('SELECT guest_name IS NOT NULL AS there FROM shop.orders WHERE id = $1', [order?.id]))[0];
    await purge(context, '2026-03-04T21:59:59.999Z');
    expect(await name()).toEqual({ there: true });
    await purge(context, '2026-03-04T22:00:00.000Z');
    expect(await name()).toEqual({ there: false });
  });

  it('26 hard-codes no period in the purge either, and runs under no period that two people have not agreed to', async () => {
    const [order] = await s.rows<{ id: number; completed: string }>(
      `SELECT id, completed_at::date::text AS completed FROM shop.orders
       WHERE guest_name IS NOT NULL AND status = 'completed' AND completed_at > '2024-03-10' ORDER BY completed_at LIMIT 1`,
    );
    const longer = contextOf(parseDataMap(changed(/(contact-copy:\n {4}title: .*\n {4}period: )P2Y/, '$1P10Y'), 'map'));
    const later = `${Number(order?.completed.slice(0, 4)) + 9}-12-01T00:00:00Z`;
    await expect(purge(longer, later)).rejects.toMatchObject({ code: 'REFUSED' });
    await agreed(longer);
    const { rules } = await planAt(longer, later);
    const rule = rules.find((each) => each.rule === 'contact-copy');
    expect(rule).toMatchObject({ period: 'P10Y', eligible: 0 });
    const short = await planAt(contextOf(s.context.model), later);
    expect(short.rules.find((each) => each.rule === 'contact-copy')?.eligible).toBeGreaterThan(0);
  });
});
