import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalEntry } from '../../src/audit/entry.js';
import { parseNote } from '../../src/audit/note.js';
import { leafHash, rootOf } from '../../src/audit/tree.js';
import { type LogVerification, type StoredEntry, verifyLog } from '../../src/audit/verify.js';
import { outsideTool } from '../support/tools.js';
import { checkpointOver, entry, flipped, KEY, OTHER_KEY, OTHER_SUBJECT, rows, storedRow, stream } from './support.js';

interface Given {
  log: StoredEntry[];
  checkpoints?: string[];
  journal?: string[] | null;
}

const LOG = rows(12);
const NOTES = [3, 8, 12].map((size) => checkpointOver(LOG.slice(0, size)));

function verify({ log, checkpoints = NOTES, journal = checkpoints }: Given): Promise<LogVerification> {
  return verifyLog({
    entries: stream(log),
    checkpoints: stream(checkpoints),
    journalCheckpoints: journal,
    verifierKey: KEY,
  });
}

function failed(result: LogVerification): string[] {
  return result.checks.filter(({ ok }) => !ok).map(({ id }) => id);
}

/** The row with another text but its old leaf hash. */
function edited(row: StoredEntry): StoredEntry {
  return { ...row, entry: row.entry.replace('"orders":3', '"orders":4') };
}

/** The row rewritten as someone would who knows the format: text, columns and leaf hash. */
function rewritten(sequence: number): StoredEntry {
  return storedRow(entry(sequence, { subjects: [OTHER_SUBJECT] }));
}

const replaced = (sequence: number, row: StoredEntry): StoredEntry[] =>
  LOG.map((each) => (each.sequence === sequence ? row : each));

describe('a genuine log', () => {
  it('is valid, with its size and root', async () => {
    const result = await verify({ log: LOG });
    expect(result).toMatchObject({
      valid: true,
      size: 12,
      root: rootOf(LOG.map((row) => row.leafHash)).toString('hex'),
      problems: [],
    });
    expect(result.checks.map(({ id, ok }) => [id, ok])).toEqual([
      ['sequence', true],
      ['entries', true],
      ['listing', true],
      ['checkpoints', true],
      ['tail', true],
      ['covered', true],
      ['journal', true],
    ]);
  });

  it('is valid in batches, without listed columns, and with checkpoints in any order', async () => {
    const bare = LOG.map(({ sequence, entry: text, leafHash }) => ({ sequence, entry: text, leafHash }));
    const result = await verifyLog({
      entries: stream([bare.slice(0, 5), [], bare.slice(5)]),
      checkpoints: stream(NOTES.toReversed()),
      journalCheckpoints: [NOTES[1] as string],
      verifierKey: KEY,
    });
    expect(result).toMatchObject({ valid: true, size: 12 });
  });

  it('says how many entries no checkpoint covers yet', async () => {
    const result = await verify({ log: [...LOG, storedRow(entry(13))] });
    expect(result.valid).toBe(true);
    expect(result.checks.find(({ id }) => id === 'covered')?.detail).toBe('12 entries covered, 1 newer entry not yet');
  });

  it('may be empty', async () => {
    expect(await verify({ log: [], checkpoints: [] })).toMatchObject({ valid: true, size: 0, problems: [] });
    expect(await verify({ log: [], checkpoints: [checkpointOver([])] })).toMatchObject({ valid: true, size: 0 });
    expect(await verify({ log: LOG, checkpoints: [checkpointOver([]), ...NOTES] })).toMatchObject({ valid: true });
  });

  it('proves nothing without a checkpoint', async () => {
    const result = await verify({ log: LOG, checkpoints: [] });
    expect(failed(result)).toEqual(['covered']);
    expect(result.problems).toEqual([
      { sequence: null, problem: 'no signed checkpoint covers the log, so nothing shows that it is whole' },
    ]);
  });

  it('is compared with the journal unless there is knowingly none', async () => {
    expect(await verify({ log: LOG, journal: null })).toMatchObject({ valid: true });
    const result = await verify({ log: LOG, journal: [] });
    expect(failed(result)).toEqual(['journal']);
    expect(result.problems).toEqual([
      { sequence: null, problem: 'the journal holds no checkpoint of this log, although the database does' },
    ]);
  });
});

