import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { prepareRetention } from '../../examples/bookshop/retention.js';
import { gdpr, gdprWords } from '../gdpr.js';
import type { Bench, Job, Pair } from '../job.js';
import { type Command, running, type Taken } from '../measure.js';
import { rival } from '../rivals.js';
import { inContext, type Shop, type State } from '../shops.js';

const CUSTOMERS = 10_000;

/** Nothing is due but what a job puts there. */
const purged: State = {
  name: 'purged',
  make: async (shop) => {
    await inContext(shop, prepareRetention);
    await gdpr(['retention', 'run'], shop.folder, shop.environment);
    // From now on a run may take all of a table.
    const config = join(shop.folder, 'gdpr.yaml');
    const text = await readFile(config, 'utf8');
    await writeFile(config, text.replace(/^retention:\n(?: .*\n)*/m, 'retention:\n  maxShare: 100\n'));
    await shop.query('VACUUM ANALYZE');
  },
};

/** So many rows that are due, one in eleven of them a visit and the others requests for a new password. */
async function withRowsDue({ shops }: Bench, rows: number): Promise<Shop> {
  const shop = await shops.clone(CUSTOMERS, purged);
  const visits = Math.floor(rows / 11);
  await shop.query(
    `INSERT INTO shop.password_resets (customer_id, token_hash, requested_at)
     SELECT 1, md5(n::text), now() - interval '60 days' - n * interval '1 minute' FROM generate_series(1, ${rows - visits}) n`,
  );
  await shop.query(
    `INSERT INTO shop.sessions (token, customer_id, ip, started_at, last_seen_at)
     SELECT 'old-' || n, NULL, '192.0.2.1', now() - interval '3 years', now() - interval '3 years' FROM generate_series(1, ${visits}) n`,
  );
  await shop.query('VACUUM ANALYZE shop.password_resets, shop.sessions');
  await shop.query('CHECKPOINT');
  return shop;
}

function retentionRun({ folder, environment }: Shop): Command {
  return { words: gdprWords('retention', 'run'), folder, environment };
}

const purge: Job = {
  name: 'retention run',
  rival: 'batched DELETE by hand',
  goal: 1.11,
  goalFrom: 1_000_000,
  measure: 'wall',
  unit: 'rows',
  sizes: [10_000, 100_000, 1_000_000],
  once: true,
  pair: async (bench, size): Promise<Pair> => {
    const [mine, theirs] = [await withRowsDue(bench, size), await withRowsDue(bench, size)];
    const words = ['psql', '-qX', '-v', 'ON_ERROR_STOP=1', '-f', rival('retention.sql'), theirs.url];
    return {
      ours: running(retentionRun(mine), mine),
      theirs: running({ words, folder: bench.folder }, theirs),
      done: async () => {
        await mine.drop();
        await theirs.drop();
      },
    };
  },
};

const SECONDS = 20;

/** The 99th percentile of the latencies of the shop's own work: 4 clients, 100 transactions a second. */
async function shopAtWork({ programs, folder }: Bench, shop: Shop): Promise<Taken> {
  const logs = await mkdtemp(join(folder, 'pgbench-'));
  const rate = ['-c', '4', '-j', '1', '-R', '100', '-T', String(SECONDS)];
  const words = [programs.pgbench, '-n', ...rate, '-l', '-f', rival('shop-work.sql'), shop.url];
  await running({ words, folder: logs })();
  const latencies: number[] = [];
  for (const file of await readdir(logs)) {
    const lines = (await readFile(join(logs, file), 'utf8')).split('\n').filter((line) => line !== '');
    for (const line of lines) latencies.push(Number(line.split(' ')[2]) / 1e6);
  }
  latencies.sort((a, b) => a - b);
  return { seconds: latencies[Math.ceil(latencies.length * 0.99) - 1] ?? Number.NaN };
}

const beside: Job = {
  name: 'the shop during a retention run: 99th percentile of its work',
  rival: 'the shop at rest',
  goal: 1.2,
  measure: 'wall',
  unit: 'rows',
  sizes: [1_000_000],
  once: true,
  pair: async (bench, size): Promise<Pair> => {
    const shop = await withRowsDue(bench, size);
    // Before the run, whichever is asked for first.
    const atRest = await shopAtWork(bench, shop);
    return {
      theirs: async () => atRest,
      ours: async () => {
        const [program = '', ...words] = retentionRun(shop).words;
        const purging = spawn(program, words, { cwd: shop.folder, env: shop.environment, stdio: 'ignore' });
        const ended = once(purging, 'exit');
        const taken = await shopAtWork(bench, shop);
        if (purging.exitCode !== null) throw new Error('the retention run ended before the measurement did');
        // What is left of the run is of no interest; it stops between two batches.
        purging.kill('SIGTERM');
        await ended;
        return taken;
      },
      done: shop.drop,
    };
  },
};

export const retentions: readonly Job[] = [purge, beside];
