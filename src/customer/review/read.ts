import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { asFileError } from '../../foundation/durable.js';
import { GdprError, isMissing } from '../../foundation/errors.js';
import { type Entry, parseEntry, parseHead } from './entry.js';
import { textId } from './text.js';
import { FORMAT, SEPARATOR } from './write.js';

/** A review as its file has it. */
export interface Review {
  /** SHA-256 of the file's bytes, in hexadecimal. */
  readonly digest: string;
  readonly entries: ReadonlyMap<string, Entry>;
}

/** More than one text with all its spans takes, and little enough to parse at once. */
const MOST_CHARACTERS = 2_000_000;

/**
 * Reads the decisions on one person's free texts, a text at a time; undefined when there is no such file.
 * @throws GdprError INPUT_INVALID (another person's, not UTF-8, changed where it must not be, decisions that cannot
 *   be carried out; the message names the text's number and line and repeats nothing of it), PLAN_CHANGED,
 *   FILE_UNAVAILABLE
 */
export async function readReview(
  path: string,
  of: { readonly person: string; readonly plan: string },
): Promise<Review | undefined> {
  const hash = createHash('sha256');
  const entries = new Map<string, Entry>();
  const numbers = new Set<number>();
  let head = true;
  try {
    for await (const { text, line } of parts(path, hash)) {
      if (head) {
        parseHead(text, of);
        head = false;
        continue;
      }
      const entry = parseEntry(text, line);
      const id = textId(entry);
      if (entries.has(id) || numbers.has(entry.text)) {
        throw new GdprError('INPUT_INVALID', `text ${entry.text} (line ${line}) stands in the review file twice`, {
          hint: 'remove one of the two',
        });
      }
      entries.set(id, entry);
      numbers.add(entry.text);
    }
  } catch (error) {
    if (isMissing(error)) return undefined;
    return asFileError(path, () => Promise.reject(error));
  }
  return { digest: hash.digest('hex'), entries };
}

/** The parts between lines of `---`, with the number of each one's first line. */
async function* parts(
  path: string,
  hash: ReturnType<typeof createHash>,
): AsyncGenerator<{ text: string; line: number }> {
  let lines: string[] = [];
  let size = 0;
  let first = 1;
  let line = 0;
  for await (const text of linesOf(path, hash)) {
    line += 1;
    if (text.trimEnd() === SEPARATOR) {
      yield { text: lines.join('\n'), line: first };
      lines = [];
      size = 0;
      first = line + 1;
      continue;
    }
    lines.push(text);
    size += text.length;
    if (size > MOST_CHARACTERS) throw unreadable(`what begins in line ${first} is too long for one text`);
  }
  yield { text: lines.join('\n'), line: first };
}

async function* linesOf(path: string, hash: ReturnType<typeof createHash>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (bytes?: Uint8Array) => {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
    } catch {
      throw unreadable('it is not in UTF-8');
    }
  };
  let rest = '';
  const handle = await open(path);
  for await (const chunk of handle.createReadStream()) {
    hash.update(chunk as Buffer);
    const lines = (rest + decode(chunk as Buffer)).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MOST_CHARACTERS) throw unreadable('it has a line that is too long');
    for (const line of lines) yield line.replace(/\r$/, '');
  }
  yield (rest + decode()).replace(/\r$/, '');
}

function unreadable(why: string): GdprError {
  return new GdprError('INPUT_INVALID', `the review file cannot be read: ${why}`, {
    hint: `it must be the file that this command wrote (${FORMAT}), saved as UTF-8 text`,
  });
}
