import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leaksIn, TYPED } from '../../commands/needles.js';
import { gdpr, type Ran } from '../../commands/program.js';
import { jsonErrorOf, jsonOf } from '../../commands/schemas.js';
import { bookshopWorkspace, type TestWorkspace } from '../../support/workspace.js';

interface Hold {
  readonly hold: string;
  readonly subjects: readonly string[];
  readonly [member: string]: unknown;
}

const CASE = ['--reference', 'KPL 191/2026-7', '--authority', 'Valsts policija'];

describe('gdpr hold', { timeout: 240_000 }, () => {
  let workspace: TestWorkspace;
  const seen: Ran[] = [];
  const run = async (args: readonly string[], options: { operator?: string; now?: string } = {}) => {
    const { operator = 'ilze', now = '2026-03-05T10:00:00Z' } = options;
    const ran = await gdpr(['hold', ...args], {
      cwd: workspace.root,
      environment: { ...workspace.environment, GDPR_OPERATOR: operator, GDPR_NOW: now },
    });
    seen.push(ran);
    return ran;
  };
  const journal = async () =>
    (await readFile(join(workspace.root, '.gdpr', 'journal.jsonl'), 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; [member: string]: unknown })
      .filter(({ type }) => type !== 'checkpoint' && type !== 'alias');
  beforeAll(async () => {
    workspace = await bookshopWorkspace();
  });
  afterAll(() => workspace.remove());

  it('holds an order under its own row, and is in the journal before it is reported', async () => {
    const place = ['place', '--order', TYPED.order, ...CASE, '--until', '2026-04-04'];
    const placed = jsonOf<Hold>(await run([...place, '--json']), 'hold-place');
    expect(placed).toMatchObject({
      scope: 'order',
      state: 'active',
      until: '2026-04-04',
      daysLeft: 30,
      gagged: false,
      rows: [{ table: 'shop.orders', rows: 1 }],
      placedBy: 'ilze',
    });
    expect(placed.subjects).toHaveLength(1);
    expect(await journal()).toMatchObject([
      {
        type: 'hold',
        id: placed.hold,
        scope: 'order',
        subjects: placed.subjects,
        reference: 'KPL 191/2026-7',
        until: '2026-04-04',
        rows: [{ table: 'shop.orders', key: ['1'] }],
      },
    ]);

    const own = await run(['release', placed.hold, '--reason', 'case closed', '--json']);
    expect([own.code, jsonErrorOf(own).code]).toEqual([3, 'REFUSED']);
    const released = jsonOf<Hold>(
      await run(['release', placed.hold, '--reason', 'case closed', '--json'], { operator: 'karlis' }),
      'hold-release',
    );
    expect(released).toMatchObject({
      state: 'released',
      releasedBy: 'karlis',
      separation: { mode: 'names', enforced: 'not enforced by the database' },
      waiting: [],
    });
    const again = await run(['release', placed.hold, '--reason', 'once more'], { operator: 'karlis' });
    expect([again.code, again.stderr]).toEqual([3, expect.stringContaining('was released already')]);
    expect((await journal()).at(-1)).toMatchObject({ type: 'hold-released', id: placed.hold, by: 'karlis' });
  });

  it('warns before a hold ends, and after, until it is released', async () => {
    const place = ['place', '--row', 'shop.orders:1', '--row', 'shop.payments:1', ...CASE, '--until', '2026-03-31'];
    const placed = jsonOf<Hold>(await run([...place, '--json']), 'hold-place');
    expect(placed).toMatchObject({
      scope: 'rows',
      rows: [
        { table: 'shop.orders', rows: 1 },
        { table: 'shop.payments', rows: 1 },
      ],
    });
    const early = await run(['list', '--due']);
    expect([early.code, early.stdout]).toEqual([0, '']);
    const near = await run(['list', '--due', '--within', '14'], { now: '2026-03-20T10:00:00Z' });
    expect([near.code, near.stdout]).toEqual([3, `${placed.hold}  rows    2026-03-31  ends in 11 days\n`]);
    const over = await run(['list', '--due', '--json'], { now: '2026-04-02T10:00:00Z' });
    expect(over.code).toBe(3);
    expect(jsonOf<{ holds: Hold[] }>(over, 'hold-list').holds).toMatchObject([
      { hold: placed.hold, state: 'expired', daysLeft: -2 },
    ]);
    const inForce = await run(['list'], { now: '2026-04-02T10:00:00Z' });
    expect([inForce.code, inForce.stdout]).toEqual([0, 'No holds in force.\n']);
    await run(['release', placed.hold, '--reason', 'ended'], { operator: 'karlis' });
    expect((await run(['list', '--due'], { now: '2026-04-02T10:00:00Z' })).code).toBe(0);
  });

  it('tells of a gagged hold to nobody who does not ask for it', async () => {
    const place = ['place', '--email', TYPED.email, ...CASE, '--until', '2026-06-30', '--gag-until', '2026-05-31'];
    const placed = jsonOf<Hold>(await run([...place, '--json']), 'hold-place');
    expect(placed).toMatchObject({ scope: 'person', gagged: true, gagUntil: '2026-05-31' });
    for (const args of [['list'], ['list', '--all'], ['list', '--due', '--within', '366']]) {
      const listed = await run([...args, '--json']);
      expect(listed.stdout).not.toContain(placed.hold);
    }
    const asked = jsonOf<{ holds: Hold[] }>(await run(['list', '--with-gagged', '--json']), 'hold-list');
    expect(asked.holds.map(({ hold }) => hold)).toEqual([placed.hold]);
    const log = await gdpr(['audit', 'list', '--json'], { cwd: workspace.root, environment: workspace.environment });
    const { entries } = JSON.parse(log.stdout) as {
      entries: { action: string; kind: string; subjects: string[]; rules?: string[]; counts?: unknown }[];
    };
    const told = entries.filter(({ action, kind }) => action === 'hold list' && kind === 'outcome');
    expect(told.at(-1)?.counts).toEqual({ holds: 1, gagged: 1 });
    const logged = entries.find(({ rules }) => rules?.includes(placed.hold) === true);
    expect(logged).toMatchObject({ action: 'hold place', subjects: [] });
    const after = await run(['list'], { now: '2026-06-01T10:00:00Z' });
    expect(after.stdout).toContain(placed.hold);
    await run(['release', placed.hold, '--reason', 'order lifted'], { operator: 'karlis' });
  });

  it('refuses what is no hold', async () => {
    const cases: [string[], number, string][] = [
      [['place', '--order', TYPED.order, ...CASE], 2, 'USAGE'],
      [['place', '--order', TYPED.order, ...CASE, '--until', '2026-03-04'], 2, 'INPUT_INVALID'],
      [['place', '--order', TYPED.order, ...CASE, '--until', '2046-03-04'], 2, 'INPUT_INVALID'],
      [['place', ...CASE, '--until', '2026-04-04'], 2, 'USAGE'],
      [['place', '--order', TYPED.order, '--email', TYPED.email, ...CASE, '--until', '2026-04-04'], 2, 'USAGE'],
      [['place', '--order', 'RB-1999-999999', ...CASE, '--until', '2026-04-04'], 2, 'NOT_FOUND'],
      [['place', '--row', 'shop.orders:0', ...CASE, '--until', '2026-04-04'], 2, 'NOT_FOUND'],
      [['place', '--row', 'shop.orders', ...CASE, '--until', '2026-04-04'], 2, 'INPUT_INVALID'],
      [['place', '--name', TYPED.name, ...CASE, '--until', '2026-04-04'], 4, 'SEVERAL'],
      [
        ['place', '--order', TYPED.order, '--reference', TYPED.email, '--authority', 'x', '--until', '2026-04-04'],
        2,
        'INPUT_INVALID',
      ],
      [['release', 'hold-aaaaaaaaaa', '--reason', 'none'], 2, 'NOT_FOUND'],
      [['release', 'H-1', '--reason', 'none'], 2, 'INPUT_INVALID'],
    ];
    for (const [args, code, name] of cases) {
      const ran = await run([...args, '--json']);
      expect([args, ran.code, jsonErrorOf(ran).code]).toEqual([args, code, name]);
    }
    const listed = jsonOf<{ holds: Hold[] }>(await run(['list', '--json', '--with-gagged']), 'hold-list');
    expect(listed.holds).toEqual([]);
  });

  it('prints none of her values', () => {
    expect(seen.flatMap(({ stdout, stderr }) => leaksIn(stdout + stderr))).toEqual([]);
  });
});
