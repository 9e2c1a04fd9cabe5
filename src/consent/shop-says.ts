import type { Catalog } from '../datamap/catalog.js';
import type { DataMapModel, PersonalTableModel } from '../datamap/model.js';
import { canonicalName } from '../datamap/names.js';
import type { Marketing } from '../datamap/schema-marketing.js';
import { column, conditions, fromTable, keyOf, live, textLiteral } from '../datamap/sql.js';
import { GdprError } from '../foundation/errors.js';

/** A source of the map's part on marketing, its table found. */
export interface MarketingSource {
  readonly id: string;
  readonly source: Marketing['sources'][string];
  readonly table: PersonalTableModel;
}

/** The sources of the map's part on marketing; none where the map has no such part. */
export function marketingSources(model: DataMapModel): MarketingSource[] {
  return Object.entries(model.map.marketing?.sources ?? {}).map(([id, source]) => ({
    id,
    source,
    table: model.table(canonicalName(source.table)),
  }));
}

/**
 * What the shop's own columns say in the rows of one source: a query with the columns
 * `k1` … `kn` (the row's key as `keyOf` has it, in its own types), `channel`, `says` ('yes' or 'no'),
 * `at` (timestamptz, NULL where the shop has no time of it, and always for a no) and
 * `wording` (the registered consent wording that was shown then, in the row's language if there is one in it, else
 * the first by id; NULL where there is none, so that the yes proves nothing).
 * A row may say several things about a channel: a no among them always counts, of several yeses the best proven.
 * Rows that say nothing are not in it. One pass over the table for each thing that the map lists.
 * @returns undefined where the source says nothing of anybody
 * @throws GdprError DRIFT when a column with the time of a yes holds no date or time
 */
export function shopSaysSql(
  model: DataMapModel,
  catalog: Catalog,
  { source, table }: MarketingSource,
): string | undefined {
  const { marketing, timeZone } = model.map;
  if (marketing === undefined || source.says === undefined) return undefined;
  const keys = keyOf(table, catalog).map(({ expression }, i) => `${expression} AS k${i + 1}`);
  const from = `FROM ${fromTable(table, catalog)} t`;
  const language = source.language === undefined ? "''" : `lower(${column('t', source.language)}::text)`;
  const when = conditions(source.when);
  const parts = source.says.flatMap((said) => {
    const channel = textLiteral(said.channel);
    const yes = [
      `SELECT ${[...keys, `${channel} AS channel`, "'yes' AS says"].join(', ')}, y.at, (`,
      `    SELECT w.id FROM gdpr.wording w`,
      `    WHERE w.id IN (${(said.wordings ?? []).map(textLiteral).join(', ') || 'NULL'}) AND w.kind = 'consent'`,
      `      AND w.purpose = ${textLiteral(marketing.purpose)} AND ${channel} = ANY (w.channels)`,
      '      AND y.at >= w.shown_from AND (w.shown_until IS NULL OR y.at < w.shown_until)',
      `    ORDER BY w.language = ${language} DESC NULLS LAST, w.id LIMIT 1) AS wording`,
      `  ${from} CROSS JOIN LATERAL (SELECT ${timeOfYes(table, catalog, said.at, timeZone)} AS at) y`,
      `  WHERE ${[...when, ...conditions(said.yes)].join(' AND ')}`,
    ].join('\n');
    if (said.no === undefined) return [yes];
    const no = [
      `SELECT ${[...keys, `${channel} AS channel`, "'no' AS says"].join(', ')}, NULL::timestamptz AS at, NULL AS wording`,
      `  ${from} WHERE ${[...when, ...conditions(said.no)].join(' AND ')}`,
    ].join('\n');
    return [yes, no];
  });
  return parts.length === 0 ? undefined : parts.join('\nUNION ALL\n');
}

/** A column's instant; a local time is the map's zone's, and `infinity` is no time. */
export function timeOfYes(table: PersonalTableModel, catalog: Catalog, name: string | undefined, zone: string): string {
  if (name === undefined) return 'NULL::timestamptz';
  const type = live(table, catalog).columns.get(name)?.baseType ?? '';
  const value = column('t', name);
  if (type === 'timestamp with time zone') return `CASE WHEN isfinite(${value}) THEN ${value} END`;
  if (type === 'timestamp without time zone' || type === 'date')
    return `CASE WHEN isfinite(${value}) THEN ${value}::timestamp AT TIME ZONE ${textLiteral(zone)} END`;
  throw new GdprError('DRIFT', `${table.name}.${name} is to hold the time of a yes, but is no date or time`, {
    hint: 'name another column under marketing in the data map, or leave "at" out: the yes is then listed as unproven',
  });
}
