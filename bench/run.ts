import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { startServer } from '../test/support/server.js';
import { outsideTool } from '../test/support/tools.js';
import type { Bench, Job, Pair } from './job.js';
import { jobs } from './jobs/index.js';
import { type Comparison, compare, type Taken } from './measure.js';
import { earlier, type Machine, machineOf, type Row, table, together } from './report.js';
import { Shops } from './shops.js';

/**
 * Runs each job beside its rival on the same data, in turns, and prints medians, ratios and peak memory.
 *
 *   --jobs WORD     only jobs with this word in their names (may be given several times)
 *   --sizes N,…     only these sizes
 *   --runs N        pairs of each job (default 5; 3 of the largest size)
 *   --quick         the smallest shop, one pair of each job that is short: little more than a minute
 *   --json FILE     the figures as JSON, beside those of other jobs and sizes that FILE holds; bench/charts.ts draws them
 *   --server URL    a server of your own instead of a new one; shops are kept there as gdpr_bench_<customers>
 *   --folder DIR    where the workspaces of these stand
 */
const { values } = parseArgs({
  options: {
    jobs: { type: 'string', multiple: true },
    sizes: { type: 'string' },
    runs: { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    server: { type: 'string' },
    folder: { type: 'string' },
  },
});
if ((values.server === undefined) !== (values.folder === undefined)) throw new Error('--server needs --folder');
const sizes = values.sizes?.split(',').map(Number);
const LARGE = 1_000_000;

/** As a shop's server runs, with room for its tables. */
const SETTINGS = { shared_buffers: '1GB', max_wal_size: '8GB', max_connections: '50' };

const say = (text: string) => process.stderr.write(`${text}\n`);

function chosen(job: Job): readonly number[] {
  if (values.jobs !== undefined && !values.jobs.some((word) => job.name.includes(word))) return [];
  if (values.quick) return job.quick === undefined ? [] : [job.quick];
  return sizes === undefined ? job.sizes : job.sizes.filter((size) => sizes.includes(size));
}

function runsOf(job: Job, size: number): number {
  if (values.runs !== undefined) return Number(values.runs);
  if (values.quick) return 1;
  return job.unit === undefined ? 15 : size >= LARGE ? 3 : 5;
}

async function pairOf(bench: Bench, job: Job, size: number): Promise<Pair & { end(): Promise<void> }> {
  const folder = await mkdtemp(join(bench.folder, 'job-'));
  const pair = await job.pair({ ...bench, folder }, size);
  return {
    ...pair,
    end: async () => {
      await pair.done?.();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** One after the other, each first in half of the pairs. */
async function runPair(pair: Pair, index: number): Promise<readonly [Taken, Taken]> {
  const times = pair.theirsTimes ?? 1;
  const theirs = async () => {
    const { seconds, databaseSeconds, ...taken } = await pair.theirs();
    const database = databaseSeconds === undefined ? {} : { databaseSeconds: databaseSeconds * times };
    return { ...taken, ...database, seconds: seconds * times };
  };
  if (index % 2 === 0) {
    const ours = await pair.ours();
    return [ours, await theirs()];
  }
  const first = await theirs();
  return [await pair.ours(), first];
}

async function measure(bench: Bench, job: Job, size: number): Promise<Comparison> {
  const runs = runsOf(job, size);
  const taken: (readonly [Taken, Taken])[] = [];
  let pair = await pairOf(bench, job, size);
  try {
    // What can be repeated is warmed by a pair that does not count.
    if (!job.once && !values.quick && pair.warm !== true) await runPair(pair, 0);
    for (let i = 0; i < runs; i += 1) {
      if (job.once && i > 0) {
        await pair.end();
        pair = await pairOf(bench, job, size);
      }
      taken.push(await runPair(pair, i));
    }
  } finally {
    await pair.end();
  }
  return compare(taken, job.measure);
}

const older = outsideTool('postgresql-15');
const programs = older.available ? dirname(older.path) : undefined;
const server = values.server === undefined ? await startServer(programs, SETTINGS) : undefined;
const folder = values.folder ?? (await mkdtemp(join(tmpdir(), 'gdpr-bench-')));
try {
  await mkdir(folder, { recursive: true });
  const url = values.server ?? server?.url ?? '';
  const bench: Bench = {
    shops: new Shops(url, folder, say),
    folder,
    server: url,
    programs: { pgDump: outsideTool('pg_dump').path, pgbench: outsideTool('pgbench').path },
    say,
  };
  const machine: Machine = await machineOf(url);
  let rows: readonly Row[] = values.json === undefined ? [] : await earlier(values.json);
  for (const job of jobs) {
    for (const size of chosen(job)) {
      say(`${job.name}${job.unit === undefined ? '' : `, ${size.toLocaleString('en')} ${job.unit}`}`);
      const { name, rival, measure: measured, unit } = job;
      const goal = size >= (job.goalFrom ?? 0) ? job.goal : undefined;
      const comparison = await measure(bench, job, size);
      rows = together(rows, { job: name, rival, goal, measured, unit, size, ...comparison }, jobs);
      say(`  ${comparison.ratio.toFixed(2)} of the rival's time`);
      // What was measured is not lost when a later job fails.
      if (values.json !== undefined)
        await writeFile(values.json, `${JSON.stringify({ machine, rows }, undefined, 2)}\n`);
    }
  }
  console.log(table(machine, rows));
} finally {
  if (values.folder === undefined) await rm(folder, { recursive: true, force: true });
  await server?.stop();
}
