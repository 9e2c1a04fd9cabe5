import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from '@swc/core';
import { afterEach, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const SHIPPED = ['bin', 'commands', 'src', 'examples'];
const CRUISER = join(ROOT, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');

interface Cruise {
  /** Paths of the modules that were read or imported. */
  modules: string[];
  violations: { from: string; to: string; rule: { name: string } }[];
}

/** What dependency-cruiser finds in a checkout; its exit code is the number of violations. */
async function cruise(root: string): Promise<Cruise> {
  const args = [CRUISER, '--config', '.dependency-cruiser.mjs', '--output-type', 'json', ...SHIPPED];
  const options = { cwd: root, maxBuffer: 1 << 28 };
  const stdout = await promisify(execFile)(process.execPath, args, options).then(
    (done) => done.stdout,
    (failed: { stdout?: string }) => failed.stdout ?? '',
  );
  const { modules, summary } = JSON.parse(stdout) as { modules: { source: string }[]; summary: Cruise };
  return { modules: modules.map(({ source }) => source), violations: summary.violations };
}

const copies: string[] = [];
afterEach(async () => {
  for (const copy of copies.splice(0)) await rm(copy, { recursive: true, force: true });
});

/** Copies what ships, with further files planted in it. */
async function copyWith(planted: Record<string, string>): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'gdpr-test-arrows-'));
  copies.push(copy);
  for (const name of [...SHIPPED, '.dependency-cruiser.mjs', 'package.json']) {
    await cp(join(ROOT, name), join(copy, name), { recursive: true });
  }
  await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  for (const [path, text] of Object.entries(planted)) {
    await mkdir(dirname(join(copy, path)), { recursive: true });
    await writeFile(join(copy, path), text);
  }
  return copy;
}

describe('the arrows between the rooms', { timeout: 120_000 }, () => {
  it('hold, and every source file was read', async () => {
    const { modules, violations } = await cruise(ROOT);
    expect(violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)).toEqual([]);
    const sources = (await readdir(join(ROOT, 'src'), { recursive: true }))
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `src/${name}`);
    expect(sources.length).toBeGreaterThan(20);
    expect(sources.filter((source) => !modules.includes(source))).toEqual([]);
  });

  it('are found broken where they are', async () => {
    const copy = await copyWith({
      'src/foundation/planted-yaml.ts': `import 'yaml';`,
      'src/archive/planted-database.ts': `import './planted-way.js';`,
      'src/archive/planted-way.ts': `import type { Session } from '../database/session.js';\nexport type S = Session;`,
      'src/datamap/planted-upwards.ts': `import '../customer/planted-downwards.js';`,
      'src/customer/planted-downwards.ts': `import '../foundation/errors.js';`,
      'src/customer/planted-knex.ts': `import knex from 'knex';\nexport default knex;`,
      'src/customer/planted-chalk.ts': `export const load = () => import('chalk');`,
      'src/customer/planted-cli.ts': `import '../cli/planted-screen.js';`,
      'src/cli/planted-screen.ts': `import 'chalk';`,
      'src/customer/planted-dev.ts': `import 'fast-check';`,
      'src/planted-nowhere/room.ts': `import '../foundation/errors.js';`,
      'src/request/planted-a.ts': `import './planted-b.js';`,
      'src/request/planted-b.ts': `import './planted-a.js';`,
      'src/request/planted-orphan.ts': 'export const nobody = 1;',
      'src/request/planted-missing.ts': `import './there-is-no-such-file.js';`,
      'src/documents/planted-identity.ts': `import '../identity/planted-name.js';`,
      'src/identity/planted-name.ts': `import '../foundation/errors.js';`,
      'src/keys/planted-archive.ts': `import '../archive/planted-way.js';`,
      'src/audit/planted-append.ts': `import '../database/planted-pool.js';`,
      'src/database/planted-pool.ts': `import 'knex';`,
    });
    const { violations } = await cruise(copy);
    const found = violations
      .filter(({ from }) => from.includes('planted'))
      .map(({ rule, from }) => `${rule.name}: ${from}`)
      .sort();
    expect([...new Set(found)]).toEqual([
      'audit-knows-the-session-only: src/audit/planted-append.ts',
      'cli-is-for-commands: src/customer/planted-cli.ts',
      'customer-layer-imports-nothing-above: src/customer/planted-cli.ts',
      'database-libraries-only-in-database: src/customer/planted-knex.ts',
      'datamap-layer-imports-nothing-above: src/datamap/planted-upwards.ts',
      'documents-import-foundation-and-the-map: src/documents/planted-identity.ts',
      'every-source-file-is-in-a-room: src/planted-nowhere/room.ts',
      'everything-resolves: src/request/planted-missing.ts',
      'foundation-imports-node-only: src/foundation/planted-yaml.ts',
      'keys-import-certificates-and-notes-only: src/keys/planted-archive.ts',
      'no-cycle: src/request/planted-a.ts',
      'no-orphan: src/request/planted-orphan.ts',
      'shipped-code-imports-shipped-packages: src/customer/planted-dev.ts',
      'terminal-libraries-only-in-commands-and-cli: src/customer/planted-chalk.ts',
      'verification-runs-without-a-database: src/archive/planted-database.ts',
      'verification-runs-without-a-database: src/archive/planted-way.ts',
    ]);
  });
});

/** Imports of modules under `target` that load code, as `file → module`; `import type` loads none. */
async function codeImports(room: string, target: RegExp): Promise<string[]> {
  const folder = join(ROOT, 'src', room);
  const found: string[] = [];
  for (const name of (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.ts'))) {
    const { body } = await parse(await readFile(join(folder, name), 'utf8'), { syntax: 'typescript' });
    for (const node of body) {
      const source = 'source' in node ? node.source?.value : undefined;
      const typeOnly = 'typeOnly' in node && node.typeOnly;
      if (source !== undefined && target.test(source) && !typeOnly) found.push(`${name} → ${source}`);
    }
  }
  return found;
}

describe('imports of types only', () => {
  it('are all that the audit log takes from the database', async () => {
    expect(await codeImports('audit', /\/database\//)).toEqual([]);
  });

  it('are all that documents take from the data map', async () => {
    expect(await codeImports('documents', /\/datamap\//)).toEqual([]);
  });
});
