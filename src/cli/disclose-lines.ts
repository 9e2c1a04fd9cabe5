import type { OutsideScope, PreparedDisclosure } from '../disclosure/prepare.js';
import type { DisclosureResult } from '../disclosure/produce.js';
import { GdprError } from '../foundation/errors.js';
import { typesWord } from './prompt.js';
import { reviewLines } from './review.js';
import { count, textTable } from './table.js';

/** The scope table: what is produced, what is withheld and why, what is out of scope. */
export function scopeLines({ order, steps, withheld, outside }: PreparedDisclosure): string[] {
  return [
    // The plan has them by their digest only.
    ...(order.official === null ? [] : [`Official   ${order.official}`]),
    ...(order.asked === null ? [] : [`Asked for  ${order.asked}`]),
    ...(order.encrypted.to.length === 0 ? [] : [`Opened by  ${order.encrypted.to.join(', ')}`]),
    ...(order.encrypted.sealed ? ['Opened by  whoever is told the passphrase'] : []),
    'Produced',
    ...textTable(
      ['TABLE', 'RECORDS', 'COLUMNS'],
      steps.map(({ read, rows, columns }) => [read, String(rows), String(columns.length)]),
    ),
    '',
    'Withheld',
    ...(withheld.length === 0
      ? ['nothing']
      : textTable(
          ['TABLE', 'COLUMN', 'GROUND', 'RECORDS'],
          withheld.map(({ table, column, reason, rows }) => [table, column, reason, String(rows)]),
        )),
    '',
    'Out of scope',
    ...outsideLines(outside),
  ];
}

function outsideLines(outside: readonly OutsideScope[]): string[] {
  if (outside.length === 0) return ['nothing'];
  return textTable(
    ['TABLE', 'RECORDS', 'COLUMNS', ''],
    outside.map(({ table, rows, columns, undated }) => [
      table,
      String(rows),
      String(columns.length),
      undated === true ? 'the map gives no date' : '',
    ]),
  );
}

export function disclosedLines(result: DisclosureResult): string[] {
  const { numbers, hold, approval, audit } = result;
  const rows = result.produced.reduce((sum, each) => sum + each.rows, 0);
  return [
    ...textTable(
      ['TABLE', 'RECORDS'],
      result.produced.map((each) => [each.table, String(each.rows)]),
    ),
    '',
    `${count(rows, 'record')} ${numbers.first} to ${numbers.last}; ${count(result.withheld.length, 'place')} withheld or redacted, listed in the set.`,
    ...reviewLines(result.review),
    `Register  ${result.disclosure}`,
    `Agreed    by ${approval.approver} on ${approval.approvedAt}`,
    `Held      ${count(hold.rows, 'row')} until ${hold.until} (${hold.hold})`,
    ...(hold.unheld === 0
      ? []
      : [`NOT held  ${count(hold.unheld, 'row')} of tables without a key: keep them from erasure yourself`]),
    `Archive   ${result.archive}`,
    `SHA-256   ${result.sha256}`,
    `Audit     entry ${audit.sequence}, operation ${result.operation}`,
  ];
}

/**
 * Shows the scope and has the operator type the end of the plan's digest; `yes` spares both.
 * @throws GdprError USAGE when nobody sits at the terminal, REFUSED when something else is typed
 */
export async function confirmDisclosure(prepared: PreparedDisclosure, yes: boolean): Promise<void> {
  if (yes) return;
  const { digest } = prepared.plan;
  if (process.stderr.isTTY === true) process.stderr.write(`${scopeLines(prepared).join('\n')}\n\n`);
  const typed = await typesWord(
    `What is given cannot be taken back. To give it, type the last four digits of the plan ${digest}:`,
    digest.slice(-4),
  );
  if (typed === undefined) {
    throw new GdprError('USAGE', 'a disclosure has to be confirmed, and nobody sits here to be asked', {
      hint: 'look at it with --plan, then run it with --plan-digest and --yes',
    });
  }
  if (!typed) throw new GdprError('REFUSED', 'what was typed is not what was asked for; nothing was given');
}
