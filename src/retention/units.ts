import type { ColumnStep } from '../customer/erase/change.js';
import type { Erasure, TableErase } from '../customer/erase/compile.js';
import { differs } from '../customer/erase/sql.js';
import type { Catalog } from '../datamap/catalog.js';
import type { DataMapModel } from '../datamap/model.js';
import { canonicalName } from '../datamap/names.js';
import { column, textLiteral } from '../datamap/sql.js';
import { groupBy } from '../foundation/group.js';
import { type CutOffs, compileDue, type DueSql } from './due.js';
import { type Feed, feedsOf } from './feeds.js';

/** What goes at once, or not at all: the rows of a table, or columns of it that the same rules and grounds keep. */
export interface Unit {
  /** Position in the list of units. */
  readonly index: number;
  readonly erase: TableErase;
  readonly does: 'delete' | 'change';
  /** The columns that change; every column of a row that goes. */
  readonly steps: readonly ColumnStep[];
  /** All of them must be due. */
  readonly rules: readonly DueSql[];
  /** Over alias `t`: that everything about the row that SQL alone can tell lets it go. */
  readonly due: string;
  /** Over alias `t`: that there is something left to take. */
  readonly remaining: string;
  /** Over alias `t`: that it is left outside of JSON documents, whose edits tell for themselves what they change. */
  readonly plain: string;
  /** Whether a rule asks for all rows of a person. */
  readonly person: boolean;
  /** Ids of grounds of the map that keep it while they last. */
  readonly grounds: readonly string[];
  /** Clocks of persons that count its rows. */
  readonly feeds: readonly Feed[];
}

/**
 * What retention can take of each table: a row whose erasure is its deletion when all rules of the table are due, else
 * each column when those are due that cover it: the rules that name it, that name no column, and the one that it is kept
 * under. A column that no rule names goes with the last of them. Tables without rules have none. Pure.
 */
export function compileUnits(erasure: Erasure, model: DataMapModel, catalog: Catalog, cuts: CutOffs): Unit[] {
  const changes: Omit<Unit, 'index'>[] = [];
  const deletions = new Map<TableErase, Omit<Unit, 'index'>>();
  const feeds = (erase: TableErase, steps: readonly ColumnStep[]) => feedsOf(erase, steps, model, catalog, cuts);
  for (const erase of erasure.tables) {
    const { table, live } = erase;
    const keeps = table.entry.retention ?? [];
    if (keeps.length === 0 || live.kind !== 'table') continue;
    const rules = keeps.map((keep) => compileDue(table, keep, model, catalog, cuts));
    const all = conjunction(rules);
    const goes = deletesRows(erase);
    if (goes)
      deletions.set(erase, unitOf(erase, 'delete', erase.columns, rules, all, feeds(erase, erase.columns), model));
    const grounds = (step: ColumnStep) => groundsOf(erase, [step], model);
    const groups = groupBy(
      // A key that leads from a shared row is cut for one of its owners; when nobody's bit stays, it goes with the row.
      erase.columns.filter(({ change: { kind }, link }) => kind !== 'none' && kind !== 'impossible' && !link),
      (step) =>
        JSON.stringify([
          covering(step, rules).map(({ keep }) => rules.findIndex((each) => each.keep === keep)),
          grounds(step),
        ]),
    );
    for (const steps of groups.values()) {
      const [first] = steps;
      if (first === undefined) continue;
      const mine = covering(first, rules);
      // What covers every column covers the row, which goes as a whole.
      if (goes && mine.length === rules.length) continue;
      // Of a clock that asks for a person's rows, `all` says too little to tell which rows go as a whole.
      const certain = goes && !rules.some(({ person }) => person);
      const due = certain ? `(${conjunction(mine)} AND NOT ${all})` : conjunction(mine);
      changes.push(unitOf(erase, 'change', steps, mine, due, feeds(erase, steps), model));
    }
  }
  const ordered = erasure.order.flat().flatMap((erase) => deletions.get(erase) ?? []);
  // What a person's rows say of their clock is asked before the e-mail is taken that leads to some of them.
  const [asking, others] = [changes.filter(({ person }) => person), changes.filter(({ person }) => !person)];
  return [...asking, ...ordered, ...others].map((unit, index) => ({ ...unit, index }));
}

