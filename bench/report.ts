import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { Comparison, Figures, Measure } from './measure.js';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly node: string;
  readonly postgresql: string;
  readonly psql: string;
  readonly version: string;
  readonly commit: string;
  /** ISO 8601, of the start. */
  readonly at: string;
}

export interface Row extends Comparison {
  readonly job: string;
  readonly rival: string;
  /** None for sizes that are measured for the curve alone. */
  readonly goal: number | undefined;
  readonly measured: Measure;
  readonly unit: string | undefined;
  readonly size: number;
}

export interface Report {
  readonly machine: Machine;
  readonly rows: readonly Row[];
}

/** The rows of a file that may be there. */
export async function earlier(file: string): Promise<readonly Row[]> {
  if (!existsSync(file)) return [];
  return (JSON.parse(await readFile(file, 'utf8')) as Report).rows;
}

/** The rows with a new one in the place of its forerunner, in the order of the jobs and of their sizes. */
export function together(rows: readonly Row[], row: Row, order: readonly { readonly name: string }[]): readonly Row[] {
  const place = ({ job }: Row) => order.findIndex(({ name }) => name === job);
  return [...rows.filter(({ job, size }) => job !== row.job || size !== row.size), row].sort(
    (a, b) => place(a) - place(b) || a.size - b.size,
  );
}

const root = join(import.meta.dirname, '..');

export async function machineOf(server: string): Promise<Machine> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
  await client.end();
  const said = (program: string, ...words: string[]) =>
    spawnSync(program, words, { cwd: root, encoding: 'utf8' }).stdout.trim();
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    node: process.version,
    postgresql: rows[0]?.server_version ?? '',
    psql: said('psql', '--version'),
    version,
    commit: said('git', 'rev-parse', '--short', 'HEAD'),
    at: new Date().toISOString(),
  };
}

const HEAD = ['job', 'size', 'rival', 'gdpr', 'rival', 'ratio', 'from–to', 'pairs', 'goal', '', 'peak MB'];

/** The machine and a Markdown table, a line a job and size. */
export function table(machine: Machine, rows: readonly Row[]): string {
  const lines = [HEAD, HEAD.map(() => '---'), ...rows.map(cells)].map(
    (line) => `| ${line.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`,
  );
  return [machineLine(machine), '', ...lines].join('\n');
}

function machineLine({ cpu, cores, memoryBytes, node, postgresql, version, commit, at }: Machine): string {
  const memory = `${Math.round(memoryBytes / 2 ** 30)} GB`;
  return `gdpr ${version} (${commit}), Node ${node}, PostgreSQL ${postgresql}, ${cores} × ${cpu}, ${memory}, ${at}`;
}

function cells({ job, rival, unit, size, measured, ours, theirs, ratio, spread, runs, goal }: Row): string[] {
  const compared = (figures: Figures) =>
    measured === 'wall' ? figures.seconds : (figures.databaseSeconds ?? Number.NaN);
  return [
    job,
    unit === undefined ? '' : `${size.toLocaleString('en')} ${unit}`,
    rival,
    duration(compared(ours)),
    duration(compared(theirs)),
    ratio.toFixed(2),
    spread.map((value) => value.toFixed(2)).join('–'),
    String(runs),
    goal === undefined ? '' : `≤ ${goal}`,
    goal === undefined ? '' : ratio <= goal ? 'met' : '**missed**',
    ours.peakBytes === undefined ? '' : String(Math.round(ours.peakBytes / 1e6)),
  ];
}

/** Three significant digits, in ms or s. */
function duration(seconds: number): string {
  return seconds < 1 ? `${Number((seconds * 1000).toPrecision(3))} ms` : `${Number(seconds.toPrecision(3))} s`;
}
