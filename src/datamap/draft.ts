import { parse } from 'yaml';
import type { Catalog } from './catalog.js';
import { headText } from './draft/head.js';
import { planDraft } from './draft/plan.js';
import { tableText } from './draft/tables.js';
import { undecidedPaths } from './undecided.js';

/** A map to complete, and what was found for it. */
export interface DataMapDraft {
  /** YAML with comments. */
  readonly text: string;
  /** Number of tables in it; `personal` of them have an owner. */
  readonly tables: number;
  readonly personal: number;
  /** Places that read `to-decide`; the loader refuses the map as long as there is one. */
  readonly undecided: number;
}

/**
 * Drafts a data map from the live catalogue alone, without looking at a row. Owners come from keys, identifiers and
 * secrets from names and types. What only the controller can decide (purposes, periods, recipients) stays open.
 * @param only tables to describe, by canonical name; then the map's head is left out
 */
export function draftDataMap(catalog: Catalog, only?: ReadonlySet<string>): DataMapDraft {
  const plan = planDraft(catalog);
  const tables = plan.tables.filter(({ table }) => only === undefined || only.has(table.name));
  const persons = plan.persons.map(
    ({ id, title, table }) =>
      `  ${id}: { title: { lv: ${title.lv}, en: ${title.en} }, table: ${JSON.stringify(table)} }`,
  );
  const withOrderNumbers = plan.tables.some(({ columns }) => columns.some(({ kind }) => kind === 'order-number'));
  const body = tables.length === 0 ? 'tables: {}' : `tables:\n${tables.map(tableText).join('\n\n')}`;
  const text = `${only === undefined ? `${headText(persons, withOrderNumbers)}\n` : ''}${body}\n`;
  return {
    text,
    tables: tables.length,
    personal: tables.filter(({ owners }) => owners.length > 0).length,
    undecided: undecidedPaths(parse(text)).length,
  };
}
