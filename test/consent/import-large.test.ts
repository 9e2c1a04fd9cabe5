import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gdpr, ROOT } from '../commands/program.js';
import { faults } from '../commands/schemas.js';
import { recordsSince, serverLogSize } from '../support/server-log.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

const BATCH = 5000;
const FEW = 2 * BATCH;
const MANY = 20 * BATCH;
/** MB of heap: the program with a few batches has room in it; a hundred thousand lines as objects would not. */
const HEAP = 64;

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
  const { code, stdout, stderr } = await gdpr(['consent', 'import', 'in.csv', '--json'], {
    cwd: workspace.root,
    environment: { ...workspace.environment, NODE_OPTIONS: `--max-old-space-size=${HEAP}` },
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(faults('consent-import', JSON.parse(stdout))).toEqual([]);
  return JSON.parse(stdout);
}

describe('the import of a hundred thousand lines', { timeout: 600_000 }, () => {
  it.skipIf((process.env.TEST_DATABASE_URL ?? '') !== '')(
    'takes a few statements a batch, and no memory for lines that are done',
    async () => {
      const client = new pg.Client({ connectionString: workspace.url });
      await client.connect();
      try {
        const database = pg.escapeIdentifier(new URL(workspace.url ?? '').pathname.slice(1));
        await client.query(`ALTER DATABASE ${database} SET log_statement = 'all'`);
        const measured = async (name: string, lines: number) => {
          const since = await serverLogSize(client);
          expect(await imported(name, lines)).toMatchObject({ lines, entered: lines, duplicates: 0, bad: [] });
          const records = await recordsSince(client, since);
          return records.filter(({ text }) => /LOG: {2}(?:statement|execute [^:]*): /.test(text)).length;
        };
        const few = await measured('few', FEW);
        const many = await measured('many', MANY);
        const batches = (MANY - FEW) / BATCH;
        expect(few).toBeGreaterThan(20);
        expect((many - few) / batches).toBeLessThan(20);
      } finally {
        await client.end();
      }
    },
  );
});
