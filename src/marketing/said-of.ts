import { type MarketingSource, timeOfYes } from '../consent/shop-says.js';
import type { Wording } from '../consent/wording.js';
import type { Catalog } from '../datamap/catalog.js';
import type { DataMapModel } from '../datamap/model.js';
import { column, conditions, textLiteral } from '../datamap/sql.js';
import type { AudienceChannel } from './candidates.js';

/** What the shop's columns say in the row `t`: joins of exactly one row, and expressions over them and `t`. */
export interface SaidOfRow {
  readonly joins: string;
  /** Booleans, never NULL. */
  readonly no: string;
  readonly yes: string;
  /** Of the best proven yes: its time, and the registered wording that was shown then. */
  readonly at: string;
  readonly wording: string;
}

/**
 * What `shopSaysSql` says of all rows about one channel, of the row `t` that a statement is reading anyway: the table is not
 * read again, nor joined with itself.
 * @returns undefined where the source says nothing about the channel
 * @throws GdprError DRIFT when a column with the time of a yes holds no date or time
 */
export function saidOfRow(
  model: DataMapModel,
  catalog: Catalog,
  { source, table }: MarketingSource,
  channel: AudienceChannel,
  wordings: ReadonlyMap<string, Wording>,
): SaidOfRow | undefined {
  const { marketing, timeZone } = model.map;
  const says = (source.says ?? []).filter((said) => said.channel === channel);
  if (marketing === undefined || says.length === 0) return undefined;
  const yeses = says.map((said) => {
    const at = timeOfYes(table, catalog, said.at, timeZone);
    const asked = [...wordings.values()]
      .filter(
        ({ id, kind, purpose, channels }) =>
          said.wordings?.includes(id) === true &&
          kind === 'consent' &&
          purpose === marketing.purpose &&
          channels.includes(channel),
      )
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    return { yes: met(conditions(said.yes)), at, wording: wordingAt(at, source.language, asked) };
  });
  const no = says.flatMap((said) => (said.no === undefined ? [] : [met(conditions(said.no))])).join(' OR ') || 'false';
  const [only] = yeses;
  if (only !== undefined && yeses.length === 1)
    return {
      joins: '',
      no: `(${no})`,
      yes: only.yes,
      at: `CASE WHEN ${only.yes} THEN ${only.at} END`,
      wording: `CASE WHEN ${only.yes} THEN ${only.wording} END`,
    };
  return {
    joins: `LEFT JOIN LATERAL (
    SELECT y.at, y.wording FROM (VALUES ${yeses.map(({ yes, at, wording }) => `(${yes}, ${at}, ${wording})`).join(', ')}) y (yes, at, wording)
    WHERE y.yes ORDER BY y.wording IS NULL, y.at DESC NULLS LAST LIMIT 1) s ON ${yeses.map(({ yes }) => yes).join(' OR ')}`,
    no: `(${no})`,
    yes: `(${yeses.map(({ yes }) => yes).join(' OR ')})`,
    at: 's.at',
    wording: 's.wording',
  };
}

function met(list: readonly string[]): string {
  return `coalesce(${list.join(' AND ') || 'true'}, false)`;
}

/** Whether a wording was shown at an instant. */
export function shownAt(at: string, { shownFrom, shownUntil }: Wording): string {
  const from = `${at} >= ${textLiteral(shownFrom)}::timestamptz`;
  return shownUntil === null ? `(${from})` : `(${from} AND ${at} < ${textLiteral(shownUntil)}::timestamptz)`;
}

/** The wording that was shown at an instant, in the row's language where it is known, else the first of them. */
export function wordingAt(at: string, languageColumn: string | undefined, asked: readonly Wording[]): string {
  const when = asked.map((wording) => ({ wording, shown: shownAt(at, wording) }));
  const inLanguage =
    languageColumn === undefined
      ? []
      : when.map(
          ({ wording, shown }) =>
            `WHEN ${shown} AND lower(${column('t', languageColumn)}::text) = ${textLiteral(wording.language)} THEN ${textLiteral(wording.id)}`,
        );
  const inAny = when.map(({ wording, shown }) => `WHEN ${shown} THEN ${textLiteral(wording.id)}`);
  return when.length === 0 ? 'NULL::text' : `CASE ${[...inLanguage, ...inAny].join(' ')} END`;
}