describe('tampering with rows is found and named:', () => {
  it('a changed entry', async () => {
    const result = await verify({ log: replaced(5, edited(LOG[4] as StoredEntry)) });
    expect(result.valid).toBe(false);
    expect(failed(result)).toEqual(['entries']);
    expect(result.problems).toEqual([{ sequence: 5, problem: 'entry 5 was changed: it does not match its leaf hash' }]);
  });

  it('a changed leaf hash', async () => {
    const row = LOG[4] as StoredEntry;
    const result = await verify({ log: replaced(5, { ...row, leafHash: flipped(row.leafHash, 3) }) });
    expect(failed(result)).toEqual(['entries', 'checkpoints', 'journal']);
    expect(result.problems[0]?.sequence).toBe(5);
  });

  it('a leaf hash of another length', async () => {
    const row = LOG[4] as StoredEntry;
    const result = await verify({ log: replaced(5, { ...row, leafHash: row.leafHash.subarray(1) }) });
    expect(result.problems).toEqual([{ sequence: 5, problem: 'entry 5 was changed: it does not match its leaf hash' }]);
  });

  it('an entry rewritten together with its leaf hash, by the checkpoints around it', async () => {
    const result = await verify({ log: replaced(5, rewritten(5)), journal: null });
    expect(failed(result)).toEqual(['checkpoints']);
    expect(result.problems).toEqual([
      {
        sequence: null,
        problem:
          'the checkpoint over 8 entries in the database disagrees with the log: entries 4 to 8 are not what was signed; ' +
          'so does the log differ from 1 later checkpoint',
      },
    ]);
  });

  it('a rewritten entry before the first checkpoint, and the only one between two', async () => {
    const first = await verify({ log: replaced(2, rewritten(2)), journal: null });
    expect(first.problems[0]?.problem).toContain(
      'the checkpoint over 3 entries in the database disagrees with the log: entries 1 to 3 are',
    );
    const notes = [4, 5].map((size) => checkpointOver(LOG.slice(0, size)));
    const only = await verify({ log: replaced(5, rewritten(5)), checkpoints: notes, journal: null });
    expect(only.problems).toEqual([
      {
        sequence: null,
        problem: 'the checkpoint over 5 entries in the database disagrees with the log: entry 5 is not what was signed',
      },
    ]);
  });

  it('a rewritten log whose checkpoints were signed anew, by the journal', async () => {
    const log = replaced(5, rewritten(5));
    const result = await verify({
      log,
      checkpoints: [3, 8, 12].map((size) => checkpointOver(log.slice(0, size))),
      journal: NOTES,
    });
    expect(failed(result)).toEqual(['journal']);
    expect(result.problems.map(({ problem }) => problem)).toEqual([
      'the checkpoint over 8 entries in the journal disagrees with the log: entries 4 to 8 are not what was signed; ' +
        'so does the log differ from 1 later checkpoint',
      'the checkpoint over 8 entries in the journal is missing from the database',
      'the checkpoint over 12 entries in the journal is missing from the database',
    ]);
  });

  it('a removed entry, and several', async () => {
    const one = await verify({ log: LOG.filter(({ sequence }) => sequence !== 5), journal: null });
    expect(failed(one)).toEqual(['sequence', 'checkpoints']);
    expect(one.problems[0]).toEqual({ sequence: 5, problem: 'entry 5 is missing' });
    const several = await verify({ log: LOG.slice(4), journal: null });
    expect(several.problems[0]).toEqual({ sequence: 1, problem: 'entries 1 to 4 are missing' });
  });

  it('a removed entry whose successors were renumbered', async () => {
    const log = [
      ...LOG.slice(0, 4),
      ...rows(12)
        .slice(5)
        .map((_, at) => storedRow(entry(at + 5))),
    ];
    const result = await verify({ log, journal: null });
    expect(failed(result)).toEqual(['tail']);
    const withoutTail = await verify({ log: replaced(5, { ...(LOG[5] as StoredEntry), sequence: 5 }), journal: null });
    expect(withoutTail.problems[0]).toEqual({ sequence: 5, problem: 'entry 5 says of itself that it is entry 6' });
    expect(failed(withoutTail)).toEqual(['entries', 'checkpoints']);
  });

  it('a doubled entry', async () => {
    const result = await verify({ log: [...LOG.slice(0, 5), ...LOG.slice(4)] });
    expect(failed(result)).toEqual(['sequence']);
    expect(result.problems).toEqual([{ sequence: 5, problem: 'entry 5 comes twice or out of order' }]);
  });

  it('exchanged entries, in place and renumbered', async () => {
    const [fifth, sixth] = [LOG[4] as StoredEntry, LOG[5] as StoredEntry];
    const inPlace = await verify({ log: [...LOG.slice(0, 4), sixth, fifth, ...LOG.slice(6)], journal: null });
    expect(inPlace.problems.slice(0, 2)).toEqual([
      { sequence: 5, problem: 'entry 5 is missing' },
      { sequence: 5, problem: 'entry 5 comes twice or out of order' },
    ]);
    const renumbered = [...LOG.slice(0, 4), { ...sixth, sequence: 5 }, { ...fifth, sequence: 6 }, ...LOG.slice(6)];
    expect(failed(await verify({ log: renumbered, journal: null }))).toEqual(['entries', 'checkpoints']);
  });

  it('text that hashes right but is no entry', async () => {
    const text = `${canonicalEntry(entry(13))} `;
    const row = { ...storedRow(entry(13)), entry: text };
    const log = [...LOG, { ...row, leafHash: leafHash(text) }];
    const result = await verify({ log, checkpoints: [...NOTES, checkpointOver(log)] });
    expect(result.problems).toEqual([
      { sequence: 13, problem: 'entry 13 is not an entry: it is not in canonical form' },
    ]);
  });

  it.each(['time', 'kind', 'action', 'operation', 'result', 'subjects'] as const)('the column %s', async (column) => {
    const row = LOG[6] as StoredEntry;
    const listed = {
      ...(row.listed as NonNullable<StoredEntry['listed']>),
      [column]: column === 'subjects' ? [OTHER_SUBJECT] : 'other',
    };
    const result = await verify({ log: replaced(7, { ...row, listed }) });
    expect(failed(result)).toEqual(['listing']);
    expect(result.problems).toEqual([{ sequence: 7, problem: `the column ${column} of entry 7 was changed` }]);
  });

  it('any set of rows whose text was changed, each by its number', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 1 }), async (changed) => {
        const log = LOG.map((row) => (changed.includes(row.sequence) ? edited(row) : row));
        const { problems } = await verify({ log });
        expect(problems.map(({ sequence }) => sequence)).toEqual(changed.toSorted((a, b) => a - b));
      }),
      { numRuns: 20 },
    );
  });
});

