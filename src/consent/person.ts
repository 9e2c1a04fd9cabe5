import { timeText } from '../audit/append.js';
import type { FoundPerson } from '../customer/people.js';
import type { Session } from '../database/session.js';
import { readCatalog } from '../datamap/catalog.js';
import { collectRows } from '../datamap/collect.js';
import { compileCollect, rowsOf } from '../datamap/collect-plan.js';
import { assertNoDrift } from '../datamap/drift.js';
import { column, fromTable, keyOf, live } from '../datamap/sql.js';
import { GdprError } from '../foundation/errors.js';
import { groupBy } from '../foundation/group.js';
import type { Context } from '../workspace/open.js';
import { CHANNELS, type ConsentChannel, type ConsentEvent } from './event.js';
import { type FoldedEvent, foldConsent, type Standing } from './fold.js';
import { type MarketingSource, marketingSources, shopSaysSql } from './shop-says.js';
import { readWordings, type Wording } from './wording.js';

/** An event as the ledger holds it, or an objection that `customer object` noted. */
export interface StoredEvent extends Omit<ConsentEvent, 'mechanism' | 'party' | 'categories'> {
  /** Null of an objection that was noted outside the ledger. */
  readonly mechanism: ConsentEvent['mechanism'] | null;
  /** Null where it is about no party. */
  readonly party: string | null;
  /** Null where it is about no party, and of a no. */
  readonly categories: readonly string[] | null;
  /** When it was written down, UTC with microseconds. */
  readonly recordedAt: string;
  readonly recordedBy: string;
  readonly operation: string;
  readonly digest: string;
}

/** What the shop's own columns say of somebody now. */
export interface ShopSaid {
  /** The source in the data map. */
  readonly place: string;
  readonly channel: ConsentChannel;
  readonly says: 'yes' | 'no';
  /** Null where the shop has no time of it. */
  readonly at: string | null;
  readonly wording: string | null;
}

/** Everything that is known of what one person said, in one snapshot. */
export interface PersonConsent {
  /** The instant of the snapshot. */
  readonly snapshot: string;
  readonly events: readonly StoredEvent[];
  readonly shop: readonly ShopSaid[];
  readonly wordings: ReadonlyMap<string, Wording>;
}

/** A reference and those that it took the place of. */
const FORMER = `(WITH RECURSIVE former (reference) AS (
    SELECT $1::text UNION SELECT s.reference FROM gdpr.subject_superseded s JOIN former f ON s.by = f.reference
  ) SELECT reference FROM former)`;

/**
 * What a person said, under every reference that they ever had, in the order in which it was said; objections noted by
 * `customer object` are about all channels of the marketing purpose.
 */
async function readEvents(
  session: Session,
  subject: string,
  marketingPurpose: string | undefined,
): Promise<StoredEvent[]> {
  const rows = await session.query<
    Omit<StoredEvent, 'categories'> & { categories: string | null } & Record<string, unknown>
  >(
    `SELECT e.subject, e.purpose, e.channel, e.what, ${timeText('e.event_at')} AS at, e.mechanism, e.wording, e.evidence,
            e.guardian, e.source, ${timeText('e.recorded_at')} AS "recordedAt", e.recorded_by AS "recordedBy", e.operation, e.digest,
            e.party, array_to_json(e.categories)::text AS categories
     FROM gdpr.consent_event e WHERE e.subject IN ${FORMER}
     UNION ALL
     SELECT o.subject, $2::text, c.channel, 'objected', ${timeText('o.objected_at')}, NULL, NULL, NULL, NULL, 'person',
            ${timeText('o.objected_at')}, o.noted_by, o.operation, o.operation, NULL, NULL
     FROM gdpr.objection o, unnest($3::text[]) c (channel)
     WHERE o.purpose = 'marketing' AND $2::text IS NOT NULL AND o.subject IN ${FORMER}
       AND NOT EXISTS (SELECT FROM gdpr.consent_event e WHERE e.operation = o.operation AND e.channel = c.channel)
     ORDER BY at, "recordedAt", channel, digest`,
    [subject, marketingPurpose ?? null, [...CHANNELS]],
  );
  return rows.map(({ categories, ...row }) => ({
    ...row,
    categories: categories === null ? null : (JSON.parse(categories) as string[]),
  }));
}

/**
 * Reads in one snapshot what a person said and what the shop's columns say in the rows that are theirs.
 * @throws GdprError DRIFT
 */
