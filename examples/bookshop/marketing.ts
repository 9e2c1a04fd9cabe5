import { readFile } from 'node:fs/promises';
import { addWording, type NewWording } from '../../src/consent/add-wording.js';
import { readWordings } from '../../src/consent/wording.js';
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
 * Registers the bookshop's wordings, in Latvian and English; those that are registered are left as they are.
 * @throws GdprError as `addWording`
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
}
