import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leaksIn, TYPED } from '../commands/needles.js';
import { gdpr } from '../commands/program.js';
import { jsonErrorOf } from '../commands/schemas.js';

const { email, phone, name } = TYPED;
const EXPORT = ['customer', 'export'];

/** What was typed, and what the answer must say. */
const MISTAKES: readonly {
  readonly args: readonly string[];
  readonly says: RegExp;
  readonly code?: string;
  readonly exit?: number;
}[] = [
  { args: [...EXPORT, '--emial', email], says: /unknown flag: --emial/ },
  { args: [...EXPORT, '--email', email, `--${email}`], says: /unknown flag/ },
  {
    args: ['customer', 'find', email, '--email', email],
    says: /too many after "customer find".*never by a bare word/s,
  },
  { args: ['customer', 'find', '--email', email, phone], says: /too many.*never by a bare word/s },
  { args: ['customer', 'xport', email], says: /"customer" has no such command.*export, find/s },
  { args: ['customer', email], says: /"customer" has no such command/ },
  { args: ['cutsomer', 'export', name], says: /no such command.*customer/s },
  { args: [email], says: /no such command/ },
  { args: ['customer', email, '--help'], says: /"customer" has no such command/ },
  { args: [...EXPORT, '--email'], says: /--email needs a value/ },
  { args: [...EXPORT, '--email', email, '--language', name], says: /--language takes one of: lv, en/ },
  { args: ['audit', 'list', '--last', email], says: /--last takes a whole number/ },
  { args: ['audit', 'list', '--last', '0'], says: /--last takes a whole number greater than or equal to 1/ },
  { args: ['key', 'init', '--organization', name], says: /missing: --copy/ },
  { args: ['archive', 'extract', 'x.asice'], says: /missing: --to/ },
  {
    args: ['request', 'letter', 'R-2026-0001', name, '--to', 'x.html'],
    says: /a word is none that is taken here: acknowledgement, .*access/,
  },
  { args: ['archive', 'verify'], says: /missing: FILE/ },
  { args: ['archive', 'verify', 'x.asice', email], says: /too many/ },
  {
    args: [...EXPORT, '--email', email],
    says: /nobody says how the identity was checked.*--verified/s,
    code: 'REFUSED',
    exit: 3,
  },
  { args: [...EXPORT, '--from', 'list.csv', '--for-customer'], says: /--from and --for-customer do not go together/ },
  { args: [...EXPORT, '--from', 'list.csv', '--email', email], says: /--from and --email do not go together/ },
  { args: [...EXPORT, '--again', '--email', email], says: /--again goes with --from/ },
  {
    args: [...EXPORT, '--email', email, '--verified', `wrote from ${email}`],
    says: /--verified holds what looks like/,
    code: 'INPUT_INVALID',
  },
  {
    args: [...EXPORT, '--person-file', 'person.yaml', '--verified', 'x'],
    says: /person file is not understood.*email/s,
    code: 'INPUT_INVALID',
  },
  {
    args: [...EXPORT, '--person-file', 'petr.yaml', '--email', email, '--verified', 'account login'],
    says: /--email and the person file both give one/,
  },
  {
    args: [...EXPORT, '--email', email, '--verified', 'account login'],
    says: /there is no gdpr\.yaml.*gdpr (init|demo)/s,
    code: 'WORKSPACE_NOT_FOUND',
  },
];

describe('wrong usage', { timeout: 240_000 }, () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gdpr-usage-'));
    await writeFile(join(folder, 'person.yaml'), `e-mail: ${email}\n`);
    await writeFile(join(folder, 'petr.yaml'), 'email: petr.ivanov@pasts.example\n');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(MISTAKES)(
    '$says is answered with its exit code, without repeating what was typed',
    async ({ args, says, code = 'USAGE', exit = 2 }) => {
      const [text, json] = await Promise.all([gdpr(args, { cwd: folder }), gdpr([...args, '--json'], { cwd: folder })]);
      expect(text).toMatchObject({ code: exit, stdout: '' });
      expect(text.stderr).toMatch(says);
      expect(leaksIn(text.stderr)).toEqual([]);
      const error = jsonErrorOf(json);
      expect(error).toMatchObject({ code, exit });
      expect(`${error.message}\n${error.hint}`).toMatch(says);
      expect(leaksIn(json.stdout)).toEqual([]);
    },
  );

  it.each([{ args: ['help', email] }, { args: ['help', 'customer', email] }, { args: ['help', email, '--json'] }])(
    'of $args too',
    async ({ args }) => {
      const { code, stdout, stderr } = await gdpr(args, { cwd: folder });
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(/no such command|unknown flag: --json/);
      expect(leaksIn(stderr)).toEqual([]);
    },
  );
});
