import { GdprError } from '../foundation/errors.js';
import { typesWord } from './prompt.js';

/**
 * Shows what would go and has the operator type a word; `yes` spares both.
 * @throws GdprError USAGE when nobody sits at the terminal, REFUSED when something else is typed
 */
export async function confirmExpiry(lines: readonly string[], yes: boolean): Promise<void> {
  if (yes) return;
  if (process.stderr.isTTY === true) process.stderr.write(`${lines.join('\n')}\n\n`);
  const typed = await typesWord('None of it comes back. Type "expire" to go on:', 'expire');
  if (typed === undefined) {
    throw new GdprError('USAGE', 'this has to be confirmed, and nobody sits here to be asked', {
      hint: 'look at it with --plan, then run it with --yes',
    });
  }
  if (!typed) throw new GdprError('REFUSED', 'what was typed is another word; nothing was changed');
}
