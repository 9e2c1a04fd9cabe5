import { type MarketingSource, marketingSources } from '../consent/shop-says.js';
import type { Wording } from '../consent/wording.js';
import type { Catalog } from '../datamap/catalog.js';
import type { DataMapModel, PersonalTableModel } from '../datamap/model.js';
import { canonicalName } from '../datamap/names.js';
import type { Condition } from '../datamap/schema.js';
import { column, conditions, equal, fromTable, type KeyPart, keyOf, live, operand } from '../datamap/sql.js';
import { GdprError } from '../foundation/errors.js';
import { sqlPlainEmail } from '../identity/email.js';
import type { IdentifierOptions } from '../identity/kinds.js';
import { sqlPlainPhone } from '../identity/phone-key.js';
import { saidOfRow, shownAmong, wordingAt } from './said-of.js';
import type { SegmentCondition } from './segment.js';

export type AudienceChannel = 'email' | 'sms';

/** What a row may tell of itself besides: texts of it that are gathered where somebody asks for them. */
export type CarriedText = 'email' | 'phone' | 'name' | 'given_name' | 'family_name' | 'language';

/** What a list is made for. */
export interface Selection {
  readonly channel: AudienceChannel;
  /** The others are NULL: a million candidates take as much room as what is gathered of them. */
  readonly carried: ReadonlySet<CarriedText>;
  /** Whether the campaign declares what the soft opt-in asks for. */
  readonly softOptIn: boolean;
  readonly wordings: ReadonlyMap<string, Wording>;
  readonly spelling: IdentifierOptions;
  /** The segment for the rows of a source; undefined where everybody is meant. */
  readonly segment: ((source: string) => SegmentCondition) | undefined;
}

/** The temporary table of candidates, one row a row of the map's marketing sources. */
export const CANDIDATES = 'pg_temp.audience_candidate';
/**
 * The temporary table of the judged: `n`, `place`, `key`, `address`, `reason` (NULL of those in the list and of others with
 * their address), `basis`, `consent`, `since`, `own_at`, when they last consented themselves, and the texts that are listed.
 */
export const JUDGED = 'pg_temp.audience_judged';

/**
 * The statement that gathers the candidates: what the map's rows say, nothing judged yet. Pure. Each table is read once
 * for each thing that it tells: its own people, and the orders of others.
 *
 * `place` is the number of the source in the map, by which an address that several rows have is listed for the first; `form`
 * is the normal form of the address where SQL can tell it, and NULL of any other spelling, which is `raw`;
 * `ordered_at` is the latest order of their own that was carried out and was placed under a checkout notice.
 */
export function candidateStatement(model: DataMapModel, catalog: Catalog, selection: Selection): string {
  const sources = marketingSources(model).map((source, i) => statement(model, catalog, selection, source, i));
  // Put into one another, the form would be computed each time that it is named; several sources are not.
  const apart = sources.length === 1 ? '\nOFFSET 0' : '';
  return `CREATE TEMPORARY TABLE audience_candidate ON COMMIT DROP AS
SELECT row_number() OVER () AS n, x.place, x.key, x.form, CASE WHEN x.form IS NULL THEN x.raw END AS raw,
  ${TEXTS.map((name) => `x.${name}`).join(', ')}, x.legal, x.closed, x.born, x.in_segment, x.shop_no, x.shop_yes, x.shop_at,
  x.shop_wording, x.refused_at, x.ordered_at, x.ordered_wording
FROM (${sources.join('\nUNION ALL')}${apart}) x`;
}

const TEXTS: readonly CarriedText[] = ['email', 'phone', 'name', 'given_name', 'family_name', 'language'];

function statement(
  model: DataMapModel,
  catalog: Catalog,
  selection: Selection,
  from: MarketingSource,
  place: number,
): string {
  const { id, source, table } = from;
  const { channel, carried } = selection;
  const key = keyOf(table, catalog);
  const named = { ...source, given_name: source.givenName, family_name: source.familyName };
  const address = channel === 'email' ? source.email : source.phone;
  const text = (name: string | undefined) => (name === undefined ? 'NULL::text' : `${column('t', name)}::text`);
  const all = (list: readonly Condition[] | undefined, otherwise: string) =>
    list === undefined ? otherwise : `coalesce(${conditions(list).join(' AND ')}, false)`;
  const said = saidOfRow(model, catalog, from, channel, selection.wordings);
  const orders = ordersOf(model, catalog, selection, from);
  const segment = selection.segment?.(id);
  const shownThen = notices(selection, model.map.marketing?.purpose);
  return `
SELECT ${place}::smallint AS place, ${keyText(key)} AS key, ${text(address)} AS raw,
  ${formOf(channel, address, selection.spelling)} AS form,
  ${TEXTS.map((name) => `${text(carried.has(name) ? named[name] : undefined)} AS ${name}`).join(', ')},
  ${all(source.legalPerson, 'false')} AS legal, ${all(source.closed, 'false')} AS closed,
  ${birthOf(table, catalog, source.birthDate)} AS born,
  ${segment?.sql ?? 'true'} AS in_segment, ${said?.no ?? 'false'} AS shop_no, ${said?.yes ?? 'false'} AS shop_yes,
  ${said?.at ?? 'NULL::timestamptz'} AS shop_at, ${said?.wording ?? 'NULL::text'} AS shop_wording,
  ${orders?.refusedAt ?? 'NULL::timestamptz'} AS refused_at, ${orders?.at ?? 'NULL::timestamptz'} AS ordered_at,
  ${orders === undefined ? 'NULL::text' : wordingAt(orders.at, source.language, shownThen)} AS ordered_wording
FROM ${fromTable(table, catalog)} t
${orders?.join ?? ''}
${segment?.joins ?? ''}
${source.when === undefined ? '' : `WHERE ${conditions(source.when).join(' AND ')}`}`;
}

