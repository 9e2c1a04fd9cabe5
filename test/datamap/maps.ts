import { stringify } from 'yaml';
import { parseDataMap } from '../../src/datamap/load.js';
import type { DataMapModel } from '../../src/datamap/model.js';
import type { ColumnEntry, DataMap, KeepUntil, PersonalTable, Reach } from '../../src/datamap/schema.js';

const text = { lv: 'Teksts', en: 'Text' };

/** A personal table in few words; columns by name, with what differs from an ordinary one. */
export interface TableSketch {
  readonly owners: Readonly<Record<string, Reach[]>>;
  readonly columns: readonly string[] | Readonly<Record<string, Partial<ColumnEntry>>>;
  readonly retention?: KeepUntil[];
  readonly otherKeys?: readonly (readonly string[])[];
  readonly schemaOrg?: PersonalTable['schemaOrg'];
  /** `delete` if left out. */
  readonly erase?: PersonalTable['erase'];
  /** Words of owners of their own, by owner. */
  readonly ownerErase?: Readonly<Record<string, 'delete' | 'columns' | undefined>>;
}

export interface MapSketch {
  /** Kinds of person → their table. */
  readonly persons?: Readonly<Record<string, string>>;
  readonly tables: Readonly<Record<string, TableSketch>>;
  readonly impersonal?: Readonly<Record<string, readonly string[]>>;
  readonly head?: Partial<DataMap>;
}

/** A whole map from a sketch, taken through the loader as YAML. */
export function mapOf({
  persons = { customer: 's.people' },
  tables,
  impersonal = {},
  head = {},
}: MapSketch): DataMapModel {
  const map: DataMap = {
    version: 1,
    controller: { name: 'Shop', address: '1 Street' },
    supervisor: { name: text, address: '2 Street', email: 'a@example.org', website: 'example.org' },
    timeZone: 'Europe/Riga',
    country: 'LV',
    financialYearEnd: '12-31',
    automatedDecisions: { exist: false, text },
    transfers: text,
    purposes: { order: { title: text, basis: '6(1)(b)' } },
    categories: { data: { title: text } },
    recipients: {},
    retention: {},
    identifiers: {
      email: { title: text, kind: 'email', links: true },
      phone: { title: text, kind: 'phone', links: false },
    },
    persons: Object.fromEntries(Object.entries(persons).map(([id, table]) => [id, { title: text, table }])),
    tables: {
      ...Object.fromEntries(Object.entries(tables).map(([name, table]) => [name, personalTable(table)])),
      ...Object.fromEntries(
        Object.entries(impersonal).map(([name, columns]) => [name, { impersonal: text, columns: [...columns] }]),
      ),
    },
    ...head,
  };
  return parseDataMap(stringify(map), 'map.yaml');
}

function personalTable({
  owners,
  columns,
  retention,
  otherKeys,
  schemaOrg,
  erase = 'delete',
  ownerErase = {},
}: TableSketch): PersonalTable {
  const entries = Array.isArray(columns)
    ? (columns as readonly string[]).map((name) => [name, {}] as const)
    : Object.entries(columns as Readonly<Record<string, Partial<ColumnEntry>>>);
  return {
    title: text,
    ...(schemaOrg && { schemaOrg }),
    owners: Object.fromEntries(
      Object.entries(owners).map(([id, reach]) => [
        id,
        { title: text, reach, ...(ownerErase[id] && { erase: ownerErase[id] }) },
      ]),
    ),
    erase,
    ...(retention === undefined ? { keptBecause: text } : { retention }),
    ...(otherKeys && { otherKeys: otherKeys.map((key) => ({ columns: [...key], because: text })) }),
    columns: Object.fromEntries(
      entries.map(([name, entry]) => [
        name,
        { title: text, category: 'data', purposes: ['order'], source: 'observed', erase: 'with-row', ...entry },
      ]),
    ),
  };
}

/** A reach by a key of one column. */
export function through(
  table: string,
  column: string,
  to = 'id',
  rest: Partial<Extract<Reach, { through: string }>> = {},
): Reach {
  return { through: table, on: [{ column, to }], ...rest };
}
