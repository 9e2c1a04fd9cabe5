import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leaksIn, TYPED } from '../../commands/needles.js';
import { gdpr, type Ran } from '../../commands/program.js';
import { jsonErrorOf, jsonOf } from '../../commands/schemas.js';
import { bookshopWorkspace, type TestWorkspace } from '../../support/workspace.js';
import { withClient } from './support.js';

interface Residue {
  readonly operation: string;
  readonly residue: {
    readonly clean: boolean;
    readonly hits: readonly { table: string; class: string; kind: string }[];
  };
  readonly searched: { readonly tables: number; readonly rows: number };
}

const ANNA = ['--email', TYPED.email, '--name', TYPED.name];

describe('gdpr customer residue', { timeout: 240_000 }, () => {
  let workspace: TestWorkspace;
  const run = (args: readonly string[], input?: string): Promise<Ran> =>
    gdpr(['customer', 'residue', ...args], {
      cwd: workspace.root,
      environment: workspace.environment,
      ...(input !== undefined && { input }),
    });
  beforeAll(async () => {
    workspace = await bookshopWorkspace();
  });
  afterAll(() => workspace.remove());

  it('ends with 0 where every place has its reason, and says how much was searched', async () => {
    const ran = await run([...ANNA, '--json']);
    expect(ran.code).toBe(0);
    const { residue, searched } = jsonOf<Residue>(ran, 'customer-residue');
    expect(residue.clean).toBe(true);
    expect(new Set(residue.hits.map((hit) => hit.class))).toEqual(new Set(['held', 'third-party']));
    expect(searched.tables).toBeGreaterThan(30);
  });

  it('ends with 5 where something is left, and names the place without the value', async () => {
    await withClient(workspace.url, (client) =>
      client.query(
        `INSERT INTO shop.app_settings VALUES ('anna.berzina@pasts.example', '"Annai Bērziņai: 2123-4567"', now())`,
      ),
    );
    const json = await run([...ANNA, '--phone', TYPED.phone, '--json']);
    expect(json.code).toBe(5);
    const left = jsonOf<Residue>(json, 'customer-residue').residue.hits.filter((hit) => hit.class === 'residue');
    expect(left.map((hit) => hit.kind).sort()).toEqual(['email', 'name', 'phone']);
    const text = await run(['--person-file', '-'], `email: ${TYPED.email}\nname: ${TYPED.name}\n`);
    expect(text.code).toBe(5);
    expect(text.stdout).toMatch(/^3 places hold what nothing keeps:\n.*shop\.app_settings +key.*hmac:/s);
    expect(text.stdout).toMatch(/^held, the person being a customer: \d+ places$/m);
    for (const ran of [json, text]) expect(leaksIn(ran.stdout + ran.stderr)).toEqual([]);
  });

  it('needs nobody in the database, but somebody to look for', async () => {
    const gone = await run(['--email', 'nekad.nebija@pasts.example', '--order', 'RB-1999-000001', '--json']);
    expect([gone.code, jsonOf<Residue>(gone, 'customer-residue').residue]).toEqual([0, { clean: true, hits: [] }]);
    expect(jsonErrorOf(await run(['--json'])).code).toBe('USAGE');
    expect(jsonErrorOf(await run(['--email', 'nav', '--json'])).code).toBe('INPUT_INVALID');
    expect((await run(['--sweep', '--email', TYPED.email])).code).toBe(2);
  });

  it('is in the audit log, which counts and never names', async () => {
    const log = await gdpr(['audit', 'list', '--json'], { cwd: workspace.root, environment: workspace.environment });
    const { entries } = jsonOf<{ entries: { action: string; result?: string; subjects: string[]; counts?: object }[] }>(
      log,
      'audit-list',
    );
    const outcomes = entries.filter((entry) => entry.action === 'customer residue' && entry.result === 'done');
    expect(outcomes.length).toBe(4);
    expect(outcomes[0]?.counts).toMatchObject({ residue: 0, kept: 0 });
    expect(outcomes[0]?.subjects).toHaveLength(1);
    expect(leaksIn(log.stdout)).toEqual([]);
  });
});

describe('on the embedded database', { timeout: 240_000 }, () => {
  it('finds what is held and what is left', async () => {
    const workspace = await bookshopWorkspace({ server: 'embedded' });
    try {
      const context = await workspace.context();
      await context.database.transaction('read committed', (session) =>
        session.run(`INSERT INTO shop.app_settings VALUES ('x', '{"a": "e=Anna.Berzina%40pasts.example"}', now())`),
      );
      await context.database.close();
      const ran = await gdpr(['customer', 'residue', '--email', TYPED.email, '--json'], {
        cwd: workspace.root,
        environment: workspace.environment,
      });
      expect(ran.code).toBe(5);
      const { residue } = jsonOf<Residue>(ran, 'customer-residue');
      expect(residue.hits.filter((hit) => hit.class === 'residue')).toEqual([
        expect.objectContaining({ table: 'shop.app_settings', kind: 'email', place: 'a' }),
      ]);
      const sweep = await gdpr(['customer', 'residue', '--sweep', '--json'], {
        cwd: workspace.root,
        environment: workspace.environment,
      });
      expect([sweep.code, jsonOf<Residue>(sweep, 'customer-residue').residue.clean]).toEqual([0, true]);
    } finally {
      await workspace.remove();
    }
  });
});