describe('tampering with the end and the checkpoints is found:', () => {
  it('a tail cut off with its checkpoints, by the journal', async () => {
    const result = await verify({ log: LOG.slice(0, 9), checkpoints: NOTES.slice(0, 2), journal: NOTES });
    expect(failed(result)).toEqual(['tail', 'journal']);
    expect(result.problems).toEqual([
      {
        sequence: 10,
        problem:
          'entries 10 to 12 are missing at the end: the checkpoint over 12 entries in the journal was signed when the log had them',
      },
      { sequence: null, problem: 'the checkpoint over 12 entries in the journal is missing from the database' },
    ]);
  });

  it('a tail cut off without its checkpoints, without a journal too', async () => {
    const result = await verify({ log: LOG.slice(0, 11), journal: null });
    expect(result.problems).toEqual([
      {
        sequence: 12,
        problem:
          'entry 12 is missing at the end: the checkpoint over 12 entries in the database was signed when the log had them',
      },
    ]);
  });

  it('everything cut off', async () => {
    const result = await verify({ log: [], checkpoints: [], journal: NOTES });
    expect(result.problems[0]).toMatchObject({ sequence: 1 });
    expect(failed(result)).toEqual(['tail', 'journal']);
  });

  it('a removed checkpoint', async () => {
    const result = await verify({ log: LOG, checkpoints: [NOTES[0] as string, NOTES[2] as string], journal: NOTES });
    expect(failed(result)).toEqual(['journal']);
    expect(result.problems).toEqual([
      { sequence: null, problem: 'the checkpoint over 8 entries in the journal is missing from the database' },
    ]);
  });

  it('a checkpoint signed by another key', async () => {
    const result = await verify({
      log: LOG,
      checkpoints: [...NOTES.slice(0, 2), checkpointOver(LOG, OTHER_KEY)],
      journal: NOTES.slice(0, 2),
    });
    expect(failed(result)).toEqual(['checkpoints']);
    expect(result.problems[0]?.problem).toMatch(
      /^the checkpoint over 12 entries in the database counts for nothing: .* is not signed by the key/,
    );
  });

  it('a checkpoint whose size or root was altered', async () => {
    const [, second = ''] = NOTES;
    for (const note of [
      second.replace('\n8\n', '\n9\n'),
      second.replace(/\n8\n./, (text) => `${text.slice(0, 3)}${text[3] === 'A' ? 'B' : 'A'}`),
    ]) {
      expect(note).not.toBe(second);
      const result = await verify({ log: LOG, checkpoints: [note], journal: null });
      expect(failed(result)).toEqual(['checkpoints', 'covered']);
      expect(result.problems[0]?.problem).toContain('does not belong to this text');
    }
  });

  it('what is no checkpoint at all', async () => {
    const result = await verify({ log: LOG, checkpoints: [...NOTES, 'nonsense'] });
    expect(result.problems.map(({ problem }) => problem)).toEqual([
      'a checkpoint in the journal counts for nothing: the signed note is not valid: no empty line stands before the signatures',
      'a checkpoint in the database counts for nothing: the signed note is not valid: no empty line stands before the signatures',
    ]);
  });

  it('a checkpoint of the key over another history, before one that agrees', async () => {
    const other = checkpointOver(
      rows(12)
        .slice(0, 7)
        .map((row) => (row.sequence === 7 ? rewritten(7) : row)),
    );
    const result = await verify({ log: LOG, checkpoints: [...NOTES, other], journal: null });
    expect(result.problems).toEqual([
      {
        sequence: null,
        problem:
          'the checkpoint over 7 entries in the database was signed over another log, although a later checkpoint agrees with this one',
      },
    ]);
  });
});

describe('a log in ruins', () => {
  it('is reported without listing a thousand times the same', async () => {
    const log = rows(1500).map(edited);
    const result = await verify({ log, checkpoints: [], journal: null });
    expect(result.problems.length).toBe(1001);
    expect(result.problems.at(-1)).toEqual({ sequence: null, problem: 'and 501 more problems' });
  });
});

describe('the guide', () => {
  const python = outsideTool('python3');
  it.skipIf(!python.available)(
    'contains a program that finds the root of a checkpoint from the entries alone',
    async () => {
      const guide = await readFile(join(import.meta.dirname, '../../docs/audit.md'), 'utf8');
      const program = /```python\n([\s\S]*?)```/.exec(guide)?.[1] ?? '';
      for (const size of [0, 1, 7, 12]) {
        const input = LOG.slice(0, size).map((row) => `${row.entry}\n`);
        const printed = execFileSync(python.path, ['-c', program], { input: input.join(''), encoding: 'utf8' });
        expect(parseNote(checkpointOver(LOG.slice(0, size))).text).toBe(`${KEY.name}\n${printed}`);
      }
    },
  );
});
