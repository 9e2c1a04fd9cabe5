import { GdprError } from '../foundation/errors.js';
import { MODES } from '../operation/approval.js';
import type { Agreed } from '../retention/approve.js';
import { uncoveredLine } from '../retention/coverage.js';
import { durationSeconds } from '../retention/duration.js';
import type { RetentionPlan } from '../retention/plan.js';
import type { RunResult } from '../retention/run.js';
import type { ShownRules } from '../retention/show-rules.js';
import { typesWord } from './prompt.js';
import { count, textTable } from './table.js';

/** What would be taken, rule by rule, and what is wrong. */
export function planLines(plan: RetentionPlan & { readonly operation: string }): string[] {
  const rows = plan.rules.map((rule) => [
    rule.rule,
    String(rule.eligible),
    String(rule.held),
    String(rule.excepted),
    String(rule.notYet),
    String(rule.done),
    rule.oldest ?? '–',
    size(rule.bytes),
  ]);
  const over = plan.tables.filter((table) => table.over);
  return [
    ...textTable(['RULE', 'ELIGIBLE', 'HELD', 'EXCEPTED', 'NOT YET', 'DONE', 'OLDEST DUE', 'SIZE'], rows),
    '',
    `As of      ${plan.asOf}${plan.continues === null ? '' : `, as the run ${plan.continues} that was cut short`}`,
    `Rules      ${plan.digest}`,
    `           ${plan.approved ? 'agreed on by two people' : 'not agreed on: gdpr retention approve'}`,
    ...over.map(
      ({ table, eligible, rows: all, share, maxShare }) =>
        `Share      ${table}: ${eligible} of ${count(all, 'row')}, ${share} %; above ${maxShare} % a run needs --confirm '${table}=${eligible}'`,
    ),
    ...plan.uncovered.map((each) => `Uncovered  ${uncoveredLine(each)}`),
    ...plan.missingIndexes.map(({ ddl }) => `Index      ${ddl}`),
    `Audit      operation ${plan.operation}`,
  ];
}

function size(bytes: number): string {
  if (bytes < 10_000) return `${bytes} B`;
  return bytes < 10_000_000 ? `${Math.round(bytes / 1000)} kB` : `${Math.round(bytes / 1_000_000)} MB`;
}

/** One line for a log. */
export function runLines(result: Omit<RunResult, 'record'>): string[] {
  const deleted = result.rules.reduce((sum, rule) => sum + rule.deleted, 0);
  const changed = result.rules.reduce((sum, rule) => sum + rule.changed, 0);
  const locked = result.locked > 0 ? `, ${count(result.locked, 'row')} left that others held` : '';
  return [
    `Retention ${result.operation}: ${deleted} deleted, ${changed} changed, stopped: ${result.stopped}${locked} (audit entry ${result.audit.sequence})`,
  ];
}

/** The rules in words, for people to read before they agree. */
export function ruleLines(shown: ShownRules): string[] {
  return [
    `Rules     ${shown.digest}`,
    `Prepared  ${shown.preparedBy === null ? 'by nobody yet' : `${shown.preparedAt} by ${shown.preparedBy}`}`,
    ...(shown.approval === null
      ? []
      : [
          `Agreed    ${shown.approval.approvedAt} by ${shown.approval.approvedBy}; told apart by ${MODES[shown.approval.mode]}`,
        ]),
    ...shown.rules.flatMap((rule) => [
      '',
      `${rule.rule}: ${rule.title.en}`,
      `  ${rule.period} from ${rule.from === 'event' ? 'the day' : 'the end of the financial year'}; ${rule.law}`,
      `  confirmed by ${rule.confirmedBy ?? 'NOBODY'}`,
      ...rule.tables.flatMap(({ table, clock, columns, row, waits }) => [
        `  ${table}: ${row === 'delete' ? 'the row is deleted' : 'its columns change'}, counted from ${clock}`,
        ...(columns === null ? [] : [`    only ${columns.join(', ')}`]),
        ...waits.map((wait) => `    has not begun while ${wait}`),
      ]),
    ]),
    ...shown.grounds.flatMap(({ ground, law, rows }) => [
      '',
      `waits for ${ground}: ${law}`,
      ...rows.map((row) => `  ${row}`),
    ]),
    ...shown.tables.flatMap(({ table, owners, columns }) => [
      '',
      table,
      ...owners.map(({ owner, by }) => `  of the ${owner}: ${by.join('; ')}`),
      ...columns.map(({ becomes, names }) => `  ${becomes}: ${names.join(', ')}`),
    ]),
  ];
}

export function agreedLines({
  step,
  stored,
  operation,
  audit,
}: Pick<Agreed, 'step' | 'stored'> & {
  readonly operation: string;
  readonly audit: { readonly sequence: number };
}): string[] {
  return [
    step === 'prepared'
      ? `Prepared by ${stored.preparedBy}. Now a second person has to agree: gdpr retention approve`
      : `Agreed by ${stored.approval?.approvedBy}, after ${stored.preparedBy}: the rules are in force until they change`,
    `Audit     entry ${audit.sequence}, operation ${operation}`,
  ];
}

/**
 * Shows the rules and has the operator type the end of their digest; `yes` spares both.
 * @throws GdprError USAGE when nobody sits at the terminal, REFUSED when something else is typed
 */
export async function confirmRules(shown: ShownRules, step: 'prepare' | 'agree', yes: boolean): Promise<void> {
  if (yes) return;
  if (process.stderr.isTTY === true) process.stderr.write(`${ruleLines(shown).join('\n')}\n\n`);
  const typed = await typesWord(
    `To ${step === 'prepare' ? 'prepare' : 'agree to'} these rules, type the last four characters of the digest:`,
    shown.digest.slice(-4),
  );
  if (typed === undefined) {
    throw new GdprError('USAGE', 'an agreement has to be confirmed, and nobody sits here to be asked', {
      hint: 'read the rules with --show, then run it with --yes',
    });
  }
  if (!typed) throw new GdprError('REFUSED', 'what was typed is not the end of the digest; nothing was agreed on');
}

/** `90s`, `45m`, `2h`, `1h30m` in milliseconds. @throws GdprError USAGE */
export function readDuration(typed: string | undefined): number | undefined {
  return typed === undefined ? undefined : durationSeconds(typed.trim(), '--max-duration') * 1000;
}

/** `TABLE=ROWS` by table. @throws GdprError USAGE */
export function readConfirmations(typed: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    typed.map((each) => {
      const [, table, rows] = /^(.+)=(\d{1,15})$/.exec(each.trim()) ?? [];
      if (table !== undefined && rows !== undefined) return [table, Number(rows)];
      throw new GdprError('USAGE', 'a --confirm is not TABLE=ROWS', {
        hint: "write it as the plan does, e.g. --confirm 'shop.sessions=48211'",
      });
    }),
  );
}
