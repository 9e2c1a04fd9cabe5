import { readFile } from 'node:fs/promises';
import { now } from '../foundation/clock.js';
import { asFileError, writeDurably } from '../foundation/durable.js';
import { EXIT, GdprError, isMissing } from '../foundation/errors.js';
import type { RunRecord } from './record.js';

/** What Prometheus learns of a run. */
export interface RunMetrics {
  readonly endedAt: Date;
  readonly exit: number;
  /** Undefined when it refused or failed before it had figures: those of the last run that had any stay. */
  readonly record?: Pick<RunRecord, 'startedAt' | 'stopped' | 'locked' | 'figures'> | undefined;
}

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const PREFIX = 'gdpr_retention_';
/** In the order of the file; `run` families are told by every run, the others only by one that had figures. */
const FAMILIES = {
  last_run_timestamp_seconds: { help: 'When the last run ended.', run: true },
  last_run_exit_code: { help: 'Exit code of the last run; 0 is success.', run: true },
  last_success_timestamp_seconds: { help: 'When the last run with exit code 0 ended.', run: true },
  run_complete: { help: '1 if the run took all that was free to go, 0 if anything of it is left.', run: false },
  run_duration_seconds: { help: 'How long the run took.', run: false },
  rows: { help: 'Rows that the run took, by rule and by what became of them.', run: false },
  due_rows: { help: 'Rows that were free to go and are still there.', run: false },
  held_rows: { help: 'Rows that are due and on hold.', run: false },
  excepted_rows: { help: 'Rows that are due and wait for another reason.', run: false },
  locked_rows: { help: 'Rows that the shop was using each time the run came by.', run: false },
  oldest_due_timestamp_seconds: {
    help: 'Beginning of the month in which the oldest row that is still there fell due; no sample if there is none.',
    run: false,
  },
} as const satisfies Record<string, { help: string; run: boolean }>;
type Family = keyof typeof FAMILIES;

/**
 * The textfile of the node exporter (Prometheus text exposition format 0.0.4).
 * @param previous the file as it was, from which stands what this run cannot tell
 */
export function metricsText({ endedAt, exit, record }: RunMetrics, previous = ''): string {
  const told = samplesOf(endedAt, exit, record);
  const lines = Object.entries(FAMILIES).flatMap(([family, { help }]) => {
    const name = PREFIX + family;
    const samples = told[family as Family]?.map(({ labels, value }) => `${name}${labelText(labels)} ${value}`);
    const kept = samples ?? previous.split('\n').filter((line) => SAMPLE.exec(line)?.[1] === name);
    return kept.length === 0 ? [] : [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...kept];
  });
  return `${lines.join('\n')}\n`;
}

const SAMPLE = /^([a-z_]+)(?:\{(?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)+\})? -?\d+(?:\.\d+)?$/;

function samplesOf(
  endedAt: Date,
  exit: number,
  record: RunMetrics['record'],
): Partial<Record<Family, readonly Sample[]>> {
  const one = (value: number): Sample[] => [{ labels: {}, value }];
  const ended = Math.floor(endedAt.getTime() / 1000);
  const ofRun = {
    last_run_timestamp_seconds: one(ended),
    last_run_exit_code: one(exit),
    ...(exit === EXIT.done && { last_success_timestamp_seconds: one(ended) }),
  };
  if (record === undefined) return ofRun;
  const rules = [...new Set(record.figures.map(({ rule }) => rule))];
  const of = (rule: string) => record.figures.filter((figure) => figure.rule === rule);
  const sum = (rule: string, count: (figure: RunRecord['figures'][number]) => number) =>
    of(rule).reduce((total, figure) => total + count(figure), 0);
  const byRule = (count: (figure: RunRecord['figures'][number]) => number) =>
    rules.map((rule) => ({ labels: { rule }, value: sum(rule, count) }));
  return {
    ...ofRun,
    run_complete: one(record.stopped === 'done' && record.locked === 0 ? 1 : 0),
    run_duration_seconds: one(Math.max(0, ended - Math.floor(Date.parse(record.startedAt) / 1000))),
    rows: rules.flatMap((rule) => [
      ...(['deleted', 'changed'] as const).map((action) => ({
        labels: { rule, action },
        value: sum(rule, (figure) => figure[action]),
      })),
    ]),
    due_rows: byRule(stillDue),
    held_rows: byRule(({ held }) => held),
    excepted_rows: byRule(({ excepted }) => excepted),
    locked_rows: one(record.locked),
    oldest_due_timestamp_seconds: rules.flatMap((rule) => {
      const months = of(rule).flatMap((figure) => (stillDue(figure) > 0 ? [figure.month] : []));
      const oldest = months.sort()[0];
      return oldest === undefined ? [] : [{ labels: { rule }, value: Date.parse(`${oldest}T00:00:00Z`) / 1000 }];
    }),
  };
}

function stillDue({ eligible, deleted, changed }: RunRecord['figures'][number]): number {
  return Math.max(0, eligible - deleted - changed);
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const entries = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`,
  );
  return entries.length === 0 ? '' : `{${entries.join(',')}}`;
}

/**
 * Runs the work and tells `file` what became of it, whole or not at all, readable by the node exporter's user: also
 * when the work throws, whose error is thrown on; but not where another run goes on.
 * @param work may tell, before it throws, what figures it had come to
 * @param recordOf reads the figures from what the work returned
 * @throws GdprError FILE_UNAVAILABLE when the work succeeded and the file cannot be written
 */
export async function withMetrics<T>(
  file: string | undefined,
  work: (onBroken: (record: RunMetrics['record']) => void) => Promise<T>,
  recordOf: (result: T) => RunMetrics['record'],
): Promise<T> {
  if (file === undefined) return work(() => {});
  let result: T;
  let broken: RunMetrics['record'];
  try {
    result = await work((record) => {
      broken = record;
    });
  } catch (error) {
    // The other run tells what becomes of it.
    if (error instanceof GdprError && error.code === 'LOCKED') throw error;
    const exit = error instanceof GdprError ? error.exit : EXIT.bug;
    // What went wrong with the run is what the operator must read.
    await writeMetrics(file, { endedAt: now(), exit, record: broken }).catch(() => {});
    throw error;
  }
  await writeMetrics(file, { endedAt: now(), exit: EXIT.done, record: recordOf(result) });
  return result;
}

async function writeMetrics(file: string, metrics: RunMetrics): Promise<void> {
  const previous = await asFileError(file, () => readFile(file, 'utf8')).catch((error: unknown) => {
    if (error instanceof GdprError && isMissing(error.cause)) return '';
    throw error;
  });
  await writeDurably(file, metricsText(metrics, previous), 0o644);
}
