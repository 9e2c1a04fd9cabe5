import { GdprError } from '../../foundation/errors.js';
import type { FoundText, Verdict } from '../cells.js';
import type { Own } from '../mentions.js';
import { checkLeave, checkWords, type Entry } from './entry.js';
import type { Review } from './read.js';
import { redact } from './redact.js';
import { type ReviewText, reviewText, textDigest, textId, type Where } from './text.js';
import { MOST_SPANS } from './write.js';

/** How many texts were given, given with parts covered, withheld by decision, and withheld for want of one. */
export interface Decided {
  readonly given: number;
  readonly redacted: number;
  readonly withheld: number;
  readonly undecided: number;
}

/** What became of the texts: in all and by place, under the digest (SHA-256, hexadecimal) of the review's file. */
export interface ReviewSummary extends Decided {
  readonly digest: string;
  readonly places: readonly (Decided & { readonly table: string; readonly column: string })[];
}

const NOTHING: Decided = { given: 0, redacted: 0, withheld: 0, undecided: 0 };

/**
 * The decision on a text that is as it was when it was read; without one, or when it or what is found in it has
 * changed, it is undecided.
 * @throws GdprError INPUT_INVALID for words to cover that a text shown in parts does not hold
 */
export function decide(
  entry: Entry | undefined,
  text: ReviewText,
): { readonly what: keyof Decided; readonly verdict: Verdict } {
  const undecided = { what: 'undecided', verdict: { withheld: 'free-text' } } as const;
  if (entry === undefined || entry.digest !== textDigest(text)) return undecided;
  switch (entry.decision) {
    case 'give':
      return { what: 'given', verdict: 'give' };
    case 'withhold':
      return {
        what: 'withheld',
        verdict: { withheld: 'reviewed', ...(entry.because && { because: entry.because }) },
      };
    case 'redact':
      return { what: 'redacted', verdict: { redacted: redacted(entry, text) } };
    case 'undecided':
      return undecided;
  }
}

function redacted({ cover, leave, whole, text: number }: Entry, { text, spans }: ReviewText): string {
  if (!whole) {
    const wrong = (what: string, hint = 'correct the review file') =>
      new GdprError('INPUT_INVALID', `text ${number} of the review file${what}`, { hint });
    checkWords(cover, text, wrong);
    checkLeave(leave, spans, wrong);
  }
  const covered = spans.filter(({ found }) => !leave.includes(found));
  // Of a text with more findings, those that were not listed are covered where they were found.
  const found = new Set(covered.slice(0, MOST_SPANS).map((span) => span.found));
  return redact(text, covered, [...cover, ...found]);
}

/** Applies a review to texts as they are met, and counts. */
export class ReviewJudge {
  readonly #places = new Map<string, { table: string; column: string } & { -readonly [K in keyof Decided]: number }>();

  constructor(private readonly review: Review) {}

  /** Decides the texts of one row. */
  of(where: Pick<Where, 'table' | 'row'>, own: Own): (found: FoundText) => Verdict {
    return (found) => {
      const text = reviewText(where, found, own);
      if (text === undefined) return 'give';
      const { what, verdict } = decide(this.review.entries.get(textId(text)), text);
      this.#count(text, what);
      return verdict;
    };
  }

  summary(): ReviewSummary {
    const places = [...this.#places.values()];
    const sum = (what: keyof Decided) => places.reduce((count, place) => count + place[what], 0);
    return {
      digest: this.review.digest,
      given: sum('given'),
      redacted: sum('redacted'),
      withheld: sum('withheld'),
      undecided: sum('undecided'),
      places,
    };
  }

  #count({ table, column, place }: Where, what: keyof Decided): void {
    const name = [column, ...place.map((part) => (/^\d+$/.test(part) ? '*' : part))].join('.');
    const id = `${table}\n${name}`;
    const counts = this.#places.get(id) ?? { table, column: name, ...NOTHING };
    counts[what] += 1;
    this.#places.set(id, counts);
  }
}

/** What a row's key holds, of a result that ends with it; undefined where the table has no key to tell rows by. */
export function rowKey(
  key: readonly string[] | undefined,
  values: readonly (string | null)[],
): Readonly<Record<string, string>> | undefined {
  if (key === undefined) return undefined;
  const first = values.length - key.length;
  return Object.fromEntries(key.map((name, i) => [name, values[first + i] ?? '']));
}
