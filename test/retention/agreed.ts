import { agreeOnRules, pendingRuleSet } from '../../src/retention/approve.js';
import type { Context } from '../../src/workspace/open.js';

/** Has two people agree to the rules of the context's map. */
export async function agreed(context: Context): Promise<void> {
  for (const operator of ['liga', 'juris']) {
    const mine = { ...context, operator };
    const pending = await pendingRuleSet(mine);
    if (pending.step !== 'agreed') await agreeOnRules(mine, pending);
  }
}
