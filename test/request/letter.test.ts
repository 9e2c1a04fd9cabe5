import { appendFile, lstat, mkdtemp, readFile, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificateSha256 } from '../../src/archive/certificate.js';
import { exportCustomer } from '../../src/customer/export.js';
import { prepareExport } from '../../src/customer/export-customer.js';
import type { PersonQuery } from '../../src/customer/resolve.js';
import { archiveOutcome } from '../../src/operation/archived.js';
import { runOperation } from '../../src/operation/operation.js';
import { type LetterOptions, writeLetter } from '../../src/request/letter.js';
import { textOf } from '../documents/letters/sample.js';
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
    sending: { form: 'page', sentBy: undefined, codeBy: undefined },
    to,
    ...given,
  };
}

/** An export that names the request, as `customer export --request` makes it. */
async function exportFor(number: string, query: PersonQuery = ANNA) {
  const { match, plan } = await prepareExport(register.context, query, async () => undefined);
  const { person, subject } = match;
  return exportCustomer(register.context, { person, subject, verified: 'account login', number, language: 'lv' }, plan);
}

/** A signed negative answer for the request, as `customer export --negative` makes it. */
async function nothingFor(request: string, identifiers: readonly string[]) {
  const { context } = register;
  const action = 'customer negative answer';
  const name = (operation: string) => `negative-${operation}.asice`;
  return runOperation(
    context,
    { action, subjects: [], request },
    (operation) =>
      archiveOutcome(context, operation, name(operation.id), async (archive) => {
        const snapshot = '2026-03-09T12:05:33.123456Z';
        const tables = context.model.tables.map(({ name: table }) => table);
        const manifest = { snapshot, tables, searched: identifiers.map((identifier) => ({ identifier, places: [] })) };
        await archive.add('manifest.json', 'application/json', JSON.stringify(manifest));
        return { written: undefined };
      }),
    name,
  );
}

const spoken = async (options: LetterOptions, number: string) =>
  textOf(await readFile((await writeLetter(register.context, number, options)).file, 'utf8'));

describe('the letter that goes with the copy', () => {
  const sending = { form: 'page', sentBy: 'email', codeBy: 'phone' } as const;

  it('says what the archive of the request holds, and how to open and check it', async () => {
    const { request } = await register.open({ query: ANNA });
    await exportFor(request);
    const { archive, sha256, tables, withheld } = await exportFor(request);
    const held = tables.filter(({ rows }) => rows > 0);
    const records = held.reduce((sum, { rows }) => sum + rows, 0);
    const text = await spoken(options({ kind: 'access', language: 'en', sending }), request);
    expect(text).toContain(`${records} records in ${held.length} groups of data`);
    expect(text).toContain(`File ${basename(archive, '.asice')}.html (by e-mail)`);
    expect(text).toContain('You receive it separately: by phone.');
    expect(text).toContain(`The signed archive is ${basename(archive)}, and its SHA-256 checksum is this:`);
    expect(text.replaceAll(' ', '')).toContain(sha256.toUpperCase());
    const { certificate } = register.context.signer;
    expect(text.replaceAll(' ', '')).toContain(certificateSha256(certificate).toUpperCase());
    const secret = withheld.filter(({ reason }) => reason === 'secret').length;
    expect(secret).toBeGreaterThan(0);
    expect(text).toContain(`security data (${secret} field${secret === 1 ? '' : 's'})`);
    expect(text).not.toMatch(/Anna|Bērziņa|berzina|2123/i);
    expect(await spoken(options({ kind: 'access', sending: { ...sending, form: 'age' } }), request)).toContain(
      `--output dati.asice ${basename(archive)}.age`,
    );
    await register.close(request);
  });

  it('is written only after an export for the request, which asked for a copy, and from that archive alone', async () => {
    const { request } = await register.open({ query: ANNA });
    const write = () => writeLetter(register.context, request, options({ kind: 'access', sending }));
    await expect(write()).rejects.toMatchObject({ code: 'REFUSED', exit: 3 });
    const { archive } = await exportFor(request);
    await expect(
      writeLetter(register.context, request, options({ kind: 'access', sending: { ...sending, sentBy: undefined } })),
    ).rejects.toMatchObject({ code: 'USAGE' });
    await expect(
      writeLetter(register.context, request, options({ kind: 'access', sending: { ...sending, codeBy: 'email' } })),
    ).rejects.toMatchObject({ code: 'REFUSED' });
    await appendFile(archive, ' ');
    await expect(write()).rejects.toMatchObject({ code: 'VERIFICATION_FAILED' });
    await rm(archive);
    await expect(write()).rejects.toMatchObject({ code: 'FILE_UNAVAILABLE' });
    await register.close(request);
    const erasure = await register.open({ query: ANNA, kind: 'erasure' });
    await exportFor(erasure.request);
    await expect(
      writeLetter(register.context, erasure.request, options({ kind: 'access', sending })),
    ).rejects.toMatchObject({ code: 'REFUSED' });
    await register.close(erasure.request);
  });
});

describe('the letter of a negative answer', () => {
  it('tells when, where and by which kinds of identifiers was searched, without their values', async () => {
    const { request } = await register.open();
    await expect(writeLetter(register.context, request, options({ kind: 'negative' }))).rejects.toMatchObject({
      code: 'REFUSED',
    });
    await nothingFor(request, ['email', 'phone', 'name']);
    const { tables } = register.context.model;
    const lv = await spoken(options({ kind: 'negative' }), request);
    expect(lv).toContain('2026. gada 9. marts, 14:05');
    expect(lv).toContain(`${tables.length} datubāzes tabul`);
    expect(lv).toContain('E-pasta adrese Tālruņa numurs Vārds un uzvārds');
    for (const { entry } of tables) expect(lv).toContain(entry.title.lv);
    const en = await spoken(options({ kind: 'negative', language: 'en' }), request);
    expect(en).toContain('E-mail address Phone number Name');
    expect(lv + en).not.toContain('***');
  });

  it('is not written from an answer that does not say what was searched', async () => {
    const { request } = await register.open();
    await nothingFor(request, ['shoe size']);
    await expect(writeLetter(register.context, request, options({ kind: 'negative' }))).rejects.toMatchObject({
      code: 'VERIFICATION_FAILED',
    });
  });
});

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

  it('never replaces a file, not one that another run is writing, nor a link that leads nowhere', async () => {
    const { request } = await register.open({ query: ANNA });
    const twice = options({});
    const both = await Promise.allSettled([1, 2].map(() => writeLetter(register.context, request, twice)));
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'ALREADY_EXISTS' } });
    const dangling = options({});
    await symlink('nowhere', dangling.to);
    await expect(writeLetter(register.context, request, dangling)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    expect((await lstat(dangling.to)).isSymbolicLink()).toBe(true);
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
