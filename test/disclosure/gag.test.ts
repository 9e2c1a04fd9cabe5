import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { matchPeople } from '../../src/customer/find-customer.js';
import { enterDisclosure } from '../../src/disclosure/register.js';
import { runOperation } from '../../src/operation/operation.js';
import { addDays, todayIn } from '../../src/request/day.js';
import { settle } from '../../src/request/settle.js';
import { gdpr } from '../commands/program.js';
import { jsonErrorOf, jsonOf } from '../commands/schemas.js';
import { unzip } from '../customer/support/archive.js';
import { pageText } from '../law/shop.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

const ANNA = ['--email', 'anna.berzina@pasts.example'];
const COURT = 'Rīgas apgabaltiesa';
const POLICE = 'Valsts policijas Kriminālpolicija';
const CASE = 'C30-771234-26';
const REQUEST = '15-2/90417';

let workspace: TestWorkspace;
let today: string;
let gagged: string;
let unnamed: string;
let subject: string;

beforeAll(async () => {
  workspace = await bookshopWorkspace();
  const context = await workspace.context();
  try {
    today = todayIn(context.model.map.timeZone);
    const [anna] = await matchPeople(context, { email: 'anna.berzina@pasts.example' });
    subject = anna?.subject ?? '';
    const enter = (recipient: string, more: object) =>
      runOperation(context, { action: 'disclose court', subjects: [] }, (operation) =>
        settle(context, operation, async (session) => {
          const given = {
            kind: 'court',
            recipient,
            basis: 'CPL 112. pants',
            caseNumber: CASE,
            requestNumber: REQUEST,
            requestDate: today,
            receivedOn: today,
            documentDigest: 'a'.repeat(64),
            categories: ['contact'],
            approvedBy: 'karlis',
            archiveDigest: 'b'.repeat(64),
            records: 3,
            ...more,
          } as const;
          const subjects = [{ subject, rows: 3 }];
          const number = await enterDisclosure(session, operation, 'ilze', given, subjects);
          return { result: { number }, traces: {} };
        }),
      );
    gagged = (await enter(COURT, { gagUntil: addDays(today, 30) })).number;
    unnamed = (await enter(POLICE, { unnamed: true, caseNumber: '17-1', requestNumber: '20/8-1' })).number;
  } finally {
    await context.database.close();
  }
}, 120_000);
afterAll(() => workspace.remove());

const run = (args: readonly string[], day?: string) =>
  gdpr(args, {
    cwd: workspace.root,
    environment: { ...workspace.environment, ...(day !== undefined && { GDPR_NOW: `${day}T10:00:00Z` }) },
  });

