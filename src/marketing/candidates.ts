import { type MarketingSource, marketingSources, shopSaysSql } from '../consent/shop-says.js';
import type { Wording } from '../consent/wording.js';
import type { Catalog } from '../datamap/catalog.js';
import type { DataMapModel, PersonalTableModel } from '../datamap/model.js';
import { canonicalName } from '../datamap/names.js';
import type { Condition } from '../datamap/schema.js';
import { column, conditions, equal, fromTable, keyOf, live, operand, textLiteral } from '../datamap/sql.js';
import { GdprError } from '../foundation/errors.js';
import type { SegmentCondition } from './segment.js';

export type AudienceChannel = 'email' | 'sms';

/** What a list is made for. */
export interface Selection {
  readonly channel: AudienceChannel;
  /** Whether the campaign declares what the soft opt-in asks for. */
  readonly softOptIn: boolean;
  readonly wordings: ReadonlyMap<string, Wording>;
  /** The segment for the rows of a source; undefined where everybody is meant. */
  readonly segment: ((source: string) => SegmentCondition) | undefined;
}

/** The temporary table of candidates, one row a row of the map's marketing sources. */
export const CANDIDATES = 'pg_temp.audience_candidate';

export const CREATE_CANDIDATES = `
CREATE TEMPORARY TABLE audience_candidate (
  n bigint GENERATED ALWAYS AS IDENTITY, source text NOT NULL, key text NOT NULL, email text, phone text,
  name text, given_name text, family_name text, language text, legal boolean NOT NULL, closed boolean NOT NULL, born date,
  in_segment boolean NOT NULL, shop_no boolean NOT NULL, shop_yes boolean NOT NULL, shop_at timestamptz, shop_wording text,
  refused_at timestamptz, ordered_at timestamptz, ordered_wording text
) ON COMMIT DROP`;

/**
 * The statements that gather the candidates, one a source: what the map's rows say, nothing judged yet. Pure.
 * `ordered_at` is the latest order of their own that was carried out and was placed under a checkout notice.
 */
export function candidateStatements(model: DataMapModel, catalog: Catalog, selection: Selection): string[] {
  return marketingSources(model).map((source) => statement(model, catalog, selection, source));
}

function statement(model: DataMapModel, catalog: Catalog, selection: Selection, from: MarketingSource): string {
  const { id, source, table } = from;
  const { channel } = selection;
  const key = keyOf(table, catalog);
  const text = (name: string | undefined) => (name === undefined ? 'NULL' : `${column('t', name)}::text`);
  const all = (list: readonly Condition[] | undefined, otherwise: string) =>
    list === undefined ? otherwise : `coalesce(${conditions(list).join(' AND ')}, false)`;
  const says = shopSaysSql(model, catalog, from);
  const names = key.map((_, i) => `k${i + 1}`);
  const said = `LEFT JOIN (
    SELECT ${names.join(', ')}, bool_or(says = 'no') AS no, bool_or(says = 'yes') AS yes,
      (array_agg(at ORDER BY wording IS NULL, at DESC NULLS LAST) FILTER (WHERE says = 'yes'))[1] AS at,
      (array_agg(wording ORDER BY wording IS NULL, at DESC NULLS LAST) FILTER (WHERE says = 'yes'))[1] AS wording
    FROM (${says}) y WHERE channel = ${textLiteral(channel)} GROUP BY ${names.join(', ')}
  ) s ON ${key.map(({ expression }, i) => `s.k${i + 1} = ${expression}`).join(' AND ')}`;
  const orders = ordersJoin(model, catalog, selection, from);
  const segment = selection.segment?.(id);
  return `
INSERT INTO ${CANDIDATES} (source, key, email, phone, name, given_name, family_name, language, legal, closed, born,
  in_segment, shop_no, shop_yes, shop_at, shop_wording, refused_at, ordered_at, ordered_wording)
SELECT ${textLiteral(id)}, array_to_json(ARRAY[${key.map(({ expression }) => `${expression}::text`).join(', ')}])::text,
  ${text(source.email)}, ${text(source.phone)}, ${text(source.name)}, ${text(source.givenName)}, ${text(source.familyName)},
  ${text(source.language)}, ${all(source.legalPerson, 'false')}, ${all(source.closed, 'false')},
  ${birthOf(table, catalog, source.birthDate)},
  ${segment?.sql ?? 'true'},
  ${says === undefined ? 'false, false, NULL, NULL' : 'coalesce(s.no, false), coalesce(s.yes, false), s.at, s.wording'},
  ${orders === undefined ? 'NULL, NULL, NULL' : `o.refused_at, o.at, ${wordingAt('o.at', source.language, notices(selection, model.map.marketing?.purpose))}`}
FROM ${fromTable(table, catalog)} t
${says === undefined ? '' : said}
${orders ?? ''}
${segment?.joins ?? ''}
${source.when === undefined ? '' : `WHERE ${conditions(source.when).join(' AND ')}`}`;
}

