import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';
import { TYPED } from './needles.js';
import { gdpr, type Ran } from './program.js';
import { jsonErrorOf, jsonOf } from './schemas.js';

interface Export {
  readonly operation: string;
  readonly archive: string;
  readonly sha256: string;
  readonly planDigest: string;
  readonly tables: readonly { readonly table: string; readonly rows: number }[];
  readonly withheld: readonly unknown[];
  readonly audit: { readonly sequence: number };
}

const VERIFIED = ['--verified', 'account login'];
const ANSI = String.fromCharCode(27);

/** The lines of all tables in a text: a head, a rule, rows. */
function tableLines(text: string): string[] {
  const lines = text.split('\n');
  return lines.flatMap((line, i) => {
    if (!line.startsWith('─')) return [];
    const end = lines.indexOf('', i);
    return lines.slice(i - 1, end < 0 ? undefined : end);
  });
}

function expectText(ran: Ran, code = 0): void {
  expect(ran.stderr).toBe('');
  expect(ran.code).toBe(code);
  expect(ran.stdout).not.toBe('');
  expect(ran.stdout).not.toContain(ANSI);
  expect(tableLines(ran.stdout).filter((line) => [...line].length > 80)).toEqual([]);
}

describe('on a server', { timeout: 240_000 }, () => {
  let workspace: TestWorkspace;
  let exported: Export;
  const run = (...args: string[]) => gdpr(args, { cwd: workspace.root, environment: workspace.environment });

  beforeAll(async () => {
    workspace = await bookshopWorkspace();
    exported = jsonOf<Export>(
      await run('customer', 'export', '--email', TYPED.email, ...VERIFIED, '--json'),
      'customer-export',
    );
  });
  afterAll(() => workspace.remove());

  it('exports a customer and says where the archive is, what was read and which entry tells of it', async () => {
    expect(exported.archive).toBe(join(workspace.root, 'archives', `export-${exported.operation}.asice`));
    expect(exported.tables.find(({ table }) => table === 'shop.orders')?.rows).toBe(6);
    expect(exported.withheld.length).toBeGreaterThan(0);
    expect(exported.audit).toEqual({ sequence: 2 });
    const text = await run(
      'customer',
      'export',
      '--phone',
      TYPED.phone,
      '--name',
      TYPED.name,
      ...VERIFIED,
      '--plan-digest',
      exported.planDigest,
      '--language',
      'en',
    );
    expectText(text);
    expect(tableLines(text.stdout)).toContainEqual(expect.stringMatching(/^shop\.orders +6$/));
  });

  it('verifies, extracts and lists the archive', async () => {
    expectText(await run('archive', 'verify', exported.archive));
    const verified = jsonOf<{ valid: boolean; checks: { ok: boolean }[]; signer: { pinned: boolean } }>(
      await run('archive', 'verify', exported.archive, '--json'),
      'archive-verify',
    );
    expect(verified.valid).toBe(true);
    expect(verified.checks.every(({ ok }) => ok)).toBe(true);
    expect(verified.signer.pinned).toBe(true);
    expectText(await run('archive', 'extract', exported.archive, '--to', 'look-1'));
    jsonOf(await run('archive', 'extract', exported.archive, '--to', 'look-2', '--json'), 'archive-extract');
    const list = await run('archive', 'list');
    expectText(list);
    expect(list.stdout).toContain(`export-${exported.operation}.asice`);
    const { archives } = jsonOf<{ archives: unknown[] }>(await run('archive', 'list', '--json'), 'archive-list');
    expect(archives[0]).toMatchObject({
      operation: exported.operation,
      archive: exported.archive,
      sha256: exported.sha256,
      state: 'present',
    });
  });

  it('finds people, one or several', async () => {
    const one = await run('customer', 'find', '--email', TYPED.email);
    expectText(one);
    expect(one.stdout).toContain('1 person matches');
    const several = await run('customer', 'find', '--name', TYPED.name, '--json');
    expect(several.code).toBe(4);
    expect(jsonOf<{ matches: unknown[] }>(several, 'customer-find').matches.length).toBeGreaterThan(1);
    const nobody = await run('customer', 'find', '--email', 'nobody.at.all@pasts.example', '--json');
    expect(nobody.code).toBe(4);
    expect(jsonOf<{ matches: unknown[] }>(nobody, 'customer-find').matches).toEqual([]);
  });

  it('prints a plan and does only that one', async () => {
    const { digest } = jsonOf<{ digest: string }>(
      await run('customer', 'export', '--email', TYPED.email, '--plan', '--json'),
      'customer-export',
    );
    expect(digest).toBe(exported.planDigest);
    expectText(await run('customer', 'export', '--order', TYPED.order, '--plan'));
    const other = await run(
      'customer',
      'export',
      '--email',
      TYPED.email,
      ...VERIFIED,
      '--plan-digest',
      `sha256:${'0'.repeat(64)}`,
      '--json',
    );
    expect(jsonErrorOf(other)).toMatchObject({ code: 'PLAN_CHANGED', exit: 3 });
  });

  it('lists, verifies and checkpoints the audit log', async () => {
    expectText(await run('audit', 'list'));
    const { entries } = jsonOf<{ entries: { operation: string }[] }>(
      await run('audit', 'list', '--operation', exported.operation, '--json'),
      'audit-list',
    );
    expect(entries).toMatchObject([
      { kind: 'intent' },
      { kind: 'outcome', result: 'done', archiveDigest: `sha256:${exported.sha256}` },
    ]);
    expectText(await run('audit', 'verify'));
    expect(jsonOf<{ valid: boolean }>(await run('audit', 'verify', '--json'), 'audit-verify').valid).toBe(true);
    expectText(await run('audit', 'checkpoint'));
    jsonOf(await run('audit', 'checkpoint', '--json'), 'audit-checkpoint');
  });

  it('checks the map, prints its schema, finds nothing to migrate and nothing to recover', async () => {
    expectText(await run('datamap', 'check'));
    expect(jsonOf<{ drift: unknown[] }>(await run('datamap', 'check', '--json'), 'datamap-check').drift).toEqual([]);
    const schema = await run('datamap', 'schema');
    expectText(schema);
    expect(jsonOf(await run('datamap', 'schema', '--json'), 'datamap-schema')).toEqual(JSON.parse(schema.stdout));
    expectText(await run('db', 'migrate'));
    expect(jsonOf<{ migrations: unknown[] }>(await run('db', 'migrate', '--json'), 'db-migrate').migrations).toEqual(
      [],
    );
    expectText(await run('recover'));
    expect(jsonOf<{ recovered: unknown[] }>(await run('recover', '--json'), 'recover').recovered).toEqual([]);
  });
});

describe('on the embedded database', { timeout: 240_000 }, () => {
  it('exports a customer, verifies the archive and the log', async () => {
    const workspace = await bookshopWorkspace({ server: 'embedded' });
    try {
      const run = (...args: string[]) => gdpr(args, { cwd: workspace.root, environment: workspace.environment });
      const exported = jsonOf<Export>(
        await run('customer', 'export', '--email', TYPED.email, ...VERIFIED, '--json'),
        'customer-export',
      );
      expect(exported.tables.find(({ table }) => table === 'shop.orders')?.rows).toBe(6);
      expectText(await run('archive', 'verify', exported.archive));
      expect(
        jsonOf<{ valid: boolean; size: number }>(await run('audit', 'verify', '--json'), 'audit-verify'),
      ).toMatchObject({ valid: true, size: 2 });
    } finally {
      await workspace.remove();
    }
  });
});
