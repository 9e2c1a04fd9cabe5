import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { canonicalJson, type Json } from '../foundation/canonical-json.js';
import { appendDurably, asFileError, fileError } from '../foundation/durable.js';
import { GdprError, isMissing } from '../foundation/errors.js';
import { noteKind, parseBreak } from './breaks.js';
import { type Checkpoint, parseCheckpoint } from './checkpoint.js';

/** One line of the journal; `type` says what else it holds. No member ever holds personal data. */
export interface JournalRecord {
  readonly type: string;
  readonly [member: string]: Json | undefined;
}

/** A record with the number of its line, from 1. */
export interface JournalLine {
  readonly line: number;
  readonly record: JournalRecord;
  /** Bytes of the journal up to the end of the line; undefined while the line lacks its newline. */
  readonly end: number | undefined;
}

/** The beginning of a record that a crash cut off; it was never acknowledged to anyone. */
export interface TornLine {
  readonly line: number;
  readonly bytes: number;
}

export interface ReadOptions {
  /** Told of each torn line: the file's last, or an earlier one that a later append closed. */
  readonly onTorn?: (torn: TornLine) => void;
  /** Where a former reading ended. */
  readonly after?: { readonly byte: number; readonly line: number };
}

const LF = 0x0a;
/** Follows a fragment that could not be removed from an append-only file, and says how many bytes it has. */
const TORN = 'torn';

/**
 * Appends records, each on a line of canonical JSON, and fsyncs before it returns. A fragment that a crash left at
 * the end is first closed by a line `{"bytes":…,"type":"torn"}`: the file may be append-only for us, too.
 * Appends of several processes must be serialised by a lock of their own.
 * @throws GdprError FILE_UNAVAILABLE
 */
export async function appendJournal(path: string, ...records: readonly JournalRecord[]): Promise<void> {
  const tail = await unterminatedTail(path);
  let opening = '';
  if (tail.length > 0) {
    opening = '\n';
    if (parseRecord(tail) === undefined) opening += `${canonicalJson({ type: TORN, bytes: tail.length })}\n`;
  }
  await appendDurably(path, opening + records.map((record) => `${canonicalJson(record)}\n`).join(''));
}

/** The bytes after the last newline; none when the file is missing. */
async function unterminatedTail(path: string): Promise<Buffer> {
  for (let length = 4096; ; length *= 2) {
    const end = await tailOf(path, length);
    const newline = end.lastIndexOf(LF);
    if (newline >= 0 || end.length < length) return end.subarray(newline + 1);
  }
}

/** The last bytes of the file, as many as asked for where it has them; none when the file is missing. */
async function tailOf(path: string, length: number): Promise<Buffer> {
  return asFileError(path, async () => {
    const handle = await open(path, 'r').catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
    if (handle === undefined) return Buffer.alloc(0);
    try {
      const { size } = await handle.stat();
      const start = Math.max(0, size - length);
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(size - start), 0, size - start, start);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  });
}

/**
 * The records in the order in which they were appended. A torn line is left out and reported; a last line that lacks
 * only its newline is whole, because no beginning of a JSON object is one itself.
 * @throws GdprError FILE_UNAVAILABLE when the file is missing or unreadable, VERIFICATION_FAILED naming the line that
 * is damaged in any other way
 */
export async function* readJournal(path: string, { onTorn, after }: ReadOptions = {}): AsyncGenerator<JournalLine> {
  let fragment: TornLine | undefined;
  for await (const { line, bytes, terminated, end } of linesOf(path, after)) {
    if (bytes.length === 0) continue;
    const record = parseRecord(bytes);
    if (fragment !== undefined) {
      if (record?.type !== TORN || record.bytes !== fragment.bytes) throw damaged(path, fragment.line);
      onTorn?.(fragment);
      fragment = undefined;
    } else if (record === undefined) {
      fragment = { line, bytes: bytes.length };
      if (!terminated) {
        onTorn?.(fragment);
        return;
      }
    } else if (record.type !== TORN) {
      yield { line, record, end };
    }
  }
  if (fragment !== undefined) throw damaged(path, fragment.line);
}

function damaged(path: string, line: number): GdprError {
  return new GdprError('VERIFICATION_FAILED', `line ${line} of the journal ${path} is damaged`, {
    hint: 'compare the journal with its copy, and put the undamaged one in its place',
    details: { line },
  });
}

function parseRecord(bytes: Uint8Array): JournalRecord | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
    const isRecord = typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
    return isRecord ? (value as JournalRecord) : undefined;
  } catch {
    return undefined;
  }
}

interface RawLine {
  readonly line: number;
  readonly bytes: Buffer;
  readonly terminated: boolean;
  readonly end: number | undefined;
}

