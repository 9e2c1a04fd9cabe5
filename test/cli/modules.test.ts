import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gdpr, ROOT } from '../commands/program.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

const PRELOAD = join(ROOT, 'test', 'cli', 'record-modules.mjs');
const DATABASE = /\/node_modules\/(knex|pg|pg-[a-z-]+|@electric-sql)\//;

let folder: string;
let workspace: TestWorkspace;
beforeAll(async () => {
  [folder, workspace] = await Promise.all([mkdtemp(join(tmpdir(), 'gdpr-modules-')), bookshopWorkspace()]);
});
afterAll(async () => {
  await workspace.remove();
  await rm(folder, { recursive: true, force: true });
});

/** The files that a command loads, as CommonJS or ES modules. */
async function modulesOf(args: readonly string[]): Promise<{ code: number | null; modules: string[] }> {
  const list = join(folder, 'modules.txt');
  await rm(list, { force: true });
  const { code } = await gdpr(args, {
    cwd: workspace.root,
    environment: { ...workspace.environment, GDPR_TEST_MODULES: list },
    preload: [PRELOAD],
  });
  return { code, modules: (await readFile(list, 'utf8')).split('\n') };
}

describe('the modules that a command loads', { timeout: 240_000 }, () => {
  it('are recorded: a command with a database does load its libraries', async () => {
    const { code, modules } = await modulesOf(['datamap', 'check']);
    expect(code).toBe(0);
    expect(modules.some((file) => file.includes('/node_modules/knex/'))).toBe(true);
    expect(modules.some((file) => file.includes('/node_modules/pg/'))).toBe(true);
  });

  it.each([
    { args: ['--version'], code: 0 },
    { args: ['--help'], code: 0 },
    { args: ['customer', 'export', '--help'], code: 0 },
    { args: ['datamap', 'schema'], code: 0 },
    { args: ['archive', 'verify', 'no-archive.asice'], code: 7 },
    { args: ['archive', 'verify', 'gdpr.yaml'], code: 5 },
  ])('by $args hold no database library, and no command but the one that is called', async ({ args, code }) => {
    const { code: ended, modules } = await modulesOf(args);
    expect(ended).toBe(code);
    expect(modules.filter((file) => DATABASE.test(file))).toEqual([]);
    // The whole of oclif brings semver and the rest along: a tenth of what `--version` takes.
    expect(modules.filter((file) => file.endsWith('/@oclif/core/lib/index.js'))).toEqual([]);
    // With the manifest the other commands are not even looked at.
    const commands = modules.filter((file) => file.includes('/dist/commands/'));
    const own =
      args.includes('--help') || args.includes('--version') ? [] : [`/dist/commands/${args[0]}/${args[1]}.js`];
    expect(commands.map((file) => file.slice(file.indexOf('/dist/commands/')))).toEqual(own);
  });
});
