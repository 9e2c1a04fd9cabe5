import { GdprError } from '../foundation/errors.js';
import { type Checkpoint, openCheckpoint } from './checkpoint.js';
import { type CheckpointKey, fromBase64, openNote, parseNote, signNote, type VerifierKey } from './note.js';
import { HASH_BYTES } from './tree.js';

/** A log that a restored backup has cut off, and where it goes on. */
export interface Break {
  /** What the journal vouched for last. */
  readonly former: { readonly size: number; readonly root: Buffer };
  /** What the restored database has of it. */
  readonly size: number;
  readonly root: Buffer;
}

/** First lines of notes that no checkpoint can begin with: its first line is the name of a key, without spaces. */
const RESTORED = 'privatums log restored v1';
const REPLAYED = 'privatums log replayed v1';

/** The signed note of a break (C2SP signed-note): origin, former size and root, size and root at which the log goes on. */
export function signBreak({ former, size, root }: Break, key: CheckpointKey): string {
  const lines = [RESTORED, key.name, former.size, former.root.toString('base64'), size, root.toString('base64')];
  return signNote(`${lines.join('\n')}\n`, key);
}

/** The signed note that everything newer than the backup was brought back. */
export function signReplayed({ size, root }: Pick<Break, 'size' | 'root'>, key: CheckpointKey): string {
  return signNote(`${[REPLAYED, key.name, size, root.toString('base64')].join('\n')}\n`, key);
}

/** What stands in the journal as a note, by its first line; nothing is checked. */
export function noteKind(note: string): 'checkpoint' | 'restored' | 'replayed' {
  if (note.startsWith(`${RESTORED}\n`)) return 'restored';
  return note.startsWith(`${REPLAYED}\n`) ? 'replayed' : 'checkpoint';
}

/** @throws GdprError VERIFICATION_FAILED unless the note is well-formed and the key has signed it */
function openBreak(note: string, verifier: VerifierKey): Break {
  const [, origin, formerSize, formerRoot, size, root, ...rest] = openNote(note, verifier).slice(0, -1).split('\n');
  if (origin !== verifier.name || rest.length > 0) throw broken();
  return { former: { size: sizeOf(formerSize), root: rootOf(formerRoot) }, size: sizeOf(size), root: rootOf(root) };
}

function openReplayed(note: string, verifier: VerifierKey): Pick<Break, 'size' | 'root'> {
  const [, origin, size, root, ...rest] = openNote(note, verifier).slice(0, -1).split('\n');
  if (origin !== verifier.name || rest.length > 0) throw broken();
  return { size: sizeOf(size), root: rootOf(root) };
}

/** The sizes before and after a break, its signature unchecked. @throws GdprError VERIFICATION_FAILED */
export function parseBreak(note: string): { readonly former: number; readonly size: number } {
  const [, , former, , size] = parseNote(note).text.split('\n');
  return { former: sizeOf(former), size: sizeOf(size) };
}

function sizeOf(decimal = ''): number {
  const size = Number(decimal);
  if (!/^(?:0|[1-9]\d*)$/.test(decimal) || !Number.isSafeInteger(size)) throw broken();
  return size;
}

function rootOf(encoded = ''): Buffer {
  const root = fromBase64(encoded);
  if (root?.length !== HASH_BYTES) throw broken();
  return root;
}

function broken(): GdprError {
  return new GdprError('VERIFICATION_FAILED', 'the note about a restored backup is not valid', {
    hint: 'compare the journal with its copy, and run: gdpr audit verify',
  });
}

/** What the notes of a journal say together, in the order in which they were appended. */
export interface JournalClaims {
  /** Checkpoints that the present log must bear out. */
  readonly present: readonly Checkpoint[];
  /** How many are of logs that a restored backup has cut off. */
  readonly former: number;
  /** The breaks that the present log must tell of, oldest first. */
  readonly breaks: readonly Break[];
  /** The last break while not everything was brought back. */
  readonly unfinished: Break | undefined;
}

/**
 * Follows a journal over its breaks: a checkpoint over more entries than a later break has left is of the former log.
 * A break counts only if the key has signed it and it names the largest checkpoint before it, so that none can be
 * forged, moved or used twice to explain a shortened log away.
 */
export function followJournal(
  notes: readonly string[],
  verifier: VerifierKey,
  onProblem: (note: string, error: GdprError) => void,
): JournalClaims {
  let present: Checkpoint[] = [];
  let breaks: Break[] = [];
  let former = 0;
  let unfinished: Break | undefined;
  for (const note of notes) {
    try {
      const kind = noteKind(note);
      if (kind === 'checkpoint') {
        present.push(openCheckpoint(note, verifier));
      } else if (kind === 'replayed') {
        const { size, root } = openReplayed(note, verifier);
        if (unfinished?.size !== size || !unfinished.root.equals(root)) throw outOfPlace();
        unfinished = undefined;
      } else {
        const found = openBreak(note, verifier);
        const last = present.reduce<Checkpoint | undefined>(
          (largest, each) => (largest === undefined || each.size >= largest.size ? each : largest),
          undefined,
        );
        if (last?.size !== found.former.size || !last.root.equals(found.former.root) || found.size >= last.size)
          throw outOfPlace();
        const left = present.filter(({ size }) => size <= found.size);
        former += present.length - left.length;
        present = left;
        breaks = [...breaks.filter(({ size }) => size < found.size), found];
        unfinished = found;
      }
    } catch (error) {
      if (!(error instanceof GdprError)) throw error;
      onProblem(note, error);
    }
  }
  return { present, former, breaks, unfinished };
}

function outOfPlace(): GdprError {
  return new GdprError('VERIFICATION_FAILED', 'it does not follow from what stands before it in the journal', {
    hint: 'compare the journal with its copy, and run: gdpr audit verify',
  });
}
