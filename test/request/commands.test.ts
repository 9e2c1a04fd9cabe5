import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leaksIn, TYPED } from '../commands/needles.js';
import { gdpr, type Ran } from '../commands/program.js';
import { jsonErrorOf, jsonOf } from '../commands/schemas.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

const REPLY = 'needle.reply@elsewhere.example';

interface View {
  readonly request: string;
  readonly due: string;
  readonly [member: string]: unknown;
}

describe('gdpr request', { timeout: 180_000 }, () => {
  let workspace: TestWorkspace;
  const seen: Ran[] = [];
  const run = async (args: readonly string[], options: { input?: string; now?: string } = {}) => {
    const { input, now = '2026-03-05T10:00:00Z' } = options;
    const ran = await gdpr(['request', ...args], {
      cwd: workspace.root,
      environment: { ...workspace.environment, GDPR_NOW: now },
      ...(input !== undefined && { input }),
    });
    seen.push(ran);
    return ran;
  };
  beforeAll(async () => {
    workspace = await bookshopWorkspace();
  });
  afterAll(() => workspace.remove());

  it('takes a request from receipt to its end', async () => {
    const open = ['open', '--kind', 'access', '--received', '2026-03-05', '--channel', 'email', '--email', TYPED.email];
    const opened = jsonOf<View>(
      await run([...open, '--reply-to', '-', '--json'], { input: `${REPLY}\n` }),
      'request-open',
    );
    expect(opened).toMatchObject({ request: 'R-2026-0001', due: '2026-04-07' });

    const twice = await run([...open, '--json']);
    expect([twice.code, jsonErrorOf(twice).code]).toEqual([3, 'REFUSED']);
    expect(jsonErrorOf(twice).message).toContain('R-2026-0001');

    const asked = jsonOf<View>(
      await run(['verify-identity', '--asked', 'R-2026-0001', '--json']),
      'request-verify-identity',
    );
    expect(asked).toMatchObject({ waitingSince: '2026-03-05', suspended: true });
    const how = ['verify-identity', 'R-2026-0001', '--answered', '2026-03-07', '--how', 'account login'];
    const checked = await run(how, { now: '2026-03-09T10:00:00Z' });
    expect([checked.code, checked.stdout]).toEqual([
      0,
      expect.stringMatching(/Due +2026-04-07.*\nPaused +2 days.*\n(.*\n)+Identity +account login\n/),
    ]);

    const extended = await run(['extend', 'R-2026-0001', '--reason', 'paper orders in an archive', '--json']);
    expect(jsonOf<View>(extended, 'request-extend')).toMatchObject({
      due: '2026-06-08',
      tellBy: '2026-04-07',
      extended: true,
    });

    const shown = jsonOf<View>(await run(['show', 'R-2026-0001', '--json']), 'request-show');
    expect(shown).toMatchObject({ replyTo: 'n***y@e***.example', timeZone: 'Europe/Riga', due: '2026-06-08' });
    expect((shown.story as { what: string }[]).map(({ what }) => what)).toEqual([
      'opened',
      'asked',
      'answered',
      'verified',
      'extended',
    ]);

    const closed = jsonOf<View>(await run(['close', 'R-2026-0001', '--json']), 'request-close');
    expect(closed).toMatchObject({
      state: 'closed',
      daysLate: 0,
      done: [],
      warning: expect.stringContaining('no finished export names R-2026-0001'),
    });
  });

  it('warns of what is due, and is quiet otherwise', async () => {
    const quiet = await run(['due']);
    expect([quiet.code, quiet.stdout, quiet.stderr]).toEqual([0, '', '']);
    const open = [
      'open',
      '--kind',
      'rectification',
      '--received',
      '2026-01-31',
      '--channel',
      'in-person',
      '--unknown',
      '--reply-to',
      REPLY,
    ];
    const opened = await run(open, { now: '2026-02-01T10:00:00Z' });
    expect([opened.code, opened.stdout]).toEqual([
      0,
      expect.stringMatching(/^Request +R-2026-0002 \(rectification\)\nDue +2026-03-02\nPerson +not known yet\n/),
    ]);
    const near = await run(['due', '--within', '3'], { now: '2026-02-26T22:00:00Z' });
    expect([near.code, near.stdout]).toEqual([3, 'R-2026-0002  rectification  2026-03-02  due in 3 days\n']);
    const over = await run(['due', '--within', '0', '--json']);
    expect(over.code).toBe(3);
    expect(jsonOf<{ requests: View[] }>(over, 'request-due')).toMatchObject({
      within: 0,
      requests: [{ request: 'R-2026-0002', daysLeft: -3 }],
    });
  });

  it('lists, and writes a calendar', async () => {
    const listed = await run(['list', '--all', '--ics', 'due.ics']);
    expect([listed.code, listed.stderr]).toEqual([0, '']);
    const lines = listed.stdout.trimEnd().split('\n');
    expect(lines.map((line) => line.split(/ +/)[0])).toEqual([
      'NUMBER',
      expect.stringMatching(/^─+$/),
      'R-2026-0002',
      'R-2026-0001',
    ]);
    expect(lines.filter((line) => [...line].length > 80)).toEqual([]);
    const file = await readFile(join(workspace.root, 'due.ics'), 'utf8');
    const stdout = await run(['list', '--ics', '-']);
    expect([stdout.code, stdout.stdout]).toEqual([0, file]);
    expect(file.match(/^UID:R-2026-\d+/gm)).toEqual(['UID:R-2026-0002']);
    const both = await run(['list', '--ics', '-', '--json']);
    expect([both.code, jsonErrorOf(both).code]).toEqual([2, 'USAGE']);
    expect(
      jsonOf<{ requests: View[] }>(await run(['list', '--json']), 'request-list').requests.map(
        ({ request }) => request,
      ),
    ).toEqual(['R-2026-0002']);
  });

  it('refuses in words that fit the flags', async () => {
    expect(
      jsonErrorOf(await run(['open', '--kind', 'access', '--received', 'today', '--channel', 'email', '--json'])),
    ).toMatchObject({ code: 'USAGE', message: 'nobody is named' });
    expect(jsonErrorOf(await run(['open', '--kind', 'copy', '--json']))).toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(/^--kind takes one of: access, /),
    });
    expect(jsonErrorOf(await run(['extend', 'R-2026-0002', '--json']))).toMatchObject({
      code: 'USAGE',
      message: 'missing: --reason',
    });
    expect(jsonErrorOf(await run(['verify-identity', 'R-2026-0002', '--asked', '01.02.2026', '--json'])).code).toBe(
      'USAGE',
    );
    const reason = ['--reason', `write to ${REPLY}`, '--json'];
    expect(jsonErrorOf(await run(['refuse', 'R-2026-0002', ...reason])).code).toBe('INPUT_INVALID');
    const stranger = jsonErrorOf(await run(['show', REPLY, '--json']));
    expect(stranger).toMatchObject({ code: 'INPUT_INVALID', exit: 2 });
    const refused = jsonOf<View>(
      await run(['refuse', 'R-2026-0002', '--reason', 'identity not shown', '--json']),
      'request-refuse',
    );
    expect(refused).toMatchObject({ state: 'refused', daysLate: 3 });
  });

  it('has printed nothing of the person', () => {
    const printed = seen.map(({ stdout, stderr }) => stdout + stderr).join('\n');
    expect(leaksIn(printed)).toEqual([]);
    expect(printed.toLowerCase()).not.toContain(REPLY);
  });
});
