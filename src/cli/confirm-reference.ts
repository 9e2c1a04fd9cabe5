import { GdprError } from '../foundation/errors.js';
import { typesWord } from './prompt.js';

/**
 * Shows what would change and has the operator type the end of the person's reference; `yes` spares both.
 * @throws GdprError USAGE when nobody sits at the terminal, REFUSED when something else is typed
 */
export async function confirmReference({
  does,
  subject,
  lines,
  yes,
}: {
  readonly does: string;
  readonly subject: string;
  readonly lines: readonly string[];
  readonly yes: boolean;
}): Promise<void> {
  if (yes) return;
  if (process.stderr.isTTY === true) process.stderr.write(`${lines.join('\n')}\n\n`);
  const typed = await typesWord(`To ${does} the data of ${subject}, type its last four letters:`, subject.slice(-4));
  if (typed === undefined) {
    throw new GdprError('USAGE', 'this has to be confirmed, and nobody sits here to be asked', {
      hint: 'look at it with --plan, then run it with --yes, best with --plan-digest',
    });
  }
  if (!typed) throw new GdprError('REFUSED', 'what was typed is not the end of the reference; nothing was changed');
}
