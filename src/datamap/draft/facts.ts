import type { CatalogTable } from '../catalog.js';
import { parseTableName } from '../names.js';
import type { Text } from '../schema.js';
import type { DraftKey } from './keys.js';
import { isText, type Kind, type Recognised } from './recognise.js';
import { tableWords, wordsOf } from './words.js';

/** Kinds of columns that tell who somebody is. */
export const NAMES_A_PERSON: readonly Kind[] = ['email', 'phone', 'name', 'personas-kods', 'birth'];

/** What is known of a table while its owners are looked for. */
export interface Facts {
  readonly table: CatalogTable;
  readonly columns: readonly Recognised[];
  readonly keys: readonly DraftKey[];
  /** The kind of person whose own row it is. */
  person?: { id: string; title: Text; staff: boolean };
  /** Keys that lead here, by which the main kind of person is told. */
  incoming: number;
  /** Hops to a person or to an identifier; undefined as long as no way is known. */
  distance?: number;
}

export function ownName(fact: Facts): string[] {
  return tableWords(parseTableName(fact.table.name)?.table ?? '');
}

/** The id, with a number when it is taken. */
export function unused(id: string, taken: ReadonlySet<string>): string {
  let free = id;
  for (let n = 2; taken.has(free); n += 1) free = `${id}-${n}`;
  return free;
}

/** `subject_type` with `subject_id`: rows of several tables. */
export function pairOf(fact: Facts): { type: string; id: string } | undefined {
  const byWords = new Map(fact.columns.map(({ column }) => [wordsOf(column.name).join(' '), column]));
  for (const [words, column] of byWords) {
    const id = words.endsWith(' type') && isText(column) ? byWords.get(words.replace(/ type$/, ' id')) : undefined;
    if (id !== undefined) return { type: column.name, id: id.name };
  }
  return undefined;
}

export function personalKeys(fact: Facts, facts: ReadonlyMap<string, Facts>): DraftKey[] {
  return fact.keys.filter((key) => key.to !== fact.table.name && facts.get(key.to)?.distance !== undefined);
}

/** Somebody else than staff, who have a part in many rows that are not about them. */
export function isPerson(fact: Facts | undefined): boolean {
  return fact?.person !== undefined && !fact.person.staff;
}
