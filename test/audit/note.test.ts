import { execFileSync } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeVerifierKey,
  openCheckpoint,
  parseCheckpoint,
  parseVerifierKey,
  signCheckpoint,
} from '../../src/audit/checkpoint.js';
import { keyId, openNote, parseNote, signNote } from '../../src/audit/note.js';
import { EMPTY_ROOT } from '../../src/audit/tree.js';
import { GdprError } from '../../src/foundation/errors.js';
import { outsideTool } from '../support/tools.js';
import { KEY, keyFromSeed, OTHER_KEY } from './support.js';

const openssl = outsideTool('openssl');

// The published test key and note of Go's golang.org/x/mod/sumdb/note; Ed25519 signatures are deterministic.
const GO_VERIFIER = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const GO_SIGNER = 'AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz';
const GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const GO_NOTE = `${GO_TEXT}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`;
const GO_KEY = keyFromSeed('PeterNeumann', Buffer.from(GO_SIGNER, 'base64').subarray(1));

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof GdprError) return error.code;
    throw error;
  }
  return 'accepted';
}

describe('a signed note', () => {
  it('is byte for byte what another implementation makes with the same key', () => {
    expect(signNote(GO_TEXT, GO_KEY)).toBe(GO_NOTE);
    expect(encodeVerifierKey(GO_KEY)).toBe(GO_VERIFIER);
    expect(openNote(GO_NOTE, parseVerifierKey(GO_VERIFIER))).toBe(GO_TEXT);
  });

  it.skipIf(!openssl.available)('has a signature that openssl verifies, over exactly the text', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gdpr-test-note-'));
    try {
      const note = signCheckpoint(0, EMPTY_ROOT, KEY);
      const [text = '', line = ''] = note.split('\n\n— ');
      const bytes = Buffer.from(line.split(' ')[1] ?? '', 'base64');
      const file = (name: string, data: string | Uint8Array): string => {
        writeFileSync(join(folder, name), data);
        return join(folder, name);
      };
      const pem = file('key.pem', createPublicKey(KEY.privateKey).export({ format: 'pem', type: 'spki' }));
      const signature = file('signature', bytes.subarray(4));
      const verdict = (data: string): string => {
        const args = [
          'pkeyutl',
          '-verify',
          '-pubin',
          '-inkey',
          pem,
          '-rawin',
          '-in',
          file('text', data),
          '-sigfile',
          signature,
        ];
        try {
          return execFileSync(openssl.path, args, { encoding: 'utf8', stdio: 'pipe' }).trim();
        } catch {
          return 'refused';
        }
      };
      expect(verdict(`${text}\n`)).toBe('Signature Verified Successfully');
      expect(verdict(text)).toBe('refused');
      const rawKey = execFileSync(openssl.path, ['pkey', '-pubin', '-in', pem, '-outform', 'DER']).subarray(-32);
      const idInput = file('id', Buffer.concat([Buffer.from(`${KEY.name}\n\x01`), rawKey]));
      const digest = execFileSync(openssl.path, ['dgst', '-sha256', '-binary', idInput]);
      expect(bytes.subarray(0, 4)).toEqual(digest.subarray(0, 4));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('keeps empty lines of the text, and is split at the last', () => {
    const text = 'one\n\ntwo\n';
    const note = signNote(text, KEY);
    expect(openNote(note, KEY)).toBe(text);
    expect(parseNote(note).signatures.map(({ name, keyId: id }) => [name, id])).toEqual([[KEY.name, keyId(KEY)]]);
  });

  it('may carry signatures of strangers, which count for nothing', () => {
    const stranger = keyFromSeed('witness.example', Buffer.alloc(32, 9));
    const both = signNote(GO_TEXT, KEY) + (signNote(GO_TEXT, stranger).split('\n\n')[1] ?? '');
    expect(openNote(both, KEY)).toBe(GO_TEXT);
    expect(openNote(both, stranger)).toBe(GO_TEXT);
    expect(codeOf(() => openNote(signNote(GO_TEXT, stranger), KEY))).toBe('VERIFICATION_FAILED');
  });

  it('is refused when it is signed by another key of the same name', () => {
    expect(codeOf(() => openNote(signNote(GO_TEXT, OTHER_KEY), KEY))).toBe('VERIFICATION_FAILED');
  });

  it('is refused when one of two signatures in the name and id of the key is wrong', () => {
    const good = signNote(GO_TEXT, KEY);
    const bad = signNote('other\n', KEY).split('\n\n')[1] ?? '';
    expect(codeOf(() => openNote(good + bad, KEY))).toBe('VERIFICATION_FAILED');
  });

  it('is refused after any single character was changed', () => {
    const note = signCheckpoint(0, EMPTY_ROOT, KEY);
    for (let at = 0; at < note.length; at += 1) {
      const changed = note.slice(0, at) + (note[at] === 'A' ? 'B' : 'A') + note.slice(at + 1);
      expect(
        codeOf(() => openCheckpoint(changed, KEY)),
        `character ${at}`,
      ).toBe('VERIFICATION_FAILED');
    }
  });

  it('that is no note is refused as such', () => {
    const line = GO_NOTE.split('\n\n')[1] ?? '';
    const hostile = [
      '',
      '\n\n',
      GO_TEXT,
      GO_NOTE.slice(0, -1),
      `${GO_TEXT}${line}`,
      `${GO_TEXT}\n`,
      `${GO_TEXT}\n${line}\n`,
      GO_NOTE.replace('—', '-'),
      GO_NOTE.replace('— ', '—  '),
      GO_NOTE.replace('PeterNeumann', 'Peter+Neumann'),
      GO_NOTE.replace('PeterNeumann', 'Peter\u00a0Neumann'),
      GO_NOTE.replace('PeterNeumann ', ''),
      GO_NOTE.replace('nAM=', 'nAM'),
      GO_NOTE.replace('nAM=', 'nAN='),
      GO_NOTE.replace('nAM=\n', 'nAM= \n'),
      `${GO_TEXT}\n— PeterNeumann x08g\n`,
      GO_NOTE.replace('\n', '\r\n'),
      GO_NOTE.replace('you', 'y\0u'),
      GO_NOTE.replace('you', 'y\tu'),
      GO_NOTE.replace('you', 'y\ud800u'),
      `${GO_TEXT}\n${line.repeat(101)}`,
      `${'x'.repeat(1_000_001)}${GO_NOTE}`,
    ];
    for (const note of hostile)
      expect(
        codeOf(() => parseNote(note)),
        JSON.stringify(note.slice(-150)),
      ).toBe('VERIFICATION_FAILED');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
        const text = Buffer.from(noise).toString('latin1');
        expect(codeOf(() => parseNote(text))).toBe('VERIFICATION_FAILED');
      }),
      { numRuns: 200 },
    );
  });

  it('is not made from a text or a key that cannot stand in one', () => {
    for (const text of ['no newline', 'a\tb\n', '\ud800\n'])
      expect(codeOf(() => signNote(text, KEY))).toBe('INPUT_INVALID');
    for (const name of ['', 'a b', 'a+b', 'a\nb'])
      expect(codeOf(() => signNote('a\n', { ...KEY, name }))).toBe('KEY_WRONG');
    expect(codeOf(() => signNote('a\n', { ...KEY, publicKey: Buffer.alloc(31) }))).toBe('KEY_WRONG');
    expect(codeOf(() => signNote('a\n', { ...KEY, sign: () => Buffer.alloc(70) }))).toBe('KEY_WRONG');
  });
});

