import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leaksIn, TYPED } from '../commands/needles.js';
import { gdpr } from '../commands/program.js';
import { type LogRecord, recordsSince, serverLogSize } from '../support/server-log.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

const VERIFIED = ['--verified', 'account login'];

/** Ways to name Anna, in operations that end well, refused and failed. */
const CALLS: readonly (readonly string[])[] = [
  ['customer', 'find', '--name', TYPED.name, '--phone', TYPED.phone],
  ['customer', 'find', '--personas-kods', TYPED.kods, '--json'],
  ['customer', 'export', '--email', TYPED.email, '--plan', '--json'],
  ['customer', 'export', '--name', TYPED.name, ...VERIFIED],
  ['customer', 'export', '--name', TYPED.name, ...VERIFIED, '--json'],
  ['customer', 'export', '--email', TYPED.email, '--name', 'Somebody Else', ...VERIFIED],
  ['customer', 'export', '--order', TYPED.order, ...VERIFIED, '--plan-digest', `sha256:${'0'.repeat(64)}`],
  ['customer', 'export', '--email', TYPED.email, ...VERIFIED],
  ['customer', 'export', '--id', 'shop.customers:1', ...VERIFIED, '--json'],
  ['customer', 'residue', '--email', TYPED.email, '--name', TYPED.name, '--phone', TYPED.phone],
  ['customer', 'residue', '--personas-kods', TYPED.kods, '--order', TYPED.order, '--id', 'shop.customers:1', '--json'],
  ['archive', 'list'],
  ['audit', 'list', '--json'],
  ['audit', 'verify'],
  ['recover'],
];

describe('the values of a person', { timeout: 240_000 }, () => {
  let workspace: TestWorkspace;
  let client: pg.Client;
  const outputs: { call: readonly string[]; stdout: string; stderr: string }[] = [];
  let statements: LogRecord[] = [];
  let logged = '';

  // A server that was given keeps its log where it likes.
  const ownServer = (process.env.TEST_DATABASE_URL ?? '') === '';

  beforeAll(async () => {
    workspace = await bookshopWorkspace();
    client = new pg.Client({ connectionString: workspace.url });
    await client.connect();
    const database = pg.escapeIdentifier(new URL(workspace.url ?? '').pathname.slice(1));
    let from = 0;
    if (ownServer) {
      await client.query(`ALTER DATABASE ${database} SET log_statement = 'all'`);
      from = await serverLogSize(client);
    }
    for (const call of CALLS)
      outputs.push({ call, ...(await gdpr(call, { cwd: workspace.root, environment: workspace.environment })) });
    if (ownServer) {
      statements = await recordsSince(client, from);
      logged = statements.map(({ text }) => text).join('\n');
    }
  });
  afterAll(async () => {
    await client.end();
    await workspace.remove();
  });

  it('are in no output, whatever the end of the operation', () => {
    for (const { call, stdout, stderr } of outputs)
      expect({ call, leaks: leaksIn(stdout + stderr) }).toEqual({ call, leaks: [] });
  });

  it("are in none of the tool's own tables", async () => {
    const tables = await client.query<{ name: string }>(
      "SELECT c.oid::regclass::text AS name FROM pg_class c WHERE c.relnamespace = 'gdpr'::regnamespace AND c.relkind = 'r'",
    );
    expect(tables.rows.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['gdpr.audit_entry', 'gdpr.operation', 'gdpr.plan', 'gdpr.subject', 'gdpr.subject_alias']),
    );
    for (const { name } of tables.rows) {
      const { rows } = await client.query<{ text: string | null }>(
        `SELECT string_agg(t::text, E'\\n') AS text FROM ${name} t`,
      );
      expect({ name, leaks: leaksIn(rows[0]?.text ?? '') }).toEqual({ name, leaks: [] });
    }
    expect(
      Number((await client.query<{ n: string }>('SELECT count(*) AS n FROM gdpr.operation')).rows[0]?.n),
    ).toBeGreaterThan(5);
  });

  it('are in no file of the workspace outside the archives, and in no file name', async () => {
    const names = (await readdir(workspace.root, { recursive: true, withFileTypes: true })).filter((entry) =>
      entry.isFile(),
    );
    expect(leaksIn(names.map((entry) => join(entry.parentPath, entry.name)).join('\n'))).toEqual([]);
    const texts = names.filter(({ name }) => !name.endsWith('.asice') && name !== 'datamap.yaml');
    expect(texts.map(({ name }) => name)).toEqual(expect.arrayContaining(['journal.jsonl', 'installation.json']));
    for (const { parentPath, name } of texts)
      expect({ name, leaks: leaksIn(await readFile(join(parentPath, name), 'latin1')) }).toEqual({ name, leaks: [] });
  });

  it.skipIf(!ownServer)('reach the server as bound parameters, never in the text of a statement', () => {
    const text = statements.filter(({ text: record }) => !/\] DETAIL: /.test(record)).map((record) => record.text);
    expect(text.length).toBeGreaterThan(500);
    expect(leaksIn(text.join('\n'))).toEqual([]);
    // That log did see them: the server writes parameters in a line of their own.
    expect(leaksIn(logged)).toContain(TYPED.email.toLowerCase());
  });
});
