import type { DataMapModel, PersonalTableModel } from '../datamap/model.js';
import type { ColumnEntry, Condition, JsonNode, Reach } from '../datamap/schema.js';
import { groupBy } from '../foundation/group.js';

/** What the rules' digest covers of a table beside its rules, in words. */
export interface ShownTable {
  readonly table: string;
  /** Whose a row is, by owner. */
  readonly owners: readonly { readonly owner: string; readonly by: readonly string[] }[];
  /** What becomes of columns of a row that stays, and of places inside JSON, by the map's words. */
  readonly columns: readonly { readonly becomes: string; readonly names: readonly string[] }[];
}

/** A ground of the map that lets rows wait though they are due, in words. */
export interface ShownGround {
  readonly ground: string;
  readonly law: string;
  readonly rows: readonly string[];
}

/** Every table of the map: those without rules tell whose other rows are. Pure. */
export function shownTables({ tables }: DataMapModel): ShownTable[] {
  return tables.map((table) => ({
    table: table.name,
    owners: Object.entries(table.entry.owners).map(([owner, { reach, erase }]) => ({
      owner,
      by: [...reach.map(reachWords), ...(erase === undefined ? [] : [`erased by ${erase}`])],
    })),
    columns: [...groupBy(fatesOf(table), ({ becomes }) => becomes)].map(([becomes, group]) => ({
      becomes,
      names: group.map(({ name }) => name),
    })),
  }));
}

/** The grounds of the map. Pure. */
export function shownGrounds({ map }: DataMapModel): ShownGround[] {
  return Object.entries(map.keptGrounds ?? {}).map(([ground, { law, rows }]) => ({
    ground,
    law,
    rows: rows.map(
      ({ table, when, covers }) =>
        `while ${table} has ${conditionWords(when)}: ${covers
          .map((cover) => (cover.columns === undefined ? cover.table : `${cover.table} (${cover.columns.join(', ')})`))
          .join(', ')}`,
    ),
  }));
}

/** `status is packed or shipped and paid_on is empty`. */
export function conditionWords(conditions: readonly Condition[]): string {
  return conditions
    .map((condition) =>
      'in' in condition
        ? `${condition.column} is ${condition.in.join(' or ')}`
        : `${condition.column} is ${condition.isNull ? '' : 'not '}empty`,
    )
    .join(' and ');
}

function reachWords(reach: Reach): string {
  if ('self' in reach) return `it is the ${reach.self}'s own row`;
  const place = ({ column, path }: { column: string; path?: string[] | undefined }) =>
    [column, ...(path ?? [])].join('.');
  const words =
    'through' in reach
      ? `${reach.on.map((part) => `${place(part)} = ${part.to}`).join(' and ')} of ${reach.owner === undefined ? '' : `the ${reach.owner} of `}${reach.through}`
      : reach.identifier.map((part) => `${place(part)} is the ${part.is}`).join(' and ');
  return reach.when === undefined ? words : `${words} (where ${conditionWords(reach.when)})`;
}

function fatesOf({ columns }: PersonalTableModel): { name: string; becomes: string }[] {
  return columns.flatMap(({ name, entry }) => [
    ...(entry.erase === undefined ? [] : [{ name, becomes: eraseWords(entry.erase) }]),
    ...(entry.json ?? []).flatMap((node: JsonNode) =>
      node.erase === undefined ? [] : [{ name: [name, ...node.path].join('.'), becomes: node.erase }],
    ),
  ]);
}

function eraseWords(erase: NonNullable<ColumnEntry['erase']>): string {
  if (typeof erase === 'string') return erase;
  if ('text' in erase) return `text "${erase.text}"`;
  if ('generalise' in erase) return `generalise to ${erase.generalise}`;
  return `kept under ${erase.keep}, then ${eraseWords(erase.then)}`;
}
