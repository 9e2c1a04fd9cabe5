import { stringify } from 'yaml';
import { GdprError } from '../foundation/errors.js';
import { type Approval, MODES } from '../operation/approval.js';
import type { Approved, StoredPlan } from '../operation/approve.js';
import { typesWord } from './prompt.js';

/** The whole plan, for people to read; what could steer a terminal is shown as its code. */
export function storedPlanLines({ digest, action, plan, preparer, preparerRole, preparedAt }: StoredPlan): string[] {
  const text = stringify(plan, { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd();
  return [
    `Plan      ${action}`,
    `Digest    ${digest}`,
    `Prepared  ${preparedAt} by ${shown(preparer)} (database role ${shown(preparerRole)})`,
    '',
    ...text.split('\n').map((line) => shown(line)),
  ];
}

function shown(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, (letter) => `\\u{${(letter.codePointAt(0) ?? 0).toString(16)}}`);
}

export function approvedLines(approved: Approved): string[] {
  return [
    `Agreed    ${approved.approvedAt} by ${shown(approved.approver)} (database role ${shown(approved.approverRole)})`,
    `Told apart by ${told(approved)}`,
    `Valid     until ${approved.validUntil}, once`,
    `Audit     entry ${approved.audit.sequence}, operation ${approved.operation}`,
  ];
}

function told({ mode }: Approval): string {
  return MODES[mode];
}

/**
 * Shows the plan and has the operator type the end of its digest; `yes` spares both.
 * @throws GdprError USAGE when nobody sits at the terminal, REFUSED when something else is typed
 */
export async function confirmApproval(stored: StoredPlan, yes: boolean): Promise<void> {
  if (yes) return;
  if (process.stderr.isTTY === true) process.stderr.write(`${storedPlanLines(stored).join('\n')}\n\n`);
  const typed = await typesWord(
    'To agree to all of this, type the last four characters of the digest:',
    stored.digest.slice(-4),
  );
  if (typed === undefined) {
    throw new GdprError('USAGE', 'an agreement has to be confirmed, and nobody sits here to be asked', {
      hint: 'read the plan with --show, then run it with --yes',
    });
  }
  if (!typed) throw new GdprError('REFUSED', 'what was typed is not the end of the digest; nothing was agreed on');
}
