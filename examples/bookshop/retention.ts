import { readFile } from 'node:fs/promises';
import { writeDurably } from '../../src/foundation/durable.js';
import { agreeOnRules, pendingRuleSet } from '../../src/retention/approve.js';
import { planRetention } from '../../src/retention/plan.js';
import type { Context } from '../../src/workspace/open.js';

/** The two people of the demo who agree on the retention rules. */
const PEOPLE = ['demo-ilze', 'demo-juris'] as const;

/** What may go of a table at once, in steps of so many per cent. */
const STEP = 10;

/**
 * Has two people agree on the bookshop's retention rules, and lets the first run take what gathered in years: a share of
 * its own for each table of which more is due than a run may take. What is there is left as it is.
 * @throws GdprError as `agreeOnRules`, FILE_UNAVAILABLE
 */
export async function prepareRetention(context: Context): Promise<void> {
  for (const operator of PEOPLE) {
    const pending = await pendingRuleSet({ ...context, operator: 'demo' });
    if (pending.step === 'agreed') break;
    // Killed in between, the next run finds the first of them done.
    if (pending.stored?.preparedBy !== operator) await agreeOnRules({ ...context, operator }, pending);
  }
  const config = await readFile(context.paths.config, 'utf8');
  if (/^retention:/m.test(config)) return;
  const { tables } = await planRetention(context);
  const over = tables.filter((table) => table.over);
  const shares = over.map(
    ({ table, share }) => `    ${JSON.stringify(table)}: ${Math.min(100, Math.ceil((share + 3) / STEP) * STEP)}`,
  );
  const lines = [
    '# The first run takes what gathered in years. A table that is not named here may lose 5 % a run without a confirmation.',
    'retention:',
    `  tables:${shares.length === 0 ? ' {}' : ''}`,
    ...shares,
  ];
  await writeDurably(context.paths.config, `${config.trimEnd()}\n${lines.join('\n')}\n`);
}
