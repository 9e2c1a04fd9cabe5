import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addWording, type NewWording } from '../../src/consent/add-wording.js';
import { readWordings } from '../../src/consent/wording.js';
import { asFileError } from '../../src/foundation/durable.js';
import { errno } from '../../src/foundation/errors.js';
import { CAMPAIGN_FILE } from '../../src/marketing/campaign.js';
import type { Context } from '../../src/workspace/open.js';
import { bookshopFile } from './generate.js';

type Kind = Pick<NewWording, 'kind' | 'channels' | 'from'>;

/** What the shop asks, and since when; a yes that is older is unproven. */
const WORDINGS: Readonly<Record<string, Kind>> = {
  'account-email': { kind: 'consent', channels: ['email'], from: '2018-05-01' },
  'account-sms': { kind: 'consent', channels: ['sms'], from: '2020-01-01' },
  newsletter: { kind: 'consent', channels: ['email'], from: '2018-05-01' },
  checkout: { kind: 'soft-opt-in', channels: ['email'], from: '2019-01-01' },
};
const LANGUAGES = ['lv', 'en'] as const;

/**
 * Registers the bookshop's wordings, in Latvian and English, and puts a campaign file into the workspace; what is there
 * is left as it is.
 * @throws GdprError as `addWording`, FILE_UNAVAILABLE
 */
export async function prepareMarketing(context: Context): Promise<void> {
  const known = await context.database.transaction('read committed', readWordings);
  for (const [name, wording] of Object.entries(WORDINGS)) {
    for (const language of LANGUAGES) {
      const id = `${name}-${language}`;
      if (known.has(id)) continue;
      const text = await readFile(bookshopFile(`wordings/${id}.txt`));
      await addWording(context, { id, ...wording, language, text, doubleOptIn: false });
    }
  }
  const campaign = join(context.paths.root, CAMPAIGN_FILE);
  await asFileError(campaign, async () => {
    const text = await readFile(bookshopFile(CAMPAIGN_FILE));
    await writeFile(campaign, text, { flag: 'wx', mode: 0o600 }).catch((error: unknown) => {
      if (errno(error) !== 'EEXIST') throw error;
    });
  });
}
