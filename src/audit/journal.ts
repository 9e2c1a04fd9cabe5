import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { canonicalJson, type Json } from '../foundation/canonical-json.js';
import { appendDurably, asFileError, fileError } from '../foundation/durable.js';
import { GdprError, isMissing } from '../foundation/errors.js';
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
}

/** The beginning of a record that a crash cut off; it was never acknowledged to anyone. */
export interface TornLine {
  readonly line: number;
  readonly bytes: number;
}

export interface ReadOptions {
  /** Told of each torn line: the file's last, or an earlier one that a later append closed. */
  readonly onTorn?: (torn: TornLine) => void;
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
  return asFileError(path, async () => {
    const handle = await open(path, 'r').catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
    if (handle === undefined) return Buffer.alloc(0);
    try {
      const { size } = await handle.stat();
      for (let length = 4096; ; length *= 2) {
        const start = Math.max(0, size - length);
        const chunk = Buffer.alloc(size - start);
        const { bytesRead } = await handle.read(chunk, 0, chunk.length, start);
        const end = chunk.subarray(0, bytesRead);
        const newline = end.lastIndexOf(LF);
        if (newline >= 0 || start === 0) return end.subarray(newline + 1);
      }
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
export async function* readJournal(path: string, { onTorn }: ReadOptions = {}): AsyncGenerator<JournalLine> {
  let fragment: TornLine | undefined;
  for await (const { line, bytes, terminated } of linesOf(path)) {
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
      yield { line, record };
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

async function* linesOf(path: string): AsyncGenerator<{ line: number; bytes: Buffer; terminated: boolean }> {
  let line = 0;
  let pieces: Buffer[] = [];
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      let from = 0;
      for (let to = chunk.indexOf(LF); to >= 0; to = chunk.indexOf(LF, from)) {
        line += 1;
        yield { line, bytes: Buffer.concat([...pieces, chunk.subarray(from, to)]), terminated: true };
        pieces = [];
        from = to + 1;
      }
      pieces.push(chunk.subarray(from));
    }
  } catch (error) {
    throw fileError(path, error);
  }
  const rest = Buffer.concat(pieces);
  if (rest.length > 0) yield { line: line + 1, bytes: rest, terminated: false };
}

export interface JournaledCheckpoint extends Checkpoint {
  readonly note: string;
  /** The line of the journal, from 1. */
  readonly line: number;
}

/** The record that keeps a checkpoint. */
export function checkpointRecord(note: string, time: Date): JournalRecord {
  return { type: 'checkpoint', time: time.toISOString(), note };
}

async function* checkpointsIn(path: string, options?: ReadOptions): AsyncGenerator<{ line: number; note: string }> {
  for await (const { line, record } of readJournal(path, options)) {
    if (record.type !== 'checkpoint') continue;
    if (typeof record.note !== 'string') throw damaged(path, line);
    yield { line, note: record.note };
  }
}

/**
 * The notes of all checkpoints, oldest first, for `verifyLog`.
 * @throws GdprError as `readJournal`
 */
export async function journalCheckpoints(path: string, options?: ReadOptions): Promise<string[]> {
  const notes: string[] = [];
  for await (const { note } of checkpointsIn(path, options)) notes.push(note);
  return notes;
}

/**
 * The journaled checkpoint over the most entries, its signature unchecked; null when the journal has none or is
 * missing. Whoever relies on "none" must know that the file is there.
 * @throws GdprError as `readJournal`, and VERIFICATION_FAILED naming the line of a malformed checkpoint
 */
export async function lastCheckpoint(path: string, options?: ReadOptions): Promise<JournaledCheckpoint | null> {
  let last: JournaledCheckpoint | null = null;
  try {
    for await (const { line, note } of checkpointsIn(path, options)) {
      const checkpoint = checkpointOn(path, line, note);
      if (last === null || checkpoint.size >= last.size) last = { ...checkpoint, note, line };
    }
  } catch (error) {
    if (error instanceof GdprError && isMissing(error.cause)) return null;
    throw error;
  }
  return last;
}

function checkpointOn(path: string, line: number, note: string): Checkpoint {
  try {
    return parseCheckpoint(note);
  } catch (error) {
    if (error instanceof GdprError) throw damaged(path, line);
    throw error;
  }
}
