import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gdpr, ROOT } from '../commands/program.js';
import { faults } from '../commands/schemas.js';
import { recordsSince, serverLogSize } from '../support/server-log.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

const PRELOAD = [pathToFileURL(join(import.meta.dirname, '..', 'customer', 'support', 'peak-memory.mjs')).href];
const BATCH = 5000;
const FEW = 2 * BATCH;
const MANY = 20 * BATCH;
/** Ninety thousand lines more, of which every one that is held as an object takes half a kilobyte at least. */
const GROWTH_MB = 40;

let workspace: TestWorkspace;

beforeAll(async () => {
  spawnSync('npm', ['run', '-s', 'build'], { cwd: ROOT });
  workspace = await bookshopWorkspace();
}, 240_000);
afterAll(() => workspace.remove());

async function imported(name: string, lines: number) {
  const rows = Array.from(
    { length: lines },
    (_, i) => `${name}${i}@pasts.example,email,${i % 10 === 0 ? 'withdrawn' : 'given'},2025-06-01T10:00:00Z,web-form`,
  );
  await writeFile(join(workspace.root, 'in.csv'), `email,channel,what,at,mechanism\n${rows.join('\n')}\n`);
  const { stdout, stderr } = await gdpr(['consent', 'import', 'in.csv', '--json'], {
    cwd: workspace.root,
    environment: workspace.environment,
    preload: PRELOAD,
  });
  expect(faults('consent-import', JSON.parse(stdout))).toEqual([]);
  return { result: JSON.parse(stdout), peak: Number(/peak memory (\d+) MB/.exec(stderr)?.[1]) };
}

describe('the import of a hundred thousand lines', { timeout: 600_000 }, () => {
  it.skipIf((process.env.TEST_DATABASE_URL ?? '') !== '')(
    'takes a few statements a batch, and no more memory than that of some thousands',
    async () => {
      const client = new pg.Client({ connectionString: workspace.url });
      await client.connect();
      try {
        const database = pg.escapeIdentifier(new URL(workspace.url ?? '').pathname.slice(1));
        await client.query(`ALTER DATABASE ${database} SET log_statement = 'all'`);
        const measured = async (name: string, lines: number) => {
          const since = await serverLogSize(client);
          const { result, peak } = await imported(name, lines);
          expect(result).toMatchObject({ lines, entered: lines, duplicates: 0, bad: [] });
          const records = await recordsSince(client, since);
          const statements = records.filter(({ text }) => /LOG: {2}(?:statement|execute [^:]*): /.test(text)).length;
          return { statements, peak };
        };
        const few = await measured('few', FEW);
        const many = await measured('many', MANY);
        const batches = (MANY - FEW) / BATCH;
        expect(few.statements).toBeGreaterThan(20);
        expect((many.statements - few.statements) / batches).toBeLessThan(20);
        expect(many.peak - few.peak).toBeLessThan(GROWTH_MB);
      } finally {
        await client.end();
      }
    },
  );
});
