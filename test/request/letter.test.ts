import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LetterOptions, writeLetter } from '../../src/request/letter.js';
import { ANNA, desk } from './desk.js';

const register = desk();
let folder: string;
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'privatums-letter-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function options(given: Partial<LetterOptions>): LetterOptions {
  count += 1;
  const to = join(folder, `${count}.html`);
  return {
    kind: 'acknowledgement',
    language: 'lv',
    because: ['complexity'],
    ground: undefined,
    doubts: ['unclear-person'],
    proofs: ['account'],
    to,
    ...given,
  };
}

describe('the letter about a request', () => {
  it('acknowledges in the language asked for, readable by the operator alone, and is logged', async () => {
    const { request, due } = await register.open({ query: ANNA });
    for (const language of ['lv', 'en'] as const) {
      const written = await writeLetter(register.context, request, options({ language }));
      const text = await readFile(written.file, 'utf8');
      expect(text).toContain(request);
      expect(text).toContain(`lang="${language}"`);
      expect(text).toContain(due.slice(0, 4));
      expect((await stat(written.file)).mode & 0o777).toBe(0o600);
      expect(written.audit.sequence).toBeGreaterThan(0);
    }
    await register.close(request);
  });

  it('tells of an extension with the recorded reason, once there is one', async () => {
    const { request } = await register.open({ query: ANNA });
    await expect(writeLetter(register.context, request, options({ kind: 'extension' }))).rejects.toMatchObject({
      code: 'REFUSED',
    });
    await register.extend(request, 'old orders are on paper');
    const { file } = await writeLetter(register.context, request, options({ kind: 'extension', language: 'en' }));
    expect(await readFile(file, 'utf8')).toContain('old orders are on paper');
    await register.close(request);
  });

  it('refuses with ground, facts, supervisor, court and without charge, and only after the refusal', async () => {
    const { request } = await register.open({ query: ANNA });
    const refusal = { kind: 'refusal', language: 'en', ground: 'unfounded' } as const;
    await expect(writeLetter(register.context, request, options(refusal))).rejects.toMatchObject({ code: 'REFUSED' });
    await register.refuse(request, 'Art. 12(5): nothing was asked');
    await expect(
      writeLetter(register.context, request, options({ ...refusal, ground: undefined })),
    ).rejects.toMatchObject({ code: 'USAGE' });
    const text = await readFile((await writeLetter(register.context, request, options(refusal))).file, 'utf8');
    for (const part of ['manifestly unfounded', 'nothing was asked', 'pasts@dvi.gov.lv', 'court', 'free of charge'])
      expect(text).toContain(part);
  });

  it('never overwrites a file', async () => {
    const { request } = await register.open({ query: ANNA });
    const once = options({});
    await writeLetter(register.context, request, once);
    await expect(writeLetter(register.context, request, once)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
  });
});
