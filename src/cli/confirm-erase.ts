import type { PreparedErase } from '../customer/erase/erase-customer.js';
import { GdprError } from '../foundation/errors.js';
import { plannedLines } from './erase-lines.js';
import { typesWord } from './prompt.js';

/**
 * Shows what would go and has the operator type the end of the person's reference; `yes` spares both.
 * @throws GdprError USAGE when nobody sits at the terminal, REFUSED when something else is typed
 */
export async function confirmErase({ match, rehearsal }: PreparedErase, yes: boolean): Promise<void> {
  if (yes) return;
  const word = match.subject.slice(-4);
  if (process.stderr.isTTY === true) process.stderr.write(`${plannedLines(rehearsal).join('\n')}\n\n`);
  const typed = await typesWord(`This cannot be undone. To erase ${match.subject}, type its last four letters:`, word);
  if (typed === undefined) {
    throw new GdprError('USAGE', 'an erasure has to be confirmed, and nobody sits here to be asked', {
      hint: 'look at it with --plan, then run it with --yes, best with --plan-digest',
    });
  }
  if (!typed) throw new GdprError('REFUSED', 'what was typed is not the end of the reference; nothing was erased');
}
