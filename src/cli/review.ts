import * as Flags from '@oclif/core/flags';
import type { PreparedExport } from '../customer/export-customer.js';
import type { ReviewSummary } from '../customer/review/judge.js';
import type { Review } from '../customer/review/read.js';
import type { WrittenReview } from '../customer/review/review.js';
import type { Context } from '../workspace/open.js';
import { count } from './table.js';

/** The decisions on a person's free texts. */
export const reviewFlag = Flags.string({
  description:
    'Decide on each free text: a file that does not exist is written, with the texts, and nothing is exported; one that does exist holds your decisions, and is followed',
  helpValue: 'FILE',
  exclusive: ['plan', 'from', 'portable'],
});

/** The review that the flag names, read, or written where there was none; undefined without the flag. */
export async function openReview(
  context: Context,
  prepared: PreparedExport,
  options: {
    readonly review?: string | undefined;
    readonly verified?: string | undefined;
    readonly planDigest?: string | undefined;
  },
): Promise<{ kind: 'read'; review: Review } | { kind: 'written'; review?: never; written: WrittenReview } | undefined> {
  const { review: path, verified, planDigest } = options;
  if (path === undefined) return undefined;
  const { readReview } = await import('../customer/review/read.js');
  const of = { person: prepared.match.subject, plan: prepared.plan.digest };
  const review = await readReview(path, of);
  if (review !== undefined) return { kind: 'read', review };
  const { writeReview } = await import('../customer/review/review.js');
  return { kind: 'written', written: await writeReview(context, prepared, { verified, planDigest }, path) };
}

/** What a review that was just written asks for. */
export function writtenReview({ review, texts, undecided, operation, audit }: WrittenReview): string[] {
  return [
    `${count(texts, 'free text')} to read, ${undecided} of them undecided. Nothing was exported.`,
    `Review    ${review}`,
    `Audit     entry ${audit.sequence}, operation ${operation}`,
    '',
    'Open the file in a text editor, look for "undecided", decide on each text (the file\nsays how), and run the same command again.',
    'It holds personal data, of others too: keep it to yourself, and remove it when you\nno longer need it.',
  ];
}

/** What became of the texts. */
export function reviewLines(review: ReviewSummary | undefined): string[] {
  if (review === undefined) return [];
  const { given, redacted, withheld, undecided } = review;
  return [
    `Review    ${given} given, ${redacted} redacted, ${withheld} withheld, ${undecided} undecided and so withheld`,
  ];
}