describe('a verifier key', () => {
  it('is read back, also when its base64 holds a plus', () => {
    // Of the tests of transparency-dev/formats.
    const plus = 'TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6';
    for (const text of [GO_VERIFIER, plus]) expect(encodeVerifierKey(parseVerifierKey(text))).toBe(text);
  });

  it('is refused when anything in it is wrong', () => {
    const wrong = [
      '',
      'PeterNeumann',
      GO_VERIFIER.replace('c74f20a3', 'c74f20a4'),
      GO_VERIFIER.replace('c74f20a3', 'C74F20A3'),
      GO_VERIFIER.replace('Peter', 'Paul'),
      GO_VERIFIER.replace('+ARpc', '+AhpC'),
      GO_VERIFIER.slice(0, -4),
      `${GO_VERIFIER}\n`,
      'a b+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
      // A timestamped witness key of another signature type (0x04).
      'remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2',
    ];
    for (const text of wrong)
      expect(
        codeOf(() => parseVerifierKey(text)),
        text,
      ).toBe('INPUT_INVALID');
  });
});

describe('a checkpoint', () => {
  const ROOT = Buffer.alloc(32, 5);

  it('has the origin, the size and the root on a line each', () => {
    const note = signCheckpoint(20852163, ROOT, KEY);
    expect(parseNote(note).text).toBe(`shop.example/audit\n20852163\n${ROOT.toString('base64')}\n`);
    expect(openCheckpoint(note, KEY)).toEqual({ origin: KEY.name, size: 20852163, root: ROOT });
  });

  it('of the specification is read, with and without extension lines', () => {
    const text = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n';
    const signature =
      '— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n';
    const root = Buffer.from('CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=', 'base64');
    const expected = { origin: 'example.com/behind-the-sofa', size: 20852163, root };
    expect(parseCheckpoint(`${text}\n${signature}`)).toEqual(expected);
    expect(parseCheckpoint(`${text}extension\n\n${signature}`)).toEqual(expected);
  });

  it('is refused when its text is another', () => {
    const root = ROOT.toString('base64');
    const texts = [
      '\n1\n',
      `origin\n1\n`,
      `\n1\n${root}\n`,
      `origin\n01\n${root}\n`,
      `origin\n-1\n${root}\n`,
      `origin\n1.0\n${root}\n`,
      `origin\n1e3\n${root}\n`,
      `origin\n ١\n${root}\n`,
      `origin\n9007199254740993\n${root}\n`,
      `origin\n1\n${root.slice(0, -4)}\n`,
      `origin\n1\n${root.slice(0, -1)}\n`,
      `origin\n0\n${root}\n`,
      `origin\n1\n${root}\n\nextension\n`,
    ];
    for (const text of texts)
      expect(
        codeOf(() => parseCheckpoint(signNote(text, KEY))),
        JSON.stringify(text),
      ).toBe('VERIFICATION_FAILED');
    const foreign = signNote(`other.example\n1\n${root}\n`, KEY);
    expect(parseCheckpoint(foreign).origin).toBe('other.example');
    expect(codeOf(() => openCheckpoint(foreign, KEY))).toBe('VERIFICATION_FAILED');
  });

  it('is not signed over what is no tree', () => {
    expect(() => signCheckpoint(-1, ROOT, KEY)).toThrow(RangeError);
    expect(() => signCheckpoint(1.5, ROOT, KEY)).toThrow(RangeError);
    expect(() => signCheckpoint(1, ROOT.subarray(1), KEY)).toThrow(RangeError);
  });
});
