import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TYPED } from '../commands/needles.js';
import { gdpr } from '../commands/program.js';
import { faults, jsonErrorOf } from '../commands/schemas.js';
import { testDatabase } from '../support/postgres.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

interface Verified {
  readonly valid: boolean;
  readonly problems: readonly { readonly sequence: number | null; readonly problem: string }[];
}

/** What somebody may do who owns the database, and what the verification must name. */
const DEEDS: readonly {
  readonly deed: string;
  readonly sql: string;
  readonly names: { sequence: number | null; problem: RegExp };
}[] = [
  {
    deed: 'an entry is rewritten',
    sql: `UPDATE gdpr.audit_entry SET entry = replace(entry, 'tester', 'nobody') WHERE sequence = 3`,
    names: { sequence: 3, problem: /entry 3 was changed/ },
  },
  {
    deed: 'an entry is rewritten together with its hash',
    sql: `UPDATE gdpr.audit_entry SET entry = replace(entry, 'tester', 'nobody'), leaf_hash = sha256('\\x00'::bytea || convert_to(replace(entry, 'tester', 'nobody'), 'UTF8')) WHERE sequence = 3`,
    names: { sequence: null, problem: /checkpoint/ },
  },
  {
    deed: 'a listed column is changed',
    sql: `UPDATE gdpr.audit_entry SET action = 'db migrate' WHERE sequence = 2`,
    names: { sequence: 2, problem: /column action of entry 2/ },
  },
  {
    deed: 'an entry is removed',
    sql: 'DELETE FROM gdpr.audit_entry WHERE sequence = 2',
    names: { sequence: 2, problem: /entry 2 is missing/ },
  },
  {
    deed: 'the tail is cut',
    sql: 'DELETE FROM gdpr.audit_entry WHERE sequence > 2',
    names: { sequence: 3, problem: /missing|checkpoint/ },
  },
  {
    deed: 'the tail is cut with its checkpoints',
    sql: 'DELETE FROM gdpr.audit_entry WHERE sequence > 2; DELETE FROM gdpr.audit_checkpoint WHERE size > 2',
    names: { sequence: null, problem: /journal|checkpoint|missing/ },
  },
];

describe('gdpr audit verify', { timeout: 240_000 }, () => {
  let workspace: TestWorkspace;
  let template: string;
  beforeAll(async () => {
    workspace = await bookshopWorkspace();
    template = new URL(workspace.url ?? '').pathname.slice(1);
    for (let i = 0; i < 2; i += 1) {
      await gdpr(['customer', 'find', '--email', TYPED.email], {
        cwd: workspace.root,
        environment: workspace.environment,
      });
    }
  });
  afterAll(() => workspace.remove());

  it('passes a log that is whole, which nobody may change', async () => {
    const { code } = await gdpr(['audit', 'verify'], { cwd: workspace.root, environment: workspace.environment });
    expect(code).toBe(0);
    const client = new pg.Client({ connectionString: workspace.url });
    await client.connect();
    for (const { sql } of DEEDS) await expect(client.query(sql)).rejects.toMatchObject({ code: '42501' });
    await client.end();
  });

  it.each(DEEDS)('finds that $deed', async ({ sql, names }) => {
    const database = await testDatabase({ template });
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query(
      `ALTER TABLE gdpr.audit_entry DISABLE TRIGGER ALL; ALTER TABLE gdpr.audit_checkpoint DISABLE TRIGGER ALL; ${sql}`,
    );
    await client.end();
    const environment = { ...workspace.environment, DATABASE_URL: database.url };
    const json = await gdpr(['audit', 'verify', '--json'], { cwd: workspace.root, environment });
    expect(json).toMatchObject({ code: 5, stderr: '' });
    const result = JSON.parse(json.stdout) as Verified;
    expect(faults('audit-verify', result)).toEqual([]);
    expect(result.valid).toBe(false);
    expect(result.problems).toContainEqual({
      sequence: names.sequence === null ? null : names.sequence,
      problem: expect.stringMatching(names.problem),
    });
    const text = await gdpr(['audit', 'verify'], { cwd: workspace.root, environment });
    expect(text).toMatchObject({ code: 5, stderr: '' });
    expect(text.stdout).toMatch(/✗/);
    expect(text.stdout).toContain('The log is NOT whole.');
    await database.drop();
  });

  it('lets no operation go on over a log that was cut', async () => {
    const database = await testDatabase({ template });
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query(
      'ALTER TABLE gdpr.audit_entry DISABLE TRIGGER ALL; DELETE FROM gdpr.audit_entry WHERE sequence > 2',
    );
    await client.end();
    const ran = await gdpr(['customer', 'find', '--email', TYPED.email, '--json'], {
      cwd: workspace.root,
      environment: { ...workspace.environment, DATABASE_URL: database.url },
    });
    expect(jsonErrorOf(ran)).toMatchObject({ code: 'LOG_BEHIND_JOURNAL', exit: 5 });
    await database.drop();
  });
});