async function* linesOf(path: string, after = { byte: 0, line: 0 }): AsyncGenerator<RawLine> {
  let { line, byte } = after;
  let pieces: Buffer[] = [];
  try {
    for await (const chunk of createReadStream(path, { start: byte }) as AsyncIterable<Buffer>) {
      let from = 0;
      for (let to = chunk.indexOf(LF); to >= 0; to = chunk.indexOf(LF, from)) {
        line += 1;
        const bytes = Buffer.concat([...pieces, chunk.subarray(from, to)]);
        byte += bytes.length + 1;
        yield { line, bytes, terminated: true, end: byte };
        pieces = [];
        from = to + 1;
      }
      pieces.push(chunk.subarray(from));
    }
  } catch (error) {
    throw fileError(path, error);
  }
  const rest = Buffer.concat(pieces);
  if (rest.length > 0) yield { line: line + 1, bytes: rest, terminated: false, end: undefined };
}

export interface JournaledCheckpoint extends Checkpoint {
  readonly note: string;
}

/** The record that keeps a checkpoint. */
export function checkpointRecord(note: string, time: Date): JournalRecord {
  return { type: 'checkpoint', time: time.toISOString(), note };
}

/** The record of a note about a break, see `signBreak` and `signReplayed`. */
export function breakRecord(note: string, time: Date): JournalRecord {
  return { type: noteKind(note), time: time.toISOString(), note };
}

const NOTES: ReadonlySet<string> = new Set(['checkpoint', 'restored', 'replayed']);

/** The record's note; undefined for a record of another kind. */
function noteOf(path: string, { line, record }: JournalLine): string | undefined {
  if (!NOTES.has(record.type)) return undefined;
  if (typeof record.note !== 'string' || noteKind(record.note) !== record.type) throw damaged(path, line);
  return record.note;
}

/**
 * The notes of all checkpoints and of the breaks between them, oldest first, for `verifyLog`.
 * @throws GdprError as `readJournal`
 */
export async function journalCheckpoints(path: string, options?: ReadOptions): Promise<string[]> {
  const notes: string[] = [];
  for await (const each of readJournal(path, options)) {
    const note = noteOf(path, each);
    if (note !== undefined) notes.push(note);
  }
  return notes;
}

/** How far this process has read a journal, which only grows, and what it found there. */
interface Mark {
  readonly file: string;
  readonly byte: number;
  readonly line: number;
  readonly last: JournaledCheckpoint | null;
  readonly restored: JournalState['restored'];
  readonly unfinished: boolean;
}

/** What a journal says of the present log; signatures are unchecked. */
export interface JournalState {
  /** The checkpoint over the most entries since the last break. */
  readonly last: JournaledCheckpoint | null;
  /** The last break. */
  readonly restored: { readonly former: number; readonly size: number; readonly note: string } | undefined;
  /** Whether what is newer than a restored backup is still to be brought back. */
  readonly unfinished: boolean;
}

const marks = new Map<string, Mark>();

/**
 * The journaled checkpoint over the most entries, its signature unchecked; null when the journal has none or is
 * missing. Whoever relies on "none" must know that the file is there. A process that asks again reads what was
 * appended since.
 * @throws GdprError as `readJournal`, and VERIFICATION_FAILED naming the line of a malformed checkpoint
 */
export async function lastCheckpoint(path: string): Promise<JournaledCheckpoint | null> {
  return (await journalState(path)).last;
}

/** As `lastCheckpoint`, with the last restored backup. */
export async function journalState(path: string): Promise<JournalState> {
  const nothing = { last: null, restored: undefined, unfinished: false };
  try {
    const { dev, ino, size } = await asFileError(path, () => stat(path));
    const file = `${dev}:${ino}`;
    const mark = marks.get(path);
    let read: Mark =
      mark !== undefined && mark.file === file && mark.byte <= size ? mark : { file, byte: 0, line: 0, ...nothing };
    for await (const each of readJournal(path, { after: read })) {
      const { line, end } = each;
      const state = withNote(path, line, read, noteOf(path, each));
      read = end === undefined ? { ...read, ...state } : { file, byte: end, line, ...state };
    }
    marks.set(path, read);
    return read;
  } catch (error) {
    if (error instanceof GdprError && isMissing(error.cause)) return nothing;
    throw error;
  }
}

function withNote(path: string, line: number, state: JournalState, note: string | undefined): JournalState {
  const { last, restored, unfinished } = state;
  const kind = note === undefined ? undefined : noteKind(note);
  if (note === undefined || kind === undefined) return { last, restored, unfinished };
  if (kind === 'replayed') return { last, restored, unfinished: false };
  if (kind === 'restored') {
    const found = asNoteOn(path, line, () => parseBreak(note));
    return { last: null, restored: { ...found, note }, unfinished: true };
  }
  const checkpoint = asNoteOn(path, line, () => parseCheckpoint(note));
  const newest = last === null || checkpoint.size >= last.size ? { ...checkpoint, note } : last;
  return { last: newest, restored, unfinished };
}

function asNoteOn<T>(path: string, line: number, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof GdprError) throw damaged(path, line);
    throw error;
  }
}
