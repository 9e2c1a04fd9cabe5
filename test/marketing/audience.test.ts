import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, it } from 'vitest';
import { addWording } from '../../src/consent/add-wording.js';
import { selectAudience } from '../../src/marketing/audience.js';
import { NO_CAMPAIGN } from '../../src/marketing/campaign.js';
import { listColumns } from '../../src/marketing/columns.js';
import type { Context } from '../../src/workspace/open.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

let workspace: TestWorkspace;
let context: Context;
beforeAll(async () => {
  workspace = await bookshopWorkspace();
  context = await workspace.context();
  for (const [id, kind, channels] of [
    ['account-email-lv', 'consent', ['email']],
    ['account-sms-lv', 'consent', ['sms']],
    ['newsletter-lv', 'consent', ['email']],
    ['checkout-lv', 'soft-opt-in', ['email']],
  ] as const)
    await addWording(context, {
      id,
      kind,
      channels,
      language: 'lv',
      text: Buffer.from('Vēlos'),
      from: '2016-01-01',
      doubleOptIn: false,
    });
});
afterAll(async () => {
  await context.database.close();
  await workspace.remove();
});

it('adds up', async () => {
  for (const channel of ['email', 'sms'] as const) {
    const out = join(workspace.root, `${channel}.csv`);
    const t = Date.now();
    const result = await selectAudience(context, {
      settings: { channel, campaign: { ...NO_CAMPAIGN, softOptIn: true }, segment: null },
      columns: listColumns(channel, {}),
      out,
    });
    console.log(result, Date.now() - t);
    console.log((await readFile(out, 'utf8')).split('\r\n').slice(0, 5).join('\n'));
  }
});
