import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeDemo } from '../examples/bookshop/demo.js';
import { startServer } from '../test/support/server.js';
import { exportScript, findScript } from './rivals.js';

/**
 * Runs each job beside what one would do instead, alternating, as whole processes on the same data, and prints
 * medians and ratios (job ÷ rival). Needs psql, zip and openssl for the rivals.
 *
 * Arguments: --customers N (default 1000), --runs N (default 5), --json.
 */
const argument = (name: string, fallback: number) =>
  Number(process.argv[process.argv.indexOf(`--${name}`) + 1] ?? Number.NaN) || fallback;
const customers = argument('customers', 1000);
const runs = argument('runs', 5);

interface Job {
  readonly name: string;
  readonly rival: string;
  readonly run: readonly string[];
  readonly against: readonly string[];
}

interface Row {
  readonly job: string;
  readonly rival: string;
  readonly seconds: number;
  readonly rivalSeconds: number;
  readonly ratio: number;
  /** Smallest and largest ratio of a pair of neighbouring runs. */
  readonly spread: readonly [number, number];
}

function seconds(command: readonly string[], environment: NodeJS.ProcessEnv, folder: string): number {
  const [program = '', ...rest] = command;
  const start = process.hrtime.bigint();
  const { status, stderr } = spawnSync(program, rest, { env: environment, cwd: folder, encoding: 'utf8' });
  const taken = Number(process.hrtime.bigint() - start) / 1e9;
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}: ${stderr}`);
  return taken;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const server = await startServer();
const root = await mkdtemp(join(tmpdir(), 'gdpr-bench-'));
try {
  const environment = { ...process.env, DATABASE_URL: server.url, GDPR_OPERATOR: 'bench' };
  await makeDemo(
    {
      folder: root,
      workspace: root,
      environment,
      passphrase: async () => undefined,
      signal: new AbortController().signal,
    },
    root,
    { customers, seed: 1 },
    () => {},
  );
  const gdpr = (...words: string[]) => [process.execPath, join(import.meta.dirname, '../bin/run.js'), ...words];
  const key = join(root, 'rival.pem');
  spawnSync('openssl', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', key]);
  await writeFile(join(root, 'export.sh'), exportScript(server.url, key));
  await writeFile(join(root, 'find.sh'), findScript(server.url));
  const jobs: Job[] = [
    { name: 'gdpr --version', rival: 'node -e 0', run: gdpr('--version'), against: [process.execPath, '-e', '0'] },
    {
      name: 'customer find --email',
      rival: 'one psql query',
      run: gdpr('customer', 'find', '--email', 'anna.berzina@pasts.example'),
      against: ['sh', join(root, 'find.sh')],
    },
    {
      name: 'customer export, one person',
      rival: 'psql \\copy per table, zip, openssl',
      run: gdpr('customer', 'export', '--email', 'anna.berzina@pasts.example', '--verified', 'bench'),
      against: ['sh', join(root, 'export.sh')],
    },
  ];
  const rows: Row[] = [];
  for (const job of jobs) {
    const mine: number[] = [];
    const theirs: number[] = [];
    for (let i = 0; i <= runs; i += 1) {
      const a = seconds(job.run, environment, root);
      const b = seconds(job.against, environment, root);
      // The first pair warms caches and is not counted.
      if (i === 0) continue;
      mine.push(a);
      theirs.push(b);
    }
    const ratios = mine.map((value, i) => value / (theirs[i] ?? Number.NaN));
    rows.push({
      job: job.name,
      rival: job.rival,
      seconds: median(mine),
      rivalSeconds: median(theirs),
      ratio: median(ratios),
      spread: [Math.min(...ratios), Math.max(...ratios)],
    });
  }
  const machine = {
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    node: process.version,
    customers,
    runs,
    version: JSON.parse(await readFile(join(import.meta.dirname, '../package.json'), 'utf8')).version as string,
  };
  if (process.argv.includes('--json')) console.log(JSON.stringify({ machine, rows }, undefined, 2));
  else {
    console.log(
      `${machine.cores} × ${machine.cpu}, Node ${machine.node}, ${customers} customers, median of ${runs} runs, whole processes`,
    );
    console.table(
      rows.map((row) => ({
        job: row.job,
        rival: row.rival,
        s: row.seconds.toFixed(2),
        'rival s': row.rivalSeconds.toFixed(2),
        ratio: row.ratio.toFixed(2),
        'ratios from–to': row.spread.map((value) => value.toFixed(2)).join('–'),
      })),
    );
  }
} finally {
  await rm(root, { recursive: true, force: true });
  await server.stop();
}
