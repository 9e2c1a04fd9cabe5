import { sourcesOf } from '../datamap/clock.js';
import type { DataMapModel } from '../datamap/model.js';
import type { ClockSource, KeepUntil } from '../datamap/schema.js';
import type { Context } from '../workspace/open.js';
import { type RuleEntry, readRuleSet, ruleSetOf, type StoredRuleSet } from './rule-set.js';
import { conditionWords, type ShownGround, type ShownTable, shownGrounds, shownTables } from './show-tables.js';

/** A table under a rule, in words. */
export interface RuleTable {
  readonly table: string;
  /** From what the period is counted. */
  readonly clock: string;
  /** The columns that it is about; null: all. */
  readonly columns: readonly string[] | null;
  /** States in which the clock rightly has not begun. */
  readonly waits: readonly string[];
  /** What becomes of the row when all its rules are due. */
  readonly row: 'delete' | 'change';
}

/** The rules as people read them before they agree. */
export interface ShownRules {
  readonly digest: string;
  readonly rules: readonly (RuleEntry & { readonly tables: readonly RuleTable[] })[];
  readonly grounds: readonly ShownGround[];
  readonly tables: readonly ShownTable[];
  readonly preparedBy: string | null;
  readonly preparedAt: string | null;
  readonly approval: StoredRuleSet['approval'];
}

/** The map's rules and who has agreed to them. */
export async function readRules({ database, model }: Pick<Context, 'database' | 'model'>): Promise<ShownRules> {
  const { digest, rules } = ruleSetOf(model);
  const stored = await database.transaction('read committed', (session) => readRuleSet(session, digest));
  return {
    digest,
    rules: rules.map((rule) => ({ ...rule, tables: tablesUnder(rule.rule, model) })),
    grounds: shownGrounds(model),
    tables: shownTables(model),
    preparedBy: stored?.preparedBy ?? null,
    preparedAt: stored?.preparedAt ?? null,
    approval: stored?.approval ?? null,
  };
}

function tablesUnder(rule: string, { tables }: DataMapModel): RuleTable[] {
  return tables.flatMap(({ name, entry }) =>
    (entry.retention ?? [])
      .filter((keep) => keep.rule === rule)
      .map((keep) => ({
        table: name,
        clock: clockWords(keep),
        columns: keep.columns ?? null,
        waits: (keep.waits ?? []).map(
          ({ parent, when, because }) =>
            `${parent === undefined ? '' : `its ${parent} has `}${conditionWords(when)}: ${because.en}`,
        ),
        row: entry.erase === 'delete' ? ('delete' as const) : ('change' as const),
      })),
  );
}

/** `the latest of placed_at of all shop.orders of the person, created_at`. */
function clockWords(keep: KeepUntil): string {
  const words = sourcesOf(keep).map(sourceWords);
  return words.length === 1 ? (words[0] ?? '') : `the latest of ${words.join(', ')}`;
}

function sourceWords(source: ClockSource): string {
  const counts = source.when === undefined ? '' : ` (where ${conditionWords(source.when)})`;
  if ('parent' in source) return `${source.column} of its ${source.parent}${counts}`;
  if ('person' in source) return `${source.column} of all ${source.person} of the person${counts}`;
  return `${source.column}${counts}`;
}
