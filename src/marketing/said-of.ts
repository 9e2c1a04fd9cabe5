import type { ContactChannel } from '../consent/event.js';
import { type MarketingSource, timeOfYes } from '../consent/shop-says.js';
import type { Wording } from '../consent/wording.js';
import type { Catalog } from '../datamap/catalog.js';
import type { DataMapModel } from '../datamap/model.js';
import { column, conditions, textLiteral } from '../datamap/sql.js';

/** What the shop's columns say in the row `t`: expressions over it. */
export interface SaidOfRow {
  /** Booleans, never NULL. */
  readonly no: string;
  readonly yes: string;
  /** Of the latest yes that is proven: its time, and the registered wording that was shown then; NULL where none is. */
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
  channel: ContactChannel,
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
    const yes = met(conditions(said.yes));
    const shown = shownAmong(at, asked);
    return {
      yes,
      proven: shown === '' ? undefined : `CASE WHEN ${yes} AND (${shown}) THEN ${at} END`,
      wording: wordingAt(at, source.language, asked),
    };
  });
  const no = says.flatMap((said) => (said.no === undefined ? [] : [met(conditions(said.no))])).join(' OR ') || 'false';
  const proven = yeses.flatMap((each) => (each.proven === undefined ? [] : [{ ...each, at: each.proven }]));
  const [only, ...others] = proven;
  const latest = others.length === 0 ? (only?.at ?? '') : `greatest(${proven.map(({ at }) => at).join(', ')})`;
  return {
    no: `(${no})`,
    yes: `(${yeses.map(({ yes }) => yes).join(' OR ')})`,
    at: proven.length === 0 ? 'NULL::timestamptz' : latest,
    wording:
      proven.length === 0
        ? 'NULL::text'
        : `CASE ${proven.map(({ at, wording }) => `WHEN ${at} = ${latest} THEN ${wording}`).join(' ')} END`,
  };
}

function met(list: readonly string[]): string {
  return `coalesce(${list.join(' AND ') || 'true'}, false)`;
}

/** Whether a wording was shown at an instant. */
function shownAt(at: string, { shownFrom, shownUntil }: Wording): string {
  const from = `${at} >= ${textLiteral(shownFrom)}::timestamptz`;
  return shownUntil === null ? `(${from})` : `(${from} AND ${at} < ${textLiteral(shownUntil)}::timestamptz)`;
}

/** Whether any of the wordings was shown at an instant; '' of none. Those in several languages are often of one time. */
export function shownAmong(at: string, wordings: readonly Wording[]): string {
  return [...new Set(wordings.map((wording) => shownAt(at, wording)))].join(' OR ');
}

/** The wording that was shown at an instant, in the row's language where it is known, else the first of them. */
export function wordingAt(at: string, languageColumn: string | undefined, asked: readonly Wording[]): string {
  const when = asked.map((wording) => ({ wording, shown: shownAt(at, wording) }));
  const inLanguage =
    languageColumn === undefined
      ? []
      : when.map(
          ({ wording, shown }) =>
            `WHEN ${shown} AND lower(${column('t', languageColumn)}::text COLLATE "C") = ${textLiteral(wording.language)} THEN ${textLiteral(wording.id)}`,
        );
  const inAny = when.map(({ wording, shown }) => `WHEN ${shown} THEN ${textLiteral(wording.id)}`);
  return when.length === 0 ? 'NULL::text' : `CASE ${[...inLanguage, ...inAny].join(' ')} END`;
}
