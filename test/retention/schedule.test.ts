import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { dayWithout } from '../../src/retention/schedule/clock-time.js';
import type { Schedule } from '../../src/retention/schedule/schedule.js';
import { gdpr, ROOT } from '../commands/program.js';
import { jsonErrorOf, jsonOf } from '../commands/schemas.js';
import { runProcess } from '../support/run-process.js';
import { outsideTool } from '../support/tools.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';
import { agreed } from './agreed.js';

const systemd = outsideTool('systemd-analyze');
const KEY = 'five random words for keys';

let shop: TestWorkspace;
let folder: string;
/** A workspace whose path needs quoting everywhere, with keys under a passphrase. */
let odd: string;
let environmentFile: string;
let environment: NodeJS.ProcessEnv;
beforeAll(async () => {
  [shop, folder] = await Promise.all([bookshopWorkspace(), mkdtemp(join(tmpdir(), 'gdpr-schedule-'))]);
  odd = join(folder, `Anna's "shop" 100% $HOME`);
  environmentFile = join(folder, 'a file.env');
  environment = { ...shop.environment, GDPR_OPERATOR: 'night "shift" 5% $1' };
  const copy = { GDPR_COPY_PASSPHRASE: 'five random words for copy' };
  const exported = join(folder, 'keys.age');
  await gdpr(['key', 'export', exported], { cwd: shop.root, environment: { ...shop.environment, ...copy } });
  await cp(shop.root, odd, { recursive: true });
  await rm(join(odd, '.gdpr', 'keys'), { recursive: true });
  const config = join(odd, 'gdpr.yaml');
  const journal = `journal: ${join(shop.root, '.gdpr', 'journal.jsonl')}`;
  const text = (await readFile(config, 'utf8')).replace(/^journal: .*$/m, journal);
  await writeFile(config, `${text}retention: { maxShare: 100 }\n`);
  const imported = await gdpr(['key', 'import', exported], {
    cwd: odd,
    environment: { ...shop.environment, ...copy, GDPR_KEY_PASSPHRASE: KEY },
  });
  expect(imported.code).toBe(0);
  await writeFile(environmentFile, `DATABASE_URL='${shop.url ?? ''}'\nGDPR_KEY_PASSPHRASE='${KEY}'\n`, { mode: 0o400 });
});
afterAll(async () => {
  await shop.remove();
  await rm(folder, { recursive: true, force: true });
});

const FLAGS = ['--max-duration', '90m', '--metrics', 'figures.prom'];
async function scheduled(...flags: string[]): Promise<Schedule> {
  const args = ['retention', 'schedule', ...FLAGS, '--environment-file', environmentFile, ...flags, '--json'];
  return jsonOf<Schedule>(await gdpr(args, { cwd: odd, environment }), 'retention-schedule');
}

/** What cron gives to the shell: the text after five fields up to an unescaped %, `\%` being a %. */
function cronCommand(lines: string): string {
  const line = lines.split('\n').find((each) => /^\d/.test(each)) ?? '';
  const text = line.split(' ').slice(5).join(' ');
  return (/^(?:\\%|[^%])*/.exec(text)?.[0] ?? '').replaceAll('\\%', '%');
}

