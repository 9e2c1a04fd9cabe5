import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { GdprError } from '../../src/foundation/errors.js';
import { metricsText, type RunMetrics, withMetrics } from '../../src/retention/metrics.js';
import { readExposition } from './exposition.js';

const NONE = { eligible: 0, held: 0, excepted: 0, deleted: 0, changed: 0 };
const figure = (rule: string, month: string, counts: Partial<typeof NONE>) => ({
  rule,
  table: 'shop.orders',
  month,
  ...NONE,
  ...counts,
});
const RECORD: NonNullable<RunMetrics['record']> = {
  startedAt: '2026-11-23T01:00:00.123456Z',
  stopped: 'rows',
  locked: 4,
  figures: [
    figure('contact-copy', '2026-02-01', { eligible: 7, changed: 7, held: 1 }),
    figure('contact-copy', '2026-10-01', { eligible: 9, changed: 4, deleted: 2 }),
    figure('contact-copy', '2026-03-01', { eligible: 5, deleted: 4, excepted: 2 }),
    figure('technical', '2026-01-01', { eligible: 3, deleted: 3 }),
    figure('odd "rule"\\\n', '2026-01-01', { held: 1 }),
  ],
};
const endedAt = new Date('2026-11-23T01:10:00Z');

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gdpr-metrics-'));
  file = join(folder, 'gdpr.prom');
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(() => rm(file, { force: true }));

const samples = (text: string) =>
  Object.fromEntries([...readExposition(text)].map(([name, family]) => [name, Object.fromEntries(family.samples)]));

describe('the figures for Prometheus', () => {
  it('tell success, rows by rule and action, what is still due and since when', () => {
    const text = metricsText({ endedAt, exit: 0, record: RECORD });
    expect(samples(text)).toEqual({
      gdpr_retention_last_run_timestamp_seconds: { '': endedAt.getTime() / 1000 },
      gdpr_retention_last_run_exit_code: { '': 0 },
      gdpr_retention_last_success_timestamp_seconds: { '': endedAt.getTime() / 1000 },
      gdpr_retention_run_complete: { '': 0 },
      gdpr_retention_run_duration_seconds: { '': 600 },
      gdpr_retention_rows: {
        'rule="contact-copy",action="deleted"': 6,
        'rule="contact-copy",action="changed"': 11,
        'rule="technical",action="deleted"': 3,
        'rule="technical",action="changed"': 0,
        'rule="odd \\"rule\\"\\\\\\n",action="deleted"': 0,
        'rule="odd \\"rule\\"\\\\\\n",action="changed"': 0,
      },
      gdpr_retention_due_rows: { 'rule="contact-copy"': 4, 'rule="technical"': 0, 'rule="odd \\"rule\\"\\\\\\n"': 0 },
      gdpr_retention_held_rows: { 'rule="contact-copy"': 1, 'rule="technical"': 0, 'rule="odd \\"rule\\"\\\\\\n"': 1 },
      gdpr_retention_excepted_rows: {
        'rule="contact-copy"': 2,
        'rule="technical"': 0,
        'rule="odd \\"rule\\"\\\\\\n"': 0,
      },
      gdpr_retention_locked_rows: { '': 4 },
      gdpr_retention_oldest_due_timestamp_seconds: { 'rule="contact-copy"': Date.UTC(2026, 2) / 1000 },
    });
    expect([...readExposition(text).values()].every(({ type }) => type === 'gauge')).toBe(true);
  });

  it('keep, when a run refuses, the last success and what the last run had to say', () => {
    const before = metricsText({ endedAt, exit: 0, record: RECORD });
    const later = new Date('2026-11-24T01:00:00Z');
    const after = metricsText({ endedAt: later, exit: 3 }, before);
    expect(samples(after)).toEqual({
      ...samples(before),
      gdpr_retention_last_run_timestamp_seconds: { '': later.getTime() / 1000 },
      gdpr_retention_last_run_exit_code: { '': 3 },
    });
    expect(metricsText({ endedAt, exit: 0, record: RECORD }, after)).toBe(before);
    expect(Object.keys(samples(metricsText({ endedAt, exit: 7 }, 'half a li\n{'))).sort()).toEqual([
      'gdpr_retention_last_run_exit_code',
      'gdpr_retention_last_run_timestamp_seconds',
    ]);
  });

  it('are there whole, readable by others, after a run that succeeded, refused or broke; not after one that met another', async () => {
    vi.stubEnv('GDPR_NOW', endedAt.toISOString());
    expect(
      await withMetrics(
        file,
        async () => 5,
        () => RECORD,
      ),
    ).toBe(5);
    expect(await readFile(file, 'utf8')).toBe(metricsText({ endedAt, exit: 0, record: RECORD }));
    expect((await stat(file)).mode & 0o777).toBe(0o644);
    const failing = (error: Error) =>
      withMetrics(
        file,
        () => Promise.reject(error),
        () => RECORD,
      );
    const exit = async () => samples(await readFile(file, 'utf8')).gdpr_retention_last_run_exit_code?.[''];
    await expect(failing(new GdprError('DRIFT', 'differs'))).rejects.toMatchObject({ code: 'DRIFT' });
    expect(await exit()).toBe(6);
    await expect(failing(new Error('broken'))).rejects.toThrow('broken');
    expect(await exit()).toBe(1);
    await expect(failing(new GdprError('LOCKED', 'another run'))).rejects.toMatchObject({ code: 'LOCKED' });
    expect(await exit()).toBe(1);
    expect(await readdir(folder)).toEqual(['gdpr.prom']);
    vi.unstubAllEnvs();
  });

  it('that cannot be written are an error of a run that succeeded; the error of one that failed stands', async () => {
    const nowhere = join(folder, 'nowhere', 'gdpr.prom');
    const write = (work: () => Promise<number>) => withMetrics(nowhere, work, () => RECORD);
    await expect(write(async () => 1)).rejects.toMatchObject({ code: 'FILE_UNAVAILABLE' });
    await expect(write(() => Promise.reject(new GdprError('REFUSED', 'no')))).rejects.toMatchObject({
      code: 'REFUSED',
    });
  });
});
