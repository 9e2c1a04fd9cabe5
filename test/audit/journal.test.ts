import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  appendJournal,
  checkpointRecord,
  type JournalLine,
  journalCheckpoints,
  lastCheckpoint,
  readJournal,
  type TornLine,
} from '../../src/audit/journal.js';
import { checkpointOver, rows } from './support.js';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gdpr-test-journal-'));
  path = join(folder, 'journal');
});
afterEach(() => rmSync(folder, { recursive: true }));

const TIME = new Date('2026-01-02T03:04:05.678Z');
const FIRST = { type: 'hold', subject: 'subject:a', until: '2026-03-01' };
const SECOND = { type: 'tombstone', subject: 'subject:b', note: 'ā'.repeat(100) };

async function read(): Promise<{ lines: Omit<JournalLine, 'end'>[]; torn: TornLine[] }> {
  const lines: Omit<JournalLine, 'end'>[] = [];
  const torn: TornLine[] = [];
  for await (const { line, record } of readJournal(path, { onTorn: (each) => torn.push(each) }))
    lines.push({ line, record });
  return { lines, torn };
}

describe('the journal', () => {
  it('gives back every record, of any kind, in order', async () => {
    await appendJournal(path, FIRST);
    await appendJournal(path, SECOND, checkpointRecord('a note\n', TIME));
    const third = { type: 'checkpoint', time: '2026-01-02T03:04:05.678Z', note: 'a note\n' };
    expect(await read()).toEqual({
      lines: [
        { line: 1, record: FIRST },
        { line: 2, record: SECOND },
        { line: 3, record: third },
      ],
      torn: [],
    });
    expect(readFileSync(path, 'utf8').split('\n')[2]).toBe(
      '{"note":"a note\\n","time":"2026-01-02T03:04:05.678Z","type":"checkpoint"}',
    );
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('reads lines longer than a block of the file', async () => {
    const long = { type: 'tombstone', digest: 'ā'.repeat(150_000) };
    await appendJournal(path, FIRST, long, SECOND);
    expect((await read()).lines.map(({ record }) => record)).toEqual([FIRST, long, SECOND]);
  });

  it('survives a crash at any byte of an append, and goes on after it', async () => {
    await appendJournal(path, FIRST);
    const before = statSync(path).size;
    await appendJournal(path, SECOND);
    const whole = readFileSync(path);
    for (let end = before + 1; end < whole.length - 1; end += 1) {
      writeFileSync(path, whole.subarray(0, end));
      const torn = [{ line: 2, bytes: end - before }];
      expect(await read(), `${end}`).toEqual({ lines: [{ line: 1, record: FIRST }], torn });
      if (end % 20 !== 0) continue;
      await appendJournal(path, SECOND);
      const after = await read();
      expect(
        after.lines.map(({ record }) => record),
        `appended after ${end}`,
      ).toEqual([FIRST, SECOND]);
      expect(after.torn).toEqual(torn);
      expect(readFileSync(path).subarray(0, end)).toEqual(whole.subarray(0, end));
    }
  });

  it('takes a last line that lacks only its newline as whole', async () => {
    await appendJournal(path, FIRST, SECOND);
    truncateSync(path, statSync(path).size - 1);
    expect(await read()).toMatchObject({ lines: [{ record: FIRST }, { record: SECOND }], torn: [] });
    await appendJournal(path, FIRST);
    expect((await read()).lines.map(({ record }) => record)).toEqual([FIRST, SECOND, FIRST]);
  });

  it('closes a fragment that is longer than the piece read at once', async () => {
    await appendJournal(path, FIRST);
    appendFileSync(path, `{"type":"tombstone","x":"${'y'.repeat(10_000)}`);
    await appendJournal(path, SECOND);
    expect(await read()).toMatchObject({
      lines: [{ record: FIRST }, { record: SECOND }],
      torn: [{ line: 2, bytes: 10_025 }],
    });
  });

  const damages: [string, (lines: string[]) => string][] = [
    ['a fragment in the middle', ([a, b]) => `${a}\n${b?.slice(0, 20)}\n${a}\n`],
    ['a fragment that ends in a newline', ([a, b]) => `${a}\n${b?.slice(0, 20)}\n`],
    ['two records on a line', ([a, b]) => `${a}\n${a}${b}\n`],
    ['a record without a type', ([a]) => `${a}\n{"note":"x"}\n${a}\n`],
    ['a line that is no object', ([a]) => `${a}\n"type"\n${a}\n`],
    ['a fragment of another length than its closing line says', ([a]) => `${a}\n{"type\n{"bytes":7,"type":"torn"}\n`],
    ['zeros', ([a, b]) => `${a}\n${'\0'.repeat(40)}\n${b}\n`],
  ];
  it.each(damages)('names the line of other damage: %s', async (_, damage) => {
    await appendJournal(path, FIRST, SECOND);
    writeFileSync(path, damage(readFileSync(path, 'utf8').split('\n')));
    await expect(read()).rejects.toMatchObject({
      name: 'GdprError',
      code: 'VERIFICATION_FAILED',
      message: `line 2 of the journal ${path} is damaged`,
    });
  });

  it('refuses bytes that are not UTF-8', async () => {
    await appendJournal(path, SECOND, FIRST);
    const data = readFileSync(path);
    data[data.indexOf(0xc4)] = 0xff;
    writeFileSync(path, data);
    await expect(read()).rejects.toMatchObject({ code: 'VERIFICATION_FAILED', details: { line: 1 } });
  });

  it('says that it is missing or cannot be written', async () => {
    await expect(read()).rejects.toMatchObject({ code: 'FILE_UNAVAILABLE' });
    await expect(journalCheckpoints(path)).rejects.toMatchObject({ code: 'FILE_UNAVAILABLE' });
    await expect(appendJournal(join(path, 'x'), FIRST)).rejects.toMatchObject({ code: 'FILE_UNAVAILABLE' });
    await expect(appendJournal(folder, FIRST)).rejects.toMatchObject({ code: 'FILE_UNAVAILABLE' });
  });
});

describe('checkpoints in the journal', () => {
  it('are all listed, and the last is the one over the most entries', async () => {
    const notes = [2, 7, 4].map((size) => checkpointOver(rows(size)));
    await appendJournal(path, FIRST, ...notes.map((note) => checkpointRecord(note, TIME)), SECOND);
    expect(await journalCheckpoints(path)).toEqual(notes);
    expect(await lastCheckpoint(path)).toMatchObject({
      size: 7,
      note: notes[1],
      origin: 'shop.example/audit',
    });
  });

  it('are found where they were appended since the last look, and anew in another file', async () => {
    const notes = [2, 7, 9].map((size) => checkpointRecord(checkpointOver(rows(size)), TIME));
    const sizes: (number | undefined)[] = [];
    for (const note of notes) {
      await appendJournal(path, FIRST, note);
      sizes.push((await lastCheckpoint(path))?.size);
    }
    rmSync(path);
    await appendJournal(path, ...notes.slice(0, 1));
    sizes.push((await lastCheckpoint(path))?.size);
    expect(sizes).toEqual([2, 7, 9, 2]);
  });

  it('are none where there is no journal, or an empty one', async () => {
    expect(await lastCheckpoint(path)).toBeNull();
    await appendJournal(path);
    expect(statSync(path).size).toBe(0);
    expect(await lastCheckpoint(path)).toBeNull();
    await appendJournal(path, FIRST);
    expect(await lastCheckpoint(path)).toBeNull();
  });

  it('name their line when they are malformed', async () => {
    await appendJournal(path, FIRST, checkpointRecord('no note', TIME));
    await expect(lastCheckpoint(path)).rejects.toMatchObject({ code: 'VERIFICATION_FAILED', details: { line: 2 } });
    await appendJournal(path, { type: 'checkpoint', note: 7 });
    await expect(journalCheckpoints(path)).rejects.toMatchObject({ code: 'VERIFICATION_FAILED', details: { line: 3 } });
  });
});