export async function readPersonConsent(
  { database, model }: Pick<Context, 'database' | 'model'>,
  subject: string,
  person: FoundPerson,
): Promise<PersonConsent> {
  return database.transaction('repeatable read', async (session) => {
    const catalog = await readCatalog(session);
    assertNoDrift(model, catalog);
    const sources = marketingSources(model).filter(({ source }) => source.says !== undefined);
    if (sources.length > 0) await collectRows(session, compileCollect(model, catalog), model, catalog, [person]);
    const shop: ShopSaid[] = [];
    for (const source of sources) {
      const says = shopSaysSql(model, catalog, source);
      if (says === undefined) continue;
      const on = keyOf(source.table, catalog).map((_, i) => `r.k${i + 1} = s.k${i + 1}`);
      shop.push(
        ...(await session.query<ShopSaid & Record<string, unknown>>(
          `SELECT DISTINCT $1 AS place, s.channel, s.says, ${timeText('s.at')} AS at, s.wording
           FROM (${says}) s JOIN ${rowsOf(source.table)} r ON ${on.join(' AND ')} WHERE r.owner = ${ownerIndex(source)}
           ORDER BY at NULLS FIRST, channel, says`,
          [source.id],
        )),
      );
    }
    const events = await readEvents(session, subject, model.map.marketing?.purpose);
    const [row] = await session.query<{ at: string }>(`SELECT ${timeText('transaction_timestamp()')} AS at`);
    return { snapshot: row?.at ?? '', events, shop, wordings: await readWordings(session) };
  });
}

/** The position of the owner whose addresses a source holds. */
export function ownerIndex({ source, table }: MarketingSource): number {
  return table.owners.find(({ id }) => id === source.owner)?.index ?? 0;
}

/** Where somebody stands on one purpose and channel. */
export interface ChannelStanding extends Standing {
  readonly purpose: string;
  readonly channel: ConsentChannel;
  readonly party: string | null;
}

/**
 * Where the person stood at an instant on each purpose, channel and party of which something was said. A no of the shop's
 * columns has no time and always counts; only an objection says more.
 */
export function standingsOf(
  { events, shop, wordings }: Pick<PersonConsent, 'events' | 'shop' | 'wordings'>,
  marketingPurpose: string | undefined,
  at: string,
): ChannelStanding[] {
  const said = foldedEvents(events, shop, marketingPurpose).filter((event) => event.at <= at);
  const groups = groupBy(said, ({ purpose, channel, party }) => JSON.stringify([purpose, channel, party ?? null]));
  for (const { channel, says } of shop) {
    const key = JSON.stringify([marketingPurpose, channel, null]);
    if (says === 'no' && !groups.has(key)) groups.set(key, []);
  }
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, group]) => {
      const [purpose, channel, party] = JSON.parse(key) as [string, ConsentChannel, string | null];
      const standing = foldConsent(group, wordings);
      const refused =
        purpose === marketingPurpose && shop.some((each) => each.channel === channel && each.says === 'no');
      if (!refused || standing.state === 'objected') return { purpose, channel, party, ...standing };
      return {
        purpose,
        channel,
        party,
        state: 'withdrawn',
        by: { ...SHOP, purpose, channel, what: 'withdrawn', at: '', wording: null },
      };
    });
}

const SHOP = { source: 'shop', digest: 'shop' } as const;

/** The events with the shop's yeses among them; one without a time comes before everything else. */
function foldedEvents(
  events: readonly StoredEvent[],
  shop: readonly ShopSaid[],
  purpose: string | undefined,
): FoldedEvent[] {
  if (purpose === undefined) return [...events];
  const yeses = shop.flatMap(({ channel, says, at, wording }): FoldedEvent[] =>
    says === 'yes' ? [{ ...SHOP, purpose, channel, what: 'given', at: at ?? '', wording }] : [],
  );
  return [...events, ...yeses];
}

/**
 * The person's day of birth (`2013-05-01`) where a source of the map knows it; the latest, where sources differ, so that a
 * child is never taken for somebody older.
 * @throws GdprError DRIFT when the column holds no date
 */
export async function birthDateOf(
  { database, model }: Pick<Context, 'database' | 'model'>,
  person: FoundPerson,
): Promise<string | undefined> {
  const sources = marketingSources(model).flatMap((each) =>
    each.source.birthDate === undefined ? [] : [{ ...each, born: each.source.birthDate }],
  );
  if (sources.length === 0) return undefined;
  return database.transaction('repeatable read', async (session) => {
    const catalog = await readCatalog(session);
    assertNoDrift(model, catalog);
    await collectRows(session, compileCollect(model, catalog), model, catalog, [person]);
    const days = sources.map((each) => {
      const { table, born } = each;
      const type = live(table, catalog).columns.get(born)?.baseType ?? '';
      if (type !== 'date' && !type.startsWith('timestamp'))
        throw new GdprError('DRIFT', `${table.name}.${born} is to hold a date of birth, but is no date`);
      const on = keyOf(table, catalog).map((part, i) => `${part.expression} = r.k${i + 1}`);
      return `SELECT ${column('t', born)}::date AS day FROM ${rowsOf(table)} r JOIN ${fromTable(table, catalog)} t
        ON ${on.join(' AND ')} WHERE r.owner = ${ownerIndex(each)} AND isfinite(${column('t', born)})`;
    });
    const [row] = await session.query<{ day: string | null }>(
      `SELECT max(d.day)::text AS day FROM (${days.join(' UNION ALL ')}) d`,
    );
    return row?.day ?? undefined;
  });
}
