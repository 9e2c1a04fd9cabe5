import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Shop } from './shops.js';

/** What one run took. */
export interface Taken {
  /** What is compared: the process from start to end, or what the job says. */
  readonly seconds: number;
  /** Largest resident memory of the process. */
  readonly peakBytes?: number;
  /** Time in which the server worked on the shop's statements, or waited for who reads their rows. */
  readonly databaseSeconds?: number;
}

export type Run = () => Promise<Taken>;

export interface Command {
  readonly words: readonly string[];
  readonly folder: string;
  readonly environment?: NodeJS.ProcessEnv;
  /** Exit codes that are an answer; others end the bench. By default 0. */
  readonly answers?: readonly number[];
}

const LOOK_EVERY_MS = 20;

/**
 * Runs a command to its end, with the time that the server spent on the shop's database.
 * @throws Error when it ends with another exit code than its answers
 */
export function running(command: Command, shop?: Shop): Run {
  return async () => {
    const before = await shop?.activeSeconds();
    const taken = await runProcess(command);
    if (shop === undefined || before === undefined) return taken;
    return { ...taken, databaseSeconds: (await shop.activeSeconds()) - before };
  };
}

async function runProcess({ words, folder, environment, answers = [0] }: Command): Promise<Taken> {
  const [program = '', ...rest] = words;
  const start = process.hrtime.bigint();
  const child = spawn(program, rest, {
    env: environment ?? process.env,
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4000);
  });
  let peakBytes = 0;
  const look = setInterval(() => {
    peakBytes = Math.max(peakBytes, highWater(child.pid));
  }, LOOK_EVERY_MS);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    if (code === null || !answers.includes(code)) throw new Error(`${words.join(' ')} ended with ${code}: ${errors}`);
    return { seconds, peakBytes };
  } finally {
    clearInterval(look);
  }
}

/** Largest resident memory of a process so far, as Linux tells it; 0 elsewhere and after its end. */
function highWater(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

export interface Figures {
  readonly seconds: number;
  readonly peakBytes?: number;
  readonly databaseSeconds?: number;
}

export interface Comparison {
  readonly ours: Figures;
  readonly theirs: Figures;
  /** Ours ÷ theirs, the median of the pairs. */
  readonly ratio: number;
  /** Smallest and largest ratio of a pair. */
  readonly spread: readonly [number, number];
  readonly runs: number;
}

export type Measure = 'wall' | 'database';

/** Medians of the pairs, and the ratios of what is compared. */
export function compare(pairs: readonly (readonly [Taken, Taken])[], measure: Measure): Comparison {
  const compared = ({ seconds, databaseSeconds }: Taken) =>
    measure === 'wall' ? seconds : (databaseSeconds ?? Number.NaN);
  const ratios = pairs.map(([ours, theirs]) => compared(ours) / compared(theirs));
  return {
    ours: figures(pairs.map(([ours]) => ours)),
    theirs: figures(pairs.map(([, theirs]) => theirs)),
    ratio: median(ratios),
    spread: [Math.min(...ratios), Math.max(...ratios)],
    runs: pairs.length,
  };
}

function figures(runs: readonly Taken[]): Figures {
  const values = (of: (run: Taken) => number | undefined) => runs.map(of).filter((value) => value !== undefined);
  const peaks = values(({ peakBytes }) => peakBytes);
  const database = values(({ databaseSeconds }) => databaseSeconds);
  return {
    seconds: median(runs.map(({ seconds }) => seconds)),
    ...(peaks.length > 0 && { peakBytes: Math.max(...peaks) }),
    ...(database.length > 0 && { databaseSeconds: median(database) }),
  };
}

/** Of an even number of values the mean of the two in the middle. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
