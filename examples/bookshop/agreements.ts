import { readAgreements } from '../../src/disclosure/agreement.js';
import { addAgreement } from '../../src/disclosure/agreements.js';
import type { Context } from '../../src/workspace/open.js';
import { bookshopFile } from './generate.js';

/** The bookshop's carriers, each with the agreement that the data map names, and its first day. */
const CARRIERS: Readonly<Record<string, readonly [number: string, from: string]>> = {
  omniva: ['OMN-2023/114', '2023-05-01'],
  'latvijas-pasts': ['LP-2021/0876', '2021-09-01'],
  dpd: ['DPD-2022/3305', '2022-02-01'],
};

/**
 * Puts the bookshop's agreements with its carriers on record; what is there is left as it is.
 * @throws GdprError as `addAgreement`
 */
export async function prepareAgreements(context: Context): Promise<void> {
  const known = await context.database.transaction('read committed', readAgreements);
  for (const [recipient, [number, from]] of Object.entries(CARRIERS)) {
    if (known.some(({ agreement }) => agreement === number)) continue;
    const document = bookshopFile(`agreements/${recipient}.txt`);
    await addAgreement(context, { number, recipient, from, subprocessors: [], document });
  }
}
