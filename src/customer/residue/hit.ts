import type { DataMapModel } from '../../datamap/model.js';
import { looksPersonal } from '../../foundation/personal-text.js';
import type { Keys } from '../../keys/keys.js';
import type { Finding } from './findings.js';
import type { NeedleKind } from './needles.js';
import { NEEDLE_KINDS } from './needles.js';

export type HitClass = 'residue' | 'kept' | 'held' | 'third-party';

/** Why something of a person stands in a place. */
export interface Verdict {
  readonly class: HitClass;
  /** Of class `kept`: the retention rule or ground. */
  readonly rule?: string | undefined;
  /** Of class `kept`: the first day on which it may no longer be there, ISO 8601. */
  readonly until?: string | undefined;
  /** Of class `kept`: nobody may be told of the place. */
  readonly untold?: boolean | undefined;
}

/** A place where something of the person stands; never the value. */
export interface ResidueHit {
  /** Position among the people searched for. */
  readonly person: number;
  readonly table: string;
  readonly column: string;
  /** Where in the JSON document of the column: `customer.email`, `items.*.note`. */
  readonly place?: string;
  /**
   * The row: its key, a JSON list of several parts; `ctid …` where the table has none; `hmac:…` (keyed, of this
   * installation) where the key may itself be personal.
   */
  readonly key: string;
  readonly kind: NeedleKind;
  readonly class: HitClass;
  /** Of a kept cell: the retention rule or ground. */
  readonly rule?: string;
  readonly until?: string;
}

/** One hit for each person and each kind of value that the place holds. */
export function hitsOf(finding: Finding, verdict: Verdict, model: DataMapModel, keys: Keys): ResidueHit[] {
  const { people, row, column } = finding;
  const place = placeOf(finding);
  const key = keyText(finding, model, keys);
  const kinds = NEEDLE_KINDS.filter((kind) => finding.kinds.has(kind));
  return people.flatMap((person) =>
    kinds.map((kind) => ({
      person,
      table: row.table.name,
      column,
      ...(place !== undefined && { place }),
      key,
      kind,
      class: verdict.class,
      ...(verdict.rule !== undefined && { rule: verdict.rule }),
      ...(verdict.until !== undefined && { until: verdict.until }),
    })),
  );
}

const PLAIN_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,40}$/;

/** Positions become `*`; a key that may hold a value of somebody becomes `?`. */
function placeOf({ path, inKey }: Finding): string | undefined {
  return path
    ?.map((part, i) => {
      if (/^\d+$/.test(part)) return '*';
      return (inKey && i === path.length - 1) || !PLAIN_NAME.test(part) || looksPersonal(part) ? '?' : part;
    })
    .join('.');
}

function keyText({ row, kinds, column }: Finding, model: DataMapModel, keys: Keys): string {
  const { table, key } = row;
  if (table.keyColumns.length === 0) return `ctid ${key[1] ?? ''}`;
  const text = key.length === 1 ? (key[0] ?? '') : JSON.stringify(key);
  const foundInKey = table.keyColumns.includes(column) && !(kinds.size === 1 && kinds.has('id'));
  if (
    !foundInKey &&
    (table.plainKey || (table.name.startsWith('gdpr.') && !looksPersonal(text)) || isPlain(row.table, model))
  )
    return text;
  return `hmac:${keys.hmac('residue key', `${table.name}\n${text}`).slice(0, 22)}`;
}

/** Whether the map says of each column of the key that it is structure: shared, and no identifier or own words. */
function isPlain({ name, keyColumns }: Finding['row']['table'], model: DataMapModel): boolean {
  const mapped = model.tables.find((table) => table.name === name);
  return keyColumns.every((key) => {
    const column = mapped?.columns.find((candidate) => candidate.name === key);
    const entry = column?.entry;
    return (
      column?.owner === 'shared' &&
      entry !== undefined &&
      entry.identifier === undefined &&
      entry.freeText !== true &&
      entry.namesSomeone !== true &&
      entry.secret === undefined
    );
  });
}
