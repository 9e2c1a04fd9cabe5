import { addWording } from '../../src/consent/add-wording.js';
import type { Context } from '../../src/workspace/open.js';

/** The checkout notice of these tests was shown from this day on. */
const NOTICE_FROM = '2020-01-01';

/** Registers a wording for each thing that the bookshop's map names; what was said before 2016 has none. */
export async function registerWordings(context: Context): Promise<void> {
  const wordings = [
    ['account-email-lv', 'consent', 'email', '2016-01-01'],
    ['account-sms-lv', 'consent', 'sms', '2016-01-01'],
    ['newsletter-lv', 'consent', 'email', '2016-01-01'],
    ['checkout-lv', 'soft-opt-in', 'email', NOTICE_FROM],
  ] as const;
  for (const [id, kind, channel, from] of wordings) {
    const text = Buffer.from(`Vēlos saņemt ziņas (${id})`);
    await addWording(context, { id, kind, channels: [channel], language: 'lv', text, from, doubleOptIn: false });
  }
}
