import { GdprError } from '../foundation/errors.js';
import { type Break, followJournal, noteKind } from './breaks.js';
import { type Checkpoint, openCheckpoint, parseCheckpoint } from './checkpoint.js';
import type { AuditEntry } from './entry.js';
import { entriesFrom, type Findings, plural } from './findings.js';
import type { VerifierKey } from './note.js';
import type { CompactTree } from './tree.js';

/** The checks that checkpoints are reported under: those stored beside the log, and those kept outside. */
export type Source = 'checkpoints' | 'journal';

const PLACE: Readonly<Record<Source, string>> = { checkpoints: 'in the database', journal: 'in the journal' };

/** What the intent is called that tells of a break; its counts are the entries of `journal` and `log`. */
export const BREAK_ACTION = 'restore replay';

interface Claim extends Checkpoint {
  readonly source: Source;
  agrees?: boolean;
}

/** What signed checkpoints say about the log, compared with it while it grows. */
export class Claims {
  #claims: Claim[] = [];
  #next = 0;
  #breaks: readonly Break[] = [];
  /** The first sequences after breaks of which the log tells. */
  readonly #told = new Set<number>();
  #former = 0;

  constructor(
    private readonly verifier: VerifierKey,
    private readonly findings: Findings,
  ) {}

  /** Takes a checkpoint up if its signature is the key's; otherwise it is a problem, and says nothing about the log. */
  add(source: Source, note: string): void {
    try {
      this.#claims.push({ ...openCheckpoint(note, this.verifier), source });
    } catch (error) {
      if (!(error instanceof GdprError)) throw error;
      this.findings.add(source, null, `${nameOf(note)} ${PLACE[source]} counts for nothing: ${error.message}`);
    }
  }

  /** Takes up the notes of the journal in their order; what a restored backup has cut off is no claim any more. */
  addJournal(notes: readonly string[], { replaying }: { replaying: boolean }): void {
    const { present, former, breaks, unfinished } = followJournal(notes, this.verifier, (note, error) => {
      const about = noteKind(note) === 'checkpoint' ? nameOf(note) : 'a note about a restored backup';
      const check = noteKind(note) === 'checkpoint' ? 'journal' : 'restored';
      this.findings.add(check, null, `${about} ${PLACE.journal} counts for nothing: ${error.message}`);
    });
    for (const checkpoint of present) this.#claims.push({ ...checkpoint, source: 'journal' });
    this.#breaks = breaks;
    this.#former = former;
    if (unfinished !== undefined && !replaying) {
      this.findings.add(
        'restored',
        null,
        'what is newer than the restored backup was not brought back yet; run: gdpr restore replay',
      );
    }
  }

  /** Compares an entry with the breaks that the journal tells of. */
  takeEntry({ sequence, action, kind, counts }: AuditEntry): void {
    if (action !== BREAK_ACTION || kind !== 'intent' || counts === undefined) return;
    const found = this.#breaks.find(({ size }) => size + 1 === sequence);
    if (found !== undefined && counts.log === found.size && counts.journal === found.former.size) {
      this.#told.add(sequence);
      return;
    }
    const problem = `entry ${sequence} tells of a restored backup, of which the journal has no signed record`;
    this.findings.add('restored', sequence, problem);
  }

  /** Names the breaks that the log keeps silent about; while one is being mended, its entry may be to come. */
  reportSilence(last: number, { replaying }: { replaying: boolean }): void {
    for (const { size } of this.#breaks) {
      if (this.#told.has(size + 1) || (replaying && last === size)) continue;
      this.findings.add(
        'restored',
        size + 1,
        `the journal has the log go on after entry ${size} from a restored backup, and the log does not`,
      );
    }
  }

  /** How often a backup was restored, in words; undefined when none was. */
  get restored(): string | undefined {
    if (this.#breaks.length === 0 && this.findings.countOf('restored') === 0) return undefined;
    const each = this.#breaks.map(
      ({ former, size }) => `the log of ${plural(former.size, 'entry')} goes on after ${size}`,
    );
    return [...each, `${plural(this.#former, 'checkpoint')} of the former log`].join(', ');
  }

  /** All checkpoints have been added. */
  sort(): void {
    this.#claims.sort((a, b) => a.size - b.size);
  }

  /** The size of the next checkpoint to compare; none is left at Infinity. */
  get nextSize(): number {
    return this.#claims[this.#next]?.size ?? Number.POSITIVE_INFINITY;
  }

  /** Compares every checkpoint up to `size` with the tree over all entries up to there. */
  compare(size: number, tree: CompactTree): void {
    const root = tree.root();
    for (; this.nextSize <= size; this.#next += 1) {
      const claim = this.#claims[this.#next] as Claim;
      claim.agrees = claim.size === tree.size && claim.root.equals(root);
    }
  }

  /** The size of the largest checkpoint that agrees; undefined when none does. */
  get covered(): number | undefined {
    return this.#claims.findLast((claim) => claim.agrees === true)?.size;
  }

  countOf(source: Source): number {
    return this.#of(source).length;
  }

  #of(source: Source): Claim[] {
    return this.#claims.filter((claim) => claim.source === source);
  }

  /** Names the checkpoints that the log does not bear out, and the entries between which it was rewritten. */
  reportDisagreements(source: Source): void {
    const compared = this.#of(source).filter((claim) => claim.agrees !== undefined);
    const lastAgreeing = compared.findLastIndex((claim) => claim.agrees === true);
    for (const claim of compared.slice(0, lastAgreeing + 1)) {
      if (claim.agrees === true) continue;
      this.findings.add(
        source,
        null,
        `${named(claim)} was signed over another log, although a later checkpoint agrees with this one`,
      );
    }
    const [first, ...later] = compared.slice(lastAgreeing + 1);
    if (first === undefined) return;
    const agreed = compared[lastAgreeing]?.size ?? 0;
    const range = first.size > agreed ? `${entriesFrom(agreed + 1, first.size)}` : `the first ${first.size}`;
    const also = later.length === 0 ? '' : `; so does the log differ from ${plural(later.length, 'later checkpoint')}`;
    this.findings.add(
      source,
      null,
      `${named(first)} disagrees with the log: ${range} ${agree(agreed + 1, first.size)} not what was signed${also}`,
    );
  }

  /** Names the tail that a checkpoint proves to have existed. */
  reportTail(last: number): void {
    const beyond = this.#claims.at(-1);
    if (beyond === undefined || beyond.size <= last) return;
    const missing = `${entriesFrom(last + 1, beyond.size)} ${agree(last + 1, beyond.size)} missing at the end`;
    this.findings.add('tail', last + 1, `${missing}: ${named(beyond)} was signed when the log had them`);
  }

  /** Names the journal's checkpoints that the database has lost. */
  reportRemoved(): void {
    const stored = new Set(this.#of('checkpoints').map(identity));
    for (const claim of this.#of('journal')) {
      if (stored.has(identity(claim))) continue;
      this.findings.add('journal', null, `${named(claim)} is missing from the database`);
    }
  }
}

function identity({ size, root }: Checkpoint): string {
  return `${size} ${root.toString('base64')}`;
}

function named({ size, source }: Claim): string {
  return `the checkpoint over ${plural(size, 'entry')} ${PLACE[source]}`;
}

function nameOf(note: string): string {
  try {
    return `the checkpoint over ${plural(parseCheckpoint(note).size, 'entry')}`;
  } catch {
    return 'a checkpoint';
  }
}

function agree(first: number, last: number): string {
  return first === last ? 'is' : 'are';
}