/** The parts of a key as a JSON list of texts. Of whole numbers it is put together, in a fifth of the time. */
function keyText(key: readonly KeyPart[]): string {
  return key.every(({ type }) => ['smallint', 'integer', 'bigint'].includes(type))
    ? `'["' || ${key.map(({ expression }) => expression).join(` || '","' || `)} || '"]'`
    : `array_to_json(ARRAY[${key.map(({ expression }) => `${expression}::text`).join(', ')}])::text`;
}

function formOf(channel: AudienceChannel, name: string | undefined, spelling: IdentifierOptions): string {
  if (name === undefined) return 'NULL::text';
  const raw = column('t', name);
  return channel === 'email' ? sqlPlainEmail(raw) : sqlPlainPhone(raw, spelling);
}

/** @throws GdprError DRIFT when the column holds no date */
function birthOf(table: PersonalTableModel, catalog: Catalog, name: string | undefined): string {
  if (name === undefined) return 'NULL::date';
  const type = live(table, catalog).columns.get(name)?.baseType ?? '';
  const value = column('t', name);
  if (type === 'date' || type.startsWith('timestamp')) return `CASE WHEN isfinite(${value}) THEN ${value}::date END`;
  throw new GdprError('DRIFT', `${table.name}.${name} is to hold a date of birth, but is no date`, {
    hint: 'leave birthDate out under marketing in the data map, or name a column of dates',
  });
}

/** The checkout notices under which somebody can have ordered. */
function notices({ wordings }: Selection, purpose: string | undefined): Wording[] {
  return [...wordings.values()].filter((wording) => wording.kind === 'soft-opt-in' && wording.purpose === purpose);
}

/** When the buyer last refused offers at the checkout, and the latest order that counts: expressions, and a join. */
interface OrdersOf {
  readonly refusedAt: string;
  readonly at: string;
  readonly join: string;
}

/** The row is an order itself, or the buyer to whom orders lead by a key; of other rows nothing is known. */
function ordersOf(
  model: DataMapModel,
  catalog: Catalog,
  selection: Selection,
  { table }: MarketingSource,
): OrdersOf | undefined {
  const { marketing } = model.map;
  const { orders } = marketing ?? {};
  if (marketing === undefined || orders === undefined) return undefined;
  const orderTable = model.table(canonicalName(orders.table));
  const facts = (alias: string) => {
    const placed = `${column(alias, orders.placed)}::timestamptz`;
    const shown = shownAmong(placed, notices(selection, marketing.purpose));
    // Without the soft opt-in no order allows anything.
    const counts =
      selection.softOptIn && shown !== ''
        ? [`isfinite(${placed})`, `(${shown})`, ...conditions(orders.completed, alias)].join(' AND ')
        : 'false';
    const refused = orders.refused === undefined ? 'false' : conditions(orders.refused, alias).join(' AND ');
    return {
      refusedAt: `CASE WHEN ${refused} THEN coalesce(${placed}, 'infinity') END`,
      at: `CASE WHEN ${counts} THEN ${placed} END`,
    };
  };
  if (orderTable === table) {
    return { ...facts('t'), join: '' };
  }
  const owner = orderTable.owners.find(({ id }) => id === orders.owner) ?? orderTable.owners[0];
  const reach = owner?.reaches.find((each) => each.kind === 'through' && each.table === table.name);
  if (reach?.kind !== 'through') return undefined;
  const pairs = reach.on.map((pair) => operand(orderTable, catalog, 'o', pair));
  const on = reach.on.map((pair, i) => {
    const left = { ...(pairs[i] as (typeof pairs)[number]), sql: `o.j${i + 1}` };
    return equal(left, operand(table, catalog, 't', { column: pair.to }));
  });
  const { refusedAt, at } = facts('o');
  const keys = pairs.map((_, i) => `j${i + 1}`).join(', ');
  // OFFSET 0: what an order says is computed once, not to leave it out and again to count it.
  const join = `LEFT JOIN (
    SELECT ${keys}, max(refused_at) AS refused_at, max(at) AS at
    FROM (
      SELECT ${pairs.map(({ sql }, i) => `${sql} AS j${i + 1}`).join(', ')}, ${refusedAt} AS refused_at, ${at} AS at
      FROM ${fromTable(orderTable, catalog)} o WHERE ${conditions(reach.when, 'o').join(' AND ') || 'true'} OFFSET 0
    ) o WHERE refused_at IS NOT NULL OR at IS NOT NULL GROUP BY ${keys}
  ) o ON ${on.join(' AND ')}`;
  return { refusedAt: 'o.refused_at', at: 'o.at', join };
}
