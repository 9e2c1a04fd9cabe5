import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { id, period } from '../datamap/schema-values.js';
import { sha256 } from '../foundation/canonical-json.js';
import { asFileError } from '../foundation/durable.js';
import { GdprError } from '../foundation/errors.js';

export const CAMPAIGN_FILE = 'campaign.yaml';
const TOKEN = '{token}';
const DEFAULT_VALIDITY = 'P3D';

/** What `campaign.yaml` may hold: what the sender declares of the messages (Directive 2002/58/EC, Art. 13(2), (4)). */
const campaignSchema = z.strictObject({
  campaign: id,
  /** On whose behalf it is sent; the message has to show it. */
  sender: z.string().min(1),
  /** An address at which a request to stop reaches the shop, free of charge. */
  contact: z.string().min(1),
  /** Where a click stops the messages; {token} stands for the recipient's token. */
  unsubscribe: z
    .string()
    .regex(/^https:\/\/[^\s{}]+(\{token\})[^\s{}]*$/, `must be an https address with ${TOKEN} in it`)
    .optional(),
  /** Whether it offers the shop's own goods, similar to what its customers buy. */
  ownSimilarGoods: z.boolean(),
  /** Whether every message tells how to refuse further ones, free of charge. */
  optOutInEachMessage: z.boolean(),
  /** How long a list may be used. */
  validFor: period.regex(/[1-9]/, 'must be longer than nothing').default(DEFAULT_VALIDITY),
});

/** A campaign as its file declares it; of none, people are written to by consent alone. */
export interface Campaign {
  readonly campaign: string | null;
  readonly sha256: string | null;
  readonly unsubscribe: string | null;
  /** ISO 8601 period. */
  readonly validFor: string;
  /** Whether customers may be written to who never refused: by e-mail, about the like of what they bought. */
  readonly softOptIn: boolean;
}

export const NO_CAMPAIGN: Campaign = {
  campaign: null,
  sha256: null,
  unsubscribe: null,
  validFor: DEFAULT_VALIDITY,
  softOptIn: false,
};

/**
 * The campaign file that was named, or else `campaign.yaml` of the workspace; without either, NO_CAMPAIGN.
 * @throws GdprError FILE_UNAVAILABLE; INPUT_INVALID with every problem
 */
export async function readCampaign(root: string, named: string | undefined): Promise<Campaign> {
  const file = named ?? join(root, CAMPAIGN_FILE);
  if (named === undefined && !(await isThere(file))) return NO_CAMPAIGN;
  const text = await asFileError(file, () => readFile(file, 'utf8'));
  const document = parseDocument(text, { prettyErrors: false });
  const parsed = document.errors.length > 0 ? undefined : campaignSchema.safeParse(document.toJS() ?? {});
  if (parsed?.success !== true) {
    const problems =
      parsed === undefined
        ? document.errors.map(({ message }) => message)
        : parsed.error.issues.map((issue) => `${issue.path.join('.') || '(file)'}: ${issue.message}`);
    throw new GdprError('INPUT_INVALID', `the campaign file is not valid:\n${problems.join('\n')}`, {
      hint: 'docs/marketing.md lists what it holds',
    });
  }
  const { campaign, unsubscribe, validFor, ownSimilarGoods, optOutInEachMessage } = parsed.data;
  return {
    campaign,
    sha256: sha256(text),
    unsubscribe: unsubscribe ?? null,
    validFor,
    softOptIn: ownSimilarGoods && optOutInEachMessage,
  };
}

/** The address at which a recipient stops the messages. */
export function unsubscribeUrl({ unsubscribe }: Campaign, token: string): string {
  return unsubscribe === null ? token : unsubscribe.replace(TOKEN, token);
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
