import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bookshopFile } from '../../examples/bookshop/generate.js';
import { leaksIn, TYPED } from '../commands/needles.js';
import { gdpr, type Ran } from '../commands/program.js';
import { jsonErrorOf, jsonOf } from '../commands/schemas.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

interface Listed {
  readonly total: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly rows: readonly Readonly<Record<string, string | null>>[];
  readonly file?: { readonly path: string; readonly sha256: string };
}

describe('gdpr consent', { timeout: 300_000 }, () => {
  let workspace: TestWorkspace;
  const seen: Ran[] = [];
  const consent = async (args: readonly string[], input?: string) => {
    const options = { cwd: workspace.root, environment: workspace.environment, ...(input !== undefined && { input }) };
    const ran = await gdpr(['consent', ...args], options);
    seen.push(ran);
    return ran;
  };
  beforeAll(async () => {
    workspace = await bookshopWorkspace();
  });
  afterAll(() => workspace.remove());

  it('registers wordings, from a file or standard input, and lists them with their texts', async () => {
    const file = bookshopFile('wordings/newsletter-lv.txt');
    const shared = ['--kind', 'consent', '--channel', 'email', '--language', 'lv', '--from', '2024-03-01'];
    const added = jsonOf<Record<string, unknown>>(
      await consent(['wording', 'add', 'newsletter-lv', ...shared, '--text-file', file, '--json']),
      'consent-wording-add',
    );
    expect(added).toMatchObject({ purpose: 'marketing', shownFrom: '2024-02-29T22:00:00.000000Z', shownUntil: null });
    const next = [
      '--kind',
      'consent',
      '--channel',
      'email',
      '--language',
      'lv',
      '--from',
      '2026-03-01T12:00',
      '--text-file',
      '-',
    ];
    const second = await consent(
      ['wording', 'add', 'newsletter-lv-2', ...next, '--replaces', 'newsletter-lv'],
      'Jā, sūtiet!\n',
    );
    expect([second.code, second.stdout]).toEqual([0, expect.stringContaining('Replaces  newsletter-lv')]);
    const again = await consent(['wording', 'add', 'newsletter-lv-2', ...next, '--json'], 'Nē, nesūtiet!');
    expect(jsonErrorOf(again).code).toBe('ALREADY_EXISTS');
    const sms = await consent([
      'wording',
      'add',
      'c',
      '--kind',
      'soft-opt-in',
      '--channel',
      'sms',
      '--language',
      'lv',
      '--from',
      '2024-03-01',
      '--text-file',
      file,
      '--json',
    ]);
    expect(jsonErrorOf(sms)).toMatchObject({ code: 'INPUT_INVALID', message: expect.stringContaining('e-mail only') });
    const { wordings } = jsonOf<{ wordings: { id: string; text: string; shownUntil: string | null }[] }>(
      await consent(['wording', 'list', '--json']),
      'consent-wording-list',
    );
    expect(wordings.map(({ id, shownUntil }) => [id, shownUntil])).toEqual([
      ['newsletter-lv', '2026-03-01T10:00:00.000000Z'],
      ['newsletter-lv-2', null],
    ]);
    expect(wordings[1]?.text).toBe('Jā, sūtiet!');
    expect((await consent(['wording', 'list'])).stdout).toMatch(/^newsletter-lv-2 .* 2026-03-01/m);
  });

  it('records a yes and, in fewer words, a withdrawal; tells the history and where it stands', async () => {
    await writeFile(join(workspace.root, 'person.yaml'), `email: ${TYPED.email}\n`);
    const anna = ['--person-file', 'person.yaml'];
    const yes = [
      ...anna,
      '--what',
      'given',
      '--mechanism',
      'paper',
      '--channel',
      'email',
      '--wording',
      'newsletter-lv-2',
      '--at',
      '2026-03-02',
    ];
    const given = jsonOf<{ channels: unknown }>(
      await consent(['record', ...yes, '--evidence', 'F-17', '--json']),
      'consent-record',
    );
    expect(given.channels).toEqual([{ channel: 'email', new: true, state: 'given' }]);
    const no = [...anna, '--what', 'withdrawn', '--mechanism', 'phone'];
    expect(no.length).toBeLessThan(yes.length);
    const withdrawn = await consent(['record', ...no]);
    expect([withdrawn.code, withdrawn.stderr]).toEqual([0, '']);
    expect(withdrawn.stdout).toContain('post   withdrawn');
    expect(withdrawn.stdout).toContain('Pass it on to these recipients');
    const { events } = jsonOf<{ events: Record<string, unknown>[] }>(
      await consent(['history', ...anna, '--json']),
      'consent-history',
    );
    expect(
      events
        .filter(({ place }) => place === null)
        .map(({ what, channel, before, after }) => [what, channel, before, after]),
    ).toEqual(
      expect.arrayContaining([
        ['given', 'email', expect.any(String), 'given'],
        ['withdrawn', 'email', 'given', 'withdrawn'],
        ['withdrawn', 'post', 'none', 'withdrawn'],
      ]),
    );
    expect((await consent(['history', ...anna])).stdout).toContain('given → withdrawn');
    const then = jsonOf<Listed>(
      await consent(['list', ...anna, '--at', '2026-03-02', '--channel', 'email', '--json']),
      'consent-list',
    );
    expect(then.rows).toMatchObject([{ state: 'given', wording: 'newsletter-lv-2', source: 'person' }]);
    const proof = jsonOf<{ wordings: string[]; archive: string }>(
      await consent(['proof', ...anna, '--json']),
      'consent-proof',
    );
    expect(proof.wordings).toContain('newsletter-lv-2');
    const verified = await gdpr(['archive', 'verify', proof.archive], {
      cwd: workspace.root,
      environment: workspace.environment,
    });
    expect(verified.code).toBe(0);
    const unknown = await consent(['record', ...no, '--at', '2999-01-01', '--json']);
    expect(jsonErrorOf(unknown).message).toBe('--at is in the future');
  });

  it('lists everybody, and writes all of them to a private CSV that holds no address', async () => {
    const listed = jsonOf<Listed>(await consent(['list', '--out', 'all.csv', '--json']), 'consent-list');
    expect(Object.values(listed.counts).reduce((sum, n) => sum + n, 0)).toBe(listed.total);
    expect(Object.keys(listed.counts)).toEqual(expect.arrayContaining(['given', 'unproven', 'withdrawn']));
    const csv = await readFile(join(workspace.root, 'all.csv'), 'utf8');
    expect(csv.trimEnd().split('\n')).toHaveLength(listed.total + 1);
    expect((await stat(join(workspace.root, 'all.csv'))).mode & 0o777).toBe(0o600);
    expect(csv).not.toContain('@');
    const twice = await consent(['list', '--out', 'all.csv', '--json']);
    expect(jsonErrorOf(twice).code).toBe('ALREADY_EXISTS');
    const unproven = jsonOf<Listed>(await consent(['list', '--state', 'unproven', '--json']), 'consent-list');
    expect([unproven.total, Object.keys(unproven.counts)]).toEqual([listed.counts.unproven, ['unproven']]);
    const anna = listed.rows.filter(({ subject }) => subject !== null);
    expect(anna.map(({ channel, state }) => [channel, state])).toEqual(
      ['email', 'phone', 'post', 'sms'].map((channel) => [channel, 'withdrawn']),
    );
    expect(
      (await consent(['list', '--state', 'withdrawn'])).stdout.split('\n').every((line) => line.length <= 80),
    ).toBe(true);
  });

  it('shows no personal data in anything that it printed, nor in the journal and the log', async () => {
    expect(seen.flatMap(({ stdout, stderr }) => leaksIn(stdout + stderr))).toEqual([]);
    const journal = await readFile(join(workspace.root, '.gdpr', 'journal.jsonl'), 'utf8');
    expect(journal).toContain('"type":"withdrawal"');
    expect(leaksIn(journal)).toEqual([]);
    expect(journal).not.toContain('F-17');
    const log = await gdpr(['audit', 'list', '--json'], { cwd: workspace.root, environment: workspace.environment });
    expect(log.stdout).toContain('consent record');
    expect(leaksIn(log.stdout)).toEqual([]);
  });
});
