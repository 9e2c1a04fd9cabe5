import type { Erasure } from '../customer/erase/compile.js';
import { quoteName } from '../database/session.js';
import type { Catalog } from '../datamap/catalog.js';
import type { DataMapModel, PersonalTableModel } from '../datamap/model.js';
import { textLiteral } from '../datamap/sql.js';
import type { CutOffs, DueSql } from './due.js';
import type { Unit } from './units.js';

/** Everything that decides what is due, compiled once. */
export interface Ruling {
  readonly model: DataMapModel;
  readonly catalog: Catalog;
  readonly erasure: Erasure;
  readonly units: readonly Unit[];
  readonly cuts: CutOffs;
  /** ISO 8601. */
  readonly asOf: string;
}

/**
 * The temporary table of what is due in a table: k1 … kn, unit, rule (which let it go last), due (date), bytes, held,
 * excepted, leaves (where rows go one after the other: whether its turn comes).
 */
export function surveyOf(table: PersonalTableModel): string {
  return quoteName('pg_temp', `gdpr_survey_${table.index}`);
}

export interface SurveyWants {
  /** Whether what the rows take in their tables is asked for. */
  readonly bytes?: boolean;
}

/** What a row of alias `t` takes in its table, or NULL. */
export function bytesOf({ bytes }: SurveyWants): string {
  return bytes === true ? 'pg_column_size(t.*)' : 'NULL';
}

/** The rule that lets a row of alias `t` go last, and its day, as a FROM item `x`. */
export function lastRule(rules: readonly DueSql[]): string {
  const [only, ...more] = rules;
  if (only === undefined) throw new Error('a unit has a rule at least');
  if (more.length === 0) return `LATERAL (SELECT ${textLiteral(only.keep.rule)} AS rule, ${only.day} AS due) x`;
  const all = rules.map((rule) => `(${textLiteral(rule.keep.rule)}, ${rule.day})`);
  return `LATERAL (SELECT v.rule, v.due FROM (VALUES ${all.join(', ')}) v (rule, due) ORDER BY v.due DESC NULLS LAST, v.rule LIMIT 1) x`;
}

/** The same, each as an expression by itself. */
export function dayOfRow(rules: readonly DueSql[]): { readonly rule: string; readonly due: string } {
  const [only, ...more] = rules;
  if (only !== undefined && more.length === 0) return { rule: `${textLiteral(only.keep.rule)}::text`, due: only.day };
  return { rule: `(SELECT x.rule FROM ${lastRule(rules)})`, due: `(SELECT x.due FROM ${lastRule(rules)})` };
}

/** The first day of the month of a date; without a time zone, which a date has none of and which is slow. */
export function monthOf(day: string): string {
  return `date_trunc('month', (${day})::timestamp)::date`;
}