/** @throws GdprError DRIFT when the column holds no date */
function birthOf(table: PersonalTableModel, catalog: Catalog, name: string | undefined): string {
  if (name === undefined) return 'NULL';
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

function shownAt(at: string, { shownFrom, shownUntil }: Wording): string {
  const from = `${at} >= ${textLiteral(shownFrom)}::timestamptz`;
  return shownUntil === null ? `(${from})` : `(${from} AND ${at} < ${textLiteral(shownUntil)}::timestamptz)`;
}

/** The notice that was shown at an instant, in the row's language where it is known. */
function wordingAt(at: string, languageColumn: string | undefined, shownThen: readonly Wording[]): string {
  const when = shownThen.map((wording) => ({ wording, shown: shownAt(at, wording) }));
  const inLanguage =
    languageColumn === undefined
      ? []
      : when.map(
          ({ wording, shown }) =>
            `WHEN ${shown} AND lower(${column('t', languageColumn)}::text) = ${textLiteral(wording.language)} THEN ${textLiteral(wording.id)}`,
        );
  const inAny = when.map(({ wording, shown }) => `WHEN ${shown} THEN ${textLiteral(wording.id)}`);
  return when.length === 0 ? 'NULL' : `CASE ${[...inLanguage, ...inAny].join(' ')} END`;
}

/**
 * Joins `o (refused_at, at)`: when the buyer last refused offers at the checkout, and the latest order that counts.
 * The row is an order itself, or the buyer to whom orders lead by a key; of other rows nothing is known.
 */
function ordersJoin(
  model: DataMapModel,
  catalog: Catalog,
  selection: Selection,
  { table }: MarketingSource,
): string | undefined {
  const { marketing } = model.map;
  const { orders } = marketing ?? {};
  if (marketing === undefined || orders === undefined) return undefined;
  const placed = `${column('o', orders.placed)}::timestamptz`;
  const shown = notices(selection, marketing.purpose).map((wording) => shownAt(placed, wording));
  const counts = `${[...conditions(orders.completed, 'o'), `isfinite(${placed})`].join(' AND ')} AND (${shown.join(' OR ') || 'false'})`;
  const refused = orders.refused === undefined ? 'false' : conditions(orders.refused, 'o').join(' AND ');
  const orderTable = model.table(canonicalName(orders.table));
  const facts = `max(coalesce(${placed}, 'infinity')) FILTER (WHERE ${refused}) AS refused_at, max(${placed}) FILTER (WHERE ${counts}) AS at`;
  if (orderTable === table) {
    const key = keyOf(table, catalog);
    const here = (expression: string) => expression.replace(/^t\./, 'o.');
    return `LEFT JOIN (
    SELECT ${key.map(({ expression }, i) => `${here(expression)} AS k${i + 1}`).join(', ')}, ${facts}
    FROM ${fromTable(table, catalog)} o GROUP BY ${key.map((_, i) => i + 1).join(', ')}
  ) o ON ${key.map(({ expression }, i) => `o.k${i + 1} = ${expression}`).join(' AND ')}`;
  }
  const owner = orderTable.owners.find(({ id }) => id === orders.owner) ?? orderTable.owners[0];
  const reach = owner?.reaches.find((each) => each.kind === 'through' && each.table === table.name);
  if (reach?.kind !== 'through') return undefined;
  const pairs = reach.on.map((pair) => operand(orderTable, catalog, 'o', pair));
  const on = reach.on.map((pair, i) => {
    const left = { ...(pairs[i] as (typeof pairs)[number]), sql: `o.j${i + 1}` };
    return equal(left, operand(table, catalog, 't', { column: pair.to }));
  });
  const where = conditions(reach.when, 'o');
  return `LEFT JOIN (
    SELECT ${pairs.map(({ sql }, i) => `${sql} AS j${i + 1}`).join(', ')}, ${facts}
    FROM ${fromTable(orderTable, catalog)} o ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''}
    GROUP BY ${pairs.map((_, i) => i + 1).join(', ')}
  ) o ON ${on.join(' AND ')}`;
}