/** Whether a row whose rules are all due is deleted. */
export function deletesRows({ table, goesAlone, goesAnyway }: TableErase): boolean {
  const everybody = table.owners.reduce((bits, { index }) => bits | (1 << index), 0);
  return (goesAlone | goesAnyway) !== 0 && (table.entry.erase === 'delete' || goesAnyway === everybody);
}

function unitOf(
  erase: TableErase,
  does: Unit['does'],
  steps: readonly ColumnStep[],
  rules: readonly DueSql[],
  due: string,
  feeds: readonly Feed[],
  model: DataMapModel,
): Omit<Unit, 'index'> {
  const person = rules.some((rule) => rule.person);
  const ordinary = steps.filter(({ change }) => change.kind !== 'json');
  const plain = does === 'delete' ? 'true' : anyRemains(ordinary, model);
  const remaining = does === 'delete' ? 'true' : anyRemains(steps, model);
  return { erase, does, steps, rules, due, remaining, plain, person, grounds: groundsOf(erase, steps, model), feeds };
}

/** The rules that keep a column. */
export function covering({ column: { name }, keep }: ColumnStep, rules: readonly DueSql[]): readonly DueSql[] {
  const mine = rules.filter(
    (rule) => rule.keep.columns === undefined || rule.keep.columns.includes(name) || rule.keep.rule === keep?.rule,
  );
  return mine.length === 0 ? rules : mine;
}

function conjunction(rules: readonly DueSql[]): string {
  return `(${rules.map(({ due }) => due).join(' AND ')})`;
}

/** Grounds of the map that cover any of these columns. */
export function groundsOf({ table }: TableErase, steps: readonly ColumnStep[], { map }: DataMapModel): string[] {
  const names = steps.map(({ column: { name } }) => name);
  return Object.entries(map.keptGrounds ?? {}).flatMap(([id, { rows }]) =>
    rows.some(({ covers }) =>
      covers.some(
        (cover) =>
          canonicalName(cover.table) === table.name && (cover.columns?.some((name) => names.includes(name)) ?? true),
      ),
    )
      ? [id]
      : [],
  );
}

function anyRemains(steps: readonly ColumnStep[], model: DataMapModel): string {
  return steps.length === 0 ? 'false' : `(${steps.map((step) => remains(step, model)).join(' OR ')})`;
}

/** Whether the column of alias `t` holds anything that its change would take. */
function remains(step: ColumnStep, model: DataMapModel): string {
  const { change, live } = step;
  if (change.kind !== 'json') return `coalesce(${differs(step, model.map.timeZone)}, false)`;
  const value = column('t', step.column.name);
  const document = live.baseType === 'jsonb' ? value : `gdpr.json_or_null(${value}::text)`;
  // Each step asks first for the shape that the edit asks for: lax paths find more than it does, strict ones fail on lists of mixed things.
  const places = change.edits.map(({ path, does }) => {
    const steps = path.map((part) => {
      const name = JSON.stringify(part);
      return part === '*' ? ' ? (@.type() == "array") [*]' : ` ? (@.type() == "object" && exists (@.${name})).${name}`;
    });
    return `jsonb_path_exists(${document}, ${textLiteral(`strict $${steps.join('')}${does === 'clear' ? ' ? (@ != null)' : ''}`)}, '{}', true)`;
  });
  const unreadable = live.notNull || live.baseType === 'jsonb' ? [] : [`${document} IS NULL`];
  return `coalesce(${value} IS NOT NULL AND (${[...places, ...unreadable].join(' OR ')}), false)`;
}
