import { type ConsentEvent, SAID } from './event.js';
import { proves, type Wording } from './wording.js';

/**
 * Where somebody stands. unproven: a yes without a wording that was shown then; unconfirmed: a yes that still waits for
 * the second step of a double opt-in; none: nothing was said.
 */
export type ConsentState = 'none' | 'given' | 'unconfirmed' | 'unproven' | 'expired' | 'withdrawn' | 'objected';

export interface Standing {
  readonly state: ConsentState;
  /** The event that decides; null where nothing was said. */
  readonly by: FoldedEvent | null;
}

/** As much of an event as the fold looks at; `shop` is what the shop's own columns say. */
export type FoldedEvent = Pick<ConsentEvent, 'purpose' | 'channel' | 'what' | 'at' | 'wording'> & {
  readonly source: ConsentEvent['source'] | 'shop';
  readonly digest: string;
  /** Who may be given data, where that is what it is about. */
  readonly party?: string | null | undefined;
};

const STOPS: ReadonlySet<string> = new Set(['expired', 'withdrawn', 'objected']);

/** Events in the order in which they count, whatever the order in which they came in. */
export function inOrder<E extends FoldedEvent>(events: readonly E[]): E[] {
  const rank = (event: E) => SAID.indexOf(event.what);
  const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  return events.toSorted((a, b) => compare(a.at, b.at) || rank(a) - rank(b) || compare(a.digest, b.digest));
}

/**
 * Where a person stands on one purpose and channel (of one party), from everything that they said about it. What was said last counts;
 * an objection yields only to a yes that the person gave themselves afterwards (Art. 21(3)), not to an imported one.
 * Of several yeses the best proven stands. `foldSql` says the same of many people at once.
 */
export function foldConsent(events: readonly FoldedEvent[], wordings: ReadonlyMap<string, Wording>): Standing {
  const ordered = inOrder(events);
  const isYes = ({ what }: FoldedEvent) => what === 'given' || what === 'renewed';
  const objected = ordered.findLastIndex(({ what }) => what === 'objected');
  const lifted = ordered.findIndex((event, i) => i > objected && isYes(event) && event.source === 'person');
  if (objected >= 0 && lifted < 0) return { state: 'objected', by: ordered[objected] ?? null };
  const stop = ordered.findLastIndex(({ what }) => STOPS.has(what));
  const from = Math.max(stop, objected < 0 ? -1 : lifted - 1);
  const yeses = ordered.flatMap((event, i) => {
    if (i <= from || !isYes(event)) return [];
    const wording = wordings.get(event.wording ?? '');
    if (wording === undefined || !proves(wording, event)) return [{ quality: 0, event }];
    const confirmed = ordered.some(({ what }, j) => j > i && what === 'confirmed');
    return [{ quality: wording.doubleOptIn && !confirmed ? 1 : 2, event }];
  });
  const best = yeses.toSorted((a, b) => a.quality - b.quality).at(-1);
  if (best !== undefined)
    return { state: (['unproven', 'unconfirmed', 'given'] as const)[best.quality] ?? 'unproven', by: best.event };
  const last = ordered[stop];
  return last === undefined ? { state: 'none', by: null } : { state: last.what as ConsentState, by: last };
}