describe('gdpr retention schedule', { timeout: 180_000 }, () => {
  it('knows this installation, and of the variables only their names', async () => {
    const result = await scheduled();
    expect(result).toMatchObject({
      node: process.execPath,
      program: join(ROOT, 'bin', 'run.js'),
      workspace: odd,
      operator: 'night "shift" 5% $1',
      user: userInfo().username,
      at: '03:00',
      timeZone: 'Europe/Riga',
      variables: [{ name: 'DATABASE_URL' }],
      passphrase: true,
    });
    const printed = await gdpr(['retention', 'schedule'], {
      cwd: odd,
      environment: { ...environment, PGPASSWORD: 'never-to-be-printed', GDPR_KEY_PASSPHRASE: KEY },
    });
    expect([printed.code, printed.stderr]).toEqual([0, '']);
    for (const secret of ['never-to-be-printed', KEY, shop.url ?? '-']) expect(printed.stdout).not.toContain(secret);
    for (const name of ['DATABASE_URL', 'PGPASSWORD', 'GDPR_KEY_PASSPHRASE']) expect(printed.stdout).toContain(name);
  });

  it('prints a line that cron can run: a shell with an almost empty environment does', async () => {
    const context = await shop.context();
    await agreed(context);
    await context.database.close();
    const { cron } = await scheduled('--format', 'cron', '--at', '04:05');
    expect(cron).toMatch(/^5 4 \* \* \* cd /m);
    const command = cronCommand(cron ?? '');
    const bare = ['-i', 'PATH=/usr/bin:/bin', `HOME=${folder}`, 'sh', '-c', command];
    const ran = await runProcess('/usr/bin/env', bare, { cwd: '/' });
    expect(ran).toEqual({ code: 0, output: expect.stringMatching(/^Retention .* stopped: done.*\n$/) });
    const log = await gdpr(['audit', 'list', '--json'], { cwd: shop.root, environment: shop.environment });
    expect(JSON.parse(log.stdout).entries.at(-1)).toMatchObject({
      action: 'retention run',
      operator: { name: 'night "shift" 5% $1' },
    });
  });

  it.skipIf(!systemd.available)('prints units that systemd takes, and that give the run little', async () => {
    const { service, timer } = await scheduled('--format', 'systemd');
    const units = [join(folder, 'gdpr-retention.service'), join(folder, 'gdpr-retention.timer')] as const;
    await writeFile(units[0], service ?? '');
    await writeFile(units[1], timer ?? '');
    const verified = await runProcess(systemd.path, ['verify', ...units]);
    expect(verified).toEqual({ code: 0, output: expect.not.stringContaining('gdpr-retention') });
    const exposure = await runProcess(systemd.path, ['security', '--offline=yes', '--threshold=30', units[0]]);
    expect(exposure).toMatchObject({ code: 0 });
    expect(service).toContain('LoadCredential=gdpr-key-passphrase:');
    expect(service).toContain('TimeoutStartSec=7200');
    expect(service).toContain('RestartPreventExitStatus=1 2 3 5 6\n');
    const when = /^OnCalendar=(.*)$/m.exec(timer ?? '')?.[1] ?? '';
    const next = await runProcess(systemd.path, ['calendar', '--base-time=2026-11-23 12:00 UTC', when]);
    expect(next.output).toContain('2026-11-24 01:00:00 UTC');
  });

  it('prints a CronJob that runs once at a time, ends in time and is retried only where that helps', async () => {
    const { kubernetes } = await scheduled('--format', 'kubernetes', '--image', 'registry.example/privatums:1');
    const job = parse(kubernetes ?? '', { strict: true, uniqueKeys: true });
    expect(job).toMatchObject({
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      spec: {
        schedule: '0 3 * * *',
        timeZone: 'Europe/Riga',
        concurrencyPolicy: 'Forbid',
        jobTemplate: {
          spec: {
            activeDeadlineSeconds: 90 * 60 + 1800,
            podFailurePolicy: { rules: [{ action: 'FailJob', onExitCodes: { values: [1, 2, 3, 5, 6] } }] },
          },
        },
      },
    });
    const pod = job.spec.jobTemplate.spec.template.spec;
    const [container] = pod.containers;
    expect(container.image).toBe('registry.example/privatums:1');
    expect(container.command).toEqual([
      ...['gdpr', 'retention', 'run', '--workspace', odd, '--max-duration', '90m'],
      ...['--metrics', join(odd, 'figures.prom')],
    ]);
    const secret = (name: string) => ({ name, valueFrom: { secretKeyRef: { name: 'gdpr-retention', key: name } } });
    expect(container.env).toEqual([
      { name: 'GDPR_OPERATOR', value: 'night "shift" 5% $1' },
      secret('DATABASE_URL'),
      secret('GDPR_KEY_PASSPHRASE'),
    ]);
    const mounted = container.volumeMounts.map((mount: { name: string }) => mount.name);
    expect(pod.volumes.map((volume: { name: string }) => volume.name)).toEqual(mounted);
  });

  it('prints nothing else, and refuses what is no time', async () => {
    const only = await scheduled('--format', 'cron');
    expect([only.service, only.timer, only.kubernetes]).toEqual([null, null, null]);
    const run = (...flags: string[]) => gdpr(['retention', 'schedule', ...flags, '--json'], { cwd: odd, environment });
    expect(jsonErrorOf(await run('--at', '24:00')).code).toBe('USAGE');
    expect(jsonErrorOf(await run('--max-duration', 'PT2H')).code).toBe('USAGE');
  });

  it('knows the night on which the clocks skip the hour', () => {
    const from = new Date('2026-11-23T12:00:00Z');
    const at = (hour: number, minute = 0) => dayWithout({ hour, minute }, 'Europe/Riga', from);
    expect([at(3), at(3, 59), at(2, 59), at(4)]).toEqual(['2027-03-28', '2027-03-28', undefined, undefined]);
    expect(dayWithout({ hour: 2, minute: 30 }, 'America/New_York', from)).toBe('2027-03-14');
    expect(dayWithout({ hour: 3, minute: 0 }, 'UTC', from)).toBeUndefined();
  });
});
