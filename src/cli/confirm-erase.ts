import type { Rehearsal } from '../customer/erase/engine.js';
import type { PreparedErase } from '../customer/erase/erase-customer.js';
import type { PreparedMany } from '../customer/erase/erase-many.js';
import { GdprError } from '../foundation/errors.js';
import { plannedLines } from './erase-lines.js';
import { typesWord } from './prompt.js';
import { count } from './table.js';

/**
 * Shows what would go and has the operator type the end of the person's reference; `yes` spares both.
 * @throws GdprError USAGE when nobody sits at the terminal, REFUSED when something else is typed
 */
export function confirmErase({ match: { subject }, rehearsal }: PreparedErase, yes: boolean): Promise<void> {
  return confirm(rehearsal, `To erase ${subject}, type its last four letters:`, subject.slice(-4), yes);
}

/** The same for the people of a list, by the end of the plan's digest. @throws GdprError as `confirmErase` */
export function confirmEraseMany({ chosen, plan, rehearsal }: PreparedMany, yes: boolean): Promise<void> {
  const question = `To erase ${count(chosen.length, 'person', 'people')}, type the last four digits of the plan ${plan.digest}:`;
  return confirm(rehearsal, question, plan.digest.slice(-4), yes);
}

async function confirm(rehearsal: Rehearsal, question: string, word: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (process.stderr.isTTY === true) process.stderr.write(`${plannedLines(rehearsal).join('\n')}\n\n`);
  const typed = await typesWord(`This cannot be undone. ${question}`, word);
  if (typed === undefined) {
    throw new GdprError('USAGE', 'an erasure has to be confirmed, and nobody sits here to be asked', {
      hint: 'look at it with --plan, then run it with --yes, best with --plan-digest',
    });
  }
  if (!typed) throw new GdprError('REFUSED', 'what was typed is not what was asked for; nothing was erased');
}