/** What a run printed, with every file of an archive that it wrote. */
async function everything(ran: Awaited<ReturnType<typeof run>>): Promise<string> {
  const paths = [...`${ran.stdout}${ran.stderr}`.matchAll(/[^"\s]+\.asice/g)].map(([path]) => path);
  const files = await Promise.all([...new Set(paths)].map(unzip));
  return [ran.stdout, ran.stderr, ...files.flatMap((each) => [...each.values()].map(String))].join('\n');
}

describe('a disclosure under a gag', { timeout: 300_000 }, () => {
  it('is told of by no command, and by the next copy once the gag has ended', async () => {
    const rectify = ['--set', 'phone=+371 29111222', '--verified', 'account login'];
    const commands: readonly (readonly string[])[] = [
      ['customer', 'find', ...ANNA],
      ['customer', 'export', ...ANNA, '--verified', 'account login'],
      ['customer', 'export', ...ANNA, '--plan'],
      ['customer', 'erase', ...ANNA, '--ground', '17(1)(b)', '--plan'],
      ['customer', 'rectify', ...ANNA, ...rectify, '--plan'],
      ['customer', 'restrict', ...ANNA, '--ground', '18(1)(a)', '--verified', 'account login'],
      ['customer', 'object', ...ANNA, '--to', 'marketing', '--verified', 'account login'],
      ['consent', 'history', ...ANNA],
      ['consent', 'list', ...ANNA],
      ['consent', 'proof', ...ANNA],
      ['marketing', 'audience', '--channel', 'email', '--explain', ...ANNA],
      ['request', 'open', '--kind', 'access', '--channel', 'email', '--received', 'today', ...ANNA],
      ['request', 'list'],
      ['hold', 'list', '--all', '--with-gagged'],
      ['disclosure', 'list', ...ANNA],
      ['disclosure', 'list', '--recipient', COURT],
      ['disclosure', 'list'],
      ['disclosure', 'show', gagged],
      ['agreement', 'list', '--all'],
      ['audit', 'list'],
    ];
    for (const args of commands) {
      for (const more of [[], ['--json']]) {
        // Done once: what they say of a second time is another matter.
        if (more.length === 0 && ['restrict', 'object', 'open'].includes(args[1] ?? '')) continue;
        const ran = await run([...args, ...more]);
        const text = (await everything(ran)).replaceAll(args.at(-1) === COURT ? `${COURT}"` : gagged, '');
        const told = [COURT, CASE, REQUEST, ...(args[1] === 'show' ? [] : [gagged])].filter((needle) =>
          text.includes(needle),
        );
        expect([args, told]).toEqual([args, []]);
      }
    }
    expect(jsonErrorOf(await run(['disclosure', 'show', gagged, '--json'])).code).toBe('NOT_FOUND');
    const restricted = JSON.parse((await run(['audit', 'list', '--json'])).stdout) as {
      entries: { action: string; kind: string; operation: string }[];
    };
    const cause = restricted.entries.find(({ action }) => action === 'customer restrict')?.operation ?? '';
    const letters = await everything(await run(['disclosure', 'notify', cause, '--json']));
    expect([COURT, gagged].filter((needle) => letters.includes(needle))).toEqual([]);
    expect(letters).toContain(unnamed);

    const own = async () => (await run(['audit', 'list', '--subject', subject, '--json'])).stdout;
    const before = await own();
    expect(before).toContain('"disclosure list"');
    const asked = jsonOf<{ disclosures: { disclosure: string; gagged: boolean }[] }>(
      await run(['disclosure', 'list', ...ANNA, '--with-gagged', '--json']),
      'disclosure-list',
    );
    expect(asked.disclosures.map(({ disclosure, gagged: secret }) => [disclosure, secret])).toEqual([
      [gagged, true],
      [unnamed, false],
    ]);
    // A look at what they may not be told of leaves nothing in the person's own entries, but one in the log.
    expect(await own()).toBe(before);
    const looked = (await run(['audit', 'list', '--action', 'disclosure list', '--last', '1', '--json'])).stdout;
    expect(JSON.parse(looked)).toMatchObject({ entries: [{ subjects: [], rules: ['with gagged'] }] });
    const shown = jsonOf<{ notices: unknown[] }>(
      await run(['disclosure', 'show', unnamed, '--json']),
      'disclosure-show',
    );
    expect(shown.notices).toMatchObject([{ cause }]);

    const after = addDays(today, 31);
    const copy = await run(['customer', 'export', ...ANNA, '--verified', 'account login', '--json'], after);
    const { archive } = jsonOf<{ archive: string }>(copy, 'customer-export');
    const page = pageText((await unzip(archive)).get('index.html')?.toString() ?? '');
    expect(page).toContain(COURT);
    expect(page).toContain(CASE);
    expect(page).toContain('a body that the law does not allow us to name');
    expect(page).not.toContain(POLICE);
  });

  it('is handed over and noted all the same', async () => {
    const handed = jsonOf<{ handovers: object[] }>(
      await run([
        'disclosure',
        'handover',
        gagged,
        '--to',
        'J. Kalns',
        '--how',
        'by hand',
        '--receipt',
        '118',
        '--json',
      ]),
      'disclosure-handover',
    );
    expect(handed.handovers).toMatchObject([{ to: 'J. Kalns', means: 'by hand', receipt: '118' }]);
    const log = await run(['audit', 'list', '--json']);
    expect(log.stdout).not.toContain('Kalns');
    expect(await readFile(join(workspace.root, '.gdpr', 'journal.jsonl'), 'utf8')).toContain('disclosure-handover');
  });
});
