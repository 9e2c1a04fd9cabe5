import { z } from 'zod';
import { id, period, text } from '../datamap/schema-values.js';

/** A condition on people: exactly one of its words is there. Periods are ISO 8601 and count back from the snapshot. */
export interface SegmentNode {
  readonly all?: readonly SegmentNode[] | undefined;
  readonly any?: readonly SegmentNode[] | undefined;
  readonly not?: SegmentNode | undefined;
  /** Who bought something of these categories, or of those below them. */
  readonly bought?: { readonly category: readonly string[]; readonly since?: string | undefined } | undefined;
  readonly ordered?: { readonly since?: string | undefined; readonly atLeast: number } | undefined;
  /** In the shop's own money. */
  readonly total?: { readonly since?: string | undefined; readonly atLeast: number } | undefined;
  readonly language?: readonly string[] | undefined;
  readonly place?: readonly string[] | undefined;
}

const words = z.array(z.string().trim().min(1)).min(1);
const nodes = z.array(z.lazy((): z.ZodType<SegmentNode> => node)).min(1);

const shape = {
  all: nodes.optional(),
  any: nodes.optional(),
  not: z.lazy((): z.ZodType<SegmentNode> => node).optional(),
  bought: z.strictObject({ category: words, since: period.optional() }).optional(),
  ordered: z.strictObject({ since: period.optional(), atLeast: z.int().min(1).max(1e6).default(1) }).optional(),
  total: z.strictObject({ since: period.optional(), atLeast: z.number().positive().max(1e9) }).optional(),
  language: words.optional(),
  place: words.optional(),
};

const WORDS = ['all', 'any', 'not', 'bought', 'ordered', 'total', 'language', 'place'] as const;
const ONE_WORD = `exactly one of ${WORDS.join(', ')} is needed`;

function hasOneWord(value: SegmentNode): boolean {
  return WORDS.filter((word) => value[word] !== undefined).length === 1;
}

const node: z.ZodType<SegmentNode> = z.strictObject(shape).refine(hasOneWord, ONE_WORD);

/** The segments of `gdpr.yaml`, by an id of the operator's choice: a title, and a condition beside it. */
export const segmentsSchema = z.record(id, z.strictObject({ title: text, ...shape }).refine(hasOneWord, ONE_WORD));

export type SegmentEntry = z.infer<typeof segmentsSchema>[string];
