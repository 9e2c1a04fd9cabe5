import type { Chooser } from '../customer/choose.js';
import { findRequester } from '../customer/requester.js';
import type { PersonQuery } from '../customer/resolve.js';
import { endOperation, runOperation } from '../operation/operation.js';
import type { Context } from '../workspace/open.js';
import type { ConsentChannel, ConsentEvent } from './event.js';
import { type ConsentState, type FoldedEvent, foldConsent, inOrder } from './fold.js';
import { type ChannelStanding, type PersonConsent, readPersonConsent, standingsOf } from './person.js';

/** One thing that was said, and what it did. */
export interface Told extends Omit<FoldedEvent, 'at'> {
  /** When it was said, UTC with microseconds; null where the shop has no time of it. */
  readonly at: string | null;
  /** When it was written down; null of what the shop's columns say. */
  readonly recordedAt: string | null;
  readonly recordedBy: string | null;
  readonly operation: string | null;
  readonly mechanism: ConsentEvent['mechanism'] | null;
  readonly evidence: string | null;
  readonly guardian: string | null;
  /** The source of the data map whose columns say it; null of the ledger's events. */
  readonly place: string | null;
  /** Who may be given data, and which categories, where that is what was said. */
  readonly party: string | null;
  readonly categories: readonly string[] | null;
  /** Where the person stood before and after, in the order of what was said. */
  readonly before: ConsentState;
  readonly after: ConsentState;
}

/** Where somebody stands on a purpose and channel, and since when. */
export interface StandingNow {
  readonly purpose: string;
  readonly channel: ConsentChannel;
  readonly state: ConsentState;
  readonly since: string | null;
  readonly wording: string | null;
  readonly source: FoldedEvent['source'] | null;
  readonly party: string | null;
}

export interface ConsentHistory {
  readonly operation: string;
  readonly subject: string;
  readonly snapshot: string;
  readonly events: readonly Told[];
  readonly standings: readonly StandingNow[];
  readonly audit: { readonly sequence: number };
}

/**
 * Everything that one person said about being written to, in the order in which it was said, whenever it was written
 * down; with the shop's own columns.
 * @throws GdprError as `findRequester`
 */
export async function consentHistory(context: Context, query: PersonQuery, chooser: Chooser): Promise<ConsentHistory> {
  const asks = { action: 'consent history', ground: 'Art. 7(1)', kind: 'access' } as const;
  const { match } = await findRequester(context, asks, query, undefined, chooser);
  const { subject, person } = match;
  const intent = { action: asks.action, subjects: [subject], ground: asks.ground };
  return runOperation(context, intent, async (operation) => {
    const known = await readPersonConsent(context, subject, person);
    const purpose = context.model.map.marketing?.purpose;
    const events = toldOf(known, purpose);
    const sequence = await endOperation(context, operation, { result: 'done', counts: { events: events.length } });
    const standings = standingsOf(known, purpose, known.snapshot).map(standingNow);
    return { operation: operation.id, subject, snapshot: known.snapshot, events, standings, audit: { sequence } };
  });
}

export function standingNow({ purpose, channel, party, state, by }: ChannelStanding): StandingNow {
  const at = by?.at ?? '';
  return {
    purpose,
    channel,
    state,
    since: at === '' ? null : at,
    wording: by?.wording ?? null,
    source: by?.source ?? null,
    party,
  };
}

/** What was said, by purpose and channel, each with what it did to where the person stood. */
export function toldOf({ events, shop, wordings }: PersonConsent, marketingPurpose: string | undefined): Told[] {
  type Entry = FoldedEvent &
    Pick<
      Told,
      | 'recordedAt'
      | 'recordedBy'
      | 'operation'
      | 'mechanism'
      | 'evidence'
      | 'guardian'
      | 'place'
      | 'party'
      | 'categories'
    >;
  const told = events.map((event): Entry => ({ ...event, place: null }));
  const unknown = {
    recordedAt: null,
    recordedBy: null,
    operation: null,
    mechanism: null,
    evidence: null,
    guardian: null,
    party: null,
    categories: null,
  };
  const shopSaid = (says: 'yes' | 'no') =>
    shop.flatMap(({ channel, says: said, at, wording, place }): Entry[] => {
      if (marketingPurpose === undefined || said !== says) return [];
      const what = says === 'yes' ? 'given' : 'withdrawn';
      return [
        {
          ...unknown,
          purpose: marketingPurpose,
          channel,
          what,
          at: at ?? '',
          wording,
          source: 'shop',
          digest: 'shop',
          place,
        },
      ];
    });
  const ordered = inOrder([...told, ...shopSaid('yes')]);
  const group = (entry: Entry, upTo: number) =>
    ordered
      .slice(0, upTo)
      .filter(
        ({ purpose, channel, party }) =>
          purpose === entry.purpose && channel === entry.channel && party === entry.party,
      );
  const row = (entry: Entry, before: ConsentState, after: ConsentState): Told => {
    const { purpose, channel, what, wording, source, digest, recordedAt, recordedBy, operation, mechanism } = entry;
    const { evidence, guardian, place, at, party, categories } = entry;
    const said = { purpose, channel, what, at: at === '' ? null : at, wording, source, digest };
    return {
      ...said,
      recordedAt,
      recordedBy,
      operation,
      mechanism,
      evidence,
      guardian,
      place,
      party,
      categories,
      before,
      after,
    };
  };
  const list = ordered.map((entry, i) =>
    row(entry, foldConsent(group(entry, i), wordings).state, foldConsent(group(entry, i + 1), wordings).state),
  );
  // The columns tell no time of a no, which stands whatever else was said.
  const refusals = shopSaid('no').map((entry) => {
    const { state } = foldConsent(group(entry, ordered.length), wordings);
    return row(entry, state, state === 'objected' ? 'objected' : 'withdrawn');
  });
  return [...list, ...refusals];
}
