import type { ResidueHit } from './hit.js';
import type { Unsearched } from './searchable.js';

/** More hits are counted, not listed. */
const MOST_HITS = 5000;
/** One finding of many namesakes is many hits. */
const HITS_AT_ONCE = 4 * MOST_HITS;

/** A hit, and the number of the scan that found it. */
interface FoundHit {
  readonly at: number;
  readonly class: ResidueHit['class'];
  readonly hit: ResidueHit;
}

/** What a search has found so far: all of it counted, and the places that tell most. */
export class FoundPlaces {
  readonly counts = { residue: 0, kept: 0, held: 0, 'third-party': 0 };
  readonly #tooLarge = new Map<string, { readonly table: string; readonly column: string }>();
  #hits: FoundHit[] = [];
  #least: FoundHit | undefined;

  /** `at` is the number of the scan; `hits` makes as many hits as are counted. */
  add(at: number, found: ResidueHit['class'], count: number, hits: () => ResidueHit[]): void {
    this.counts[found] += count;
    const place = { at, class: found };
    if (this.#least !== undefined && telling(place, this.#least) > 0) return;
    for (const hit of hits()) this.#hits.push({ ...place, hit });
    if (this.#hits.length <= HITS_AT_ONCE) return;
    this.#hits = mostTelling(this.#hits);
    this.#least = this.#hits.at(-1);
  }

  addTooLarge(table: string, column: string): void {
    this.#tooLarge.set(`${table} ${column}`, { table, column });
  }

  /** At most `MOST_HITS`, residue first. */
  hits(): ResidueHit[] {
    return mostTelling(this.#hits).map(({ hit }) => hit);
  }

  tooLarge(): Unsearched[] {
    return [...this.#tooLarge]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, place]) => ({ ...place, reason: 'too-large' }));
  }
}

/** Residue first, the places in the order of the database. */
function telling(a: Omit<FoundHit, 'hit'>, b: Omit<FoundHit, 'hit'>): number {
  return Number(a.class !== 'residue') - Number(b.class !== 'residue') || a.at - b.at;
}

function mostTelling(hits: readonly FoundHit[]): FoundHit[] {
  return hits.toSorted(telling).slice(0, MOST_HITS);
}
