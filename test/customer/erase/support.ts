import { prepareErase } from '../../../src/customer/erase/erase-customer.js';
import { type EraseResult, eraseCustomer, type OnEraseStage, orderOf } from '../../../src/customer/erase/run.js';
import type { PersonQuery } from '../../../src/customer/resolve.js';
import type { Context } from '../../../src/workspace/open.js';
import { nobodyToAsk } from '../support/export.js';

export const GROUND = 'Art. 17(1)(b)';

/** Erases as the command does. */
export async function erasePerson(context: Context, query: PersonQuery, onStage?: OnEraseStage): Promise<EraseResult> {
  const prepared = await prepareErase(context, query, GROUND, nobodyToAsk);
  const flags = { ground: GROUND, verified: 'account login', language: 'lv' };
  return eraseCustomer(context, orderOf(prepared, flags), prepared.plan, onStage);
}
