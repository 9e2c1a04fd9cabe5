import { temporary } from '../../database/temporary.js';
import type { Catalog } from '../../datamap/catalog.js';
import type { PersonalTableModel } from '../../datamap/model.js';
import { column, keyOf, textLiteral } from '../../datamap/sql.js';
import { type ColumnStep, linkOwners } from './change.js';
import { formatName, isText, isToken } from './token.js';

/**
 * What becomes of each row of a table: k1 … kn, owners and others (bit masks: as whom the people of the set own it,
 * and as whom somebody else does), kept (columns that a ground keeps), gone (the row is deleted), cut (links that go
 * because the row becomes somebody else's by the erasure).
 */
export function fateOf(table: PersonalTableModel): string {
  return temporary(fateName(table));
}

export function fateName(table: PersonalTableModel): string {
  return `gdpr_fate_${table.index}`;
}

/**
 * What is kept and why: k1 … kn, cols, source (rule, ground, hold), id, until (date, NULL where it has no day), hidden
 * (nobody may be told of it).
 */
export function keptOf(table: PersonalTableModel): string {
  return temporary(keptName(table));
}

export function keptName(table: PersonalTableModel): string {
  return `gdpr_kept_${table.index}`;
}

/** Tokens by format and hash of the value that they replace. */
export const TOKENS = temporary('gdpr_token');

/** `k1, k2, …` of a table's key, each behind the alias if one is given. */
export function keyNames(table: PersonalTableModel, catalog: Catalog, alias?: string): string {
  return keyColumns(table, catalog)
    .map((name) => (alias === undefined ? name : `${alias}.${name}`))
    .join(', ');
}

/** The columns `k1` … `kn` that hold a table's key in the temporary ones. */
export function keyColumns(table: PersonalTableModel, catalog: Catalog): string[] {
  return keyOf(table, catalog).map((_, i) => `k${i + 1}`);
}

/** That alias `row` of the table is the row whose key alias `held` holds. */
export function sameRow(table: PersonalTableModel, catalog: Catalog, row: string, held: string): string {
  return keyOf(table, catalog)
    .map((part, i) => `${part.expression.replace(/^t\./, `${row}.`)} = ${held}.k${i + 1}`)
    .join(' AND ');
}

/** Whether the people of the set are those whose erasure changes the column, in a row with the fate `f`. */
export function concerns(step: ColumnStep, table: PersonalTableModel): string {
  if (step.link) return `(${leadsAway(step, table, 'f.others')} OR ${textLiteral(step.column.name)} = ANY (f.cut))`;
  return areOf(step.owners);
}

/** Whether a link leads to the people of the set from a row that `others` (bit mask) own too, but not by such a link. */
export function leadsAway(step: ColumnStep, table: PersonalTableModel, others: string): string {
  return `(${others} <> 0 AND ${leadsToThem(step, table)} AND ${others} & ${linkOwners(step.column.name, table)} = 0)`;
}

export function leadsToThem(step: ColumnStep, table: PersonalTableModel): string {
  return `f.owners & ${linkOwners(step.column.name, table)} <> 0`;
}

/** Whether what the owners (bit mask) have, or what nobody has for their own, goes with the people of the set. */
export function areOf(owners: number | undefined): string {
  return owners === undefined ? 'f.others = 0' : `f.owners & ${owners} <> 0`;
}

/**
 * Whether the erasure of the people of the set takes anything of what the column holds in a row with the fate `f`: by a
 * change of its own or of a place in its document, or what is no one's own with a row that goes whoever else it is about.
 * A link that leads to them may be taken, too, where the row becomes somebody else's by the erasure.
 */
export function takes(step: ColumnStep, { table, goesAnyway }: Going & { readonly table: PersonalTableModel }): string {
  const ways = new Set([step.link ? leadsToThem(step, table) : concerns(step, table)]);
  if (step.change.kind === 'json') for (const { owners } of step.change.edits) ways.add(areOf(owners));
  if (step.owners === undefined && !step.link) ways.add(`f.owners & ${goesAnyway} <> 0`);
  return `(${[...ways].join(' OR ')})`;
}

/** Whether the row with the fate `f` goes if nothing in it is kept. */
export function mayGo({ goesAlone, goesAnyway }: Going): string {
  return `(f.owners & ${goesAnyway} <> 0 OR (f.others = 0 AND f.owners & ${goesAlone} <> 0))`;
}

/** Owners (bit mask) whose row goes when nobody else owns it, and those whose row goes whoever else does. */
export interface Going {
  readonly goesAlone: number;
  readonly goesAnyway: number;
}

/** That nothing keeps the column in the row with the fate `f`. */
export function free(step: ColumnStep): string {
  return `NOT (${textLiteral(step.column.name)} = ANY (f.kept))`;
}

/** The hash by which a value's token is found; the value itself never leaves the database. */
export function hashOf(value: string): string {
  return `encode(sha256(convert_to(${value}, 'UTF8')), 'hex')`;
}

/** Whether the column of alias `t` holds anything that the change would take from it. */
export function differs(step: ColumnStep, zone: string): string {
  const value = column('t', step.column.name);
  switch (step.change.kind) {
    case 'clear':
      return `${value} IS NOT NULL`;
    case 'token':
      return `(${value} IS NOT NULL AND NOT ${isToken(formatOf(step), `${value}::text`)})`;
    case 'text':
    case 'generalise':
      return `${value}::text IS DISTINCT FROM (${newValue(step, zone)})::text`;
    default:
      return 'false';
  }
}

/** What the column of alias `t` holds afterwards, of its own type. */
export function newValue(step: ColumnStep, zone: string): string {
  const { change, live } = step;
  const value = column('t', step.column.name);
  switch (change.kind) {
    case 'clear':
      return 'NULL';
    case 'text':
      return `${textLiteral(change.text)}::${live.type}`;
    case 'token': {
      const format = formatOf(step);
      const text = `${value}::text`;
      const token = `(SELECT k.token FROM ${TOKENS} k WHERE k.format = ${textLiteral(formatName(format))} AND k.hash = ${hashOf(text)})`;
      return `CASE WHEN ${value} IS NULL OR ${isToken(format, text)} THEN ${value} ELSE ${token}::${live.type} END`;
    }
    case 'generalise':
      return generalised(change.to, value, live, zone);
    default:
      return value;
  }
}

export function formatOf({ change, column }: ColumnStep) {
  const format = change.kind === 'token' ? change.formats[0] : undefined;
  if (format === undefined) throw new Error(`no format of a pseudonym was chosen for ${column.name}`);
  return format;
}

/** ISO days and Latvian postcodes; a text of another shape says nothing that can be kept. */
const KEPT_PART = {
  year: '^[0-9]{4}',
  month: '^[0-9]{4}-[0-9]{2}',
  'postcode-district': '^[A-Za-z]{0,3}[- ]?[0-9]{2}',
};

function generalised(
  to: keyof typeof KEPT_PART,
  value: string,
  { baseType, type, notNull }: ColumnStep['live'],
  zone: string,
): string {
  if (isText(baseType)) {
    const part = `substring(${value}::text FROM ${textLiteral(KEPT_PART[to])})`;
    return `${notNull ? `coalesce(${part}, '')` : part}::${type}`;
  }
  const local = baseType === 'timestamp with time zone' ? `${value} AT TIME ZONE ${textLiteral(zone)}` : value;
  const start = `date_trunc(${textLiteral(to)}, (${local})::timestamp)`;
  return `(${start}${baseType === 'timestamp with time zone' ? ` AT TIME ZONE ${textLiteral(zone)}` : ''})::${type}`;
}
