import type { Marketing } from '../datamap/schema.js';
import type { Config } from '../workspace/config.js';
import type { Cells } from './insight-cells.js';

export const DIMENSIONS = ['language', 'place', 'category', 'segment'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** Figures about fewer people than this are never told, whatever is asked for. */
export const LEAST = 5;

/** One table; its cells hold a value of the shop (null: not known), a category, or the id of a segment. */
export interface InsightTable extends Cells {
  readonly by: Dimension;
  /** How many people the shares are of; null where they are too few, and then nothing is told. */
  readonly of: number | null;
}

export interface InsightResult {
  readonly operation: string;
  readonly archive: string;
  readonly sha256: string;
  /** UTC with microseconds. */
  readonly snapshot: string;
  readonly segment: string | null;
  readonly minimum: number;
  /** Null where they are too few to be told. */
  readonly people: number | null;
  readonly tables: readonly InsightTable[];
  readonly audit: { readonly sequence: number };
}

/** Stands in a table by place for people with addresses in several of them. */
export const SEVERAL = '*';

/** What people can be counted by here, and what is missing where they cannot. */
export function dimensionFaults(
  marketing: Marketing,
  { segments = {} }: Pick<Config, 'segments'>,
): Readonly<Record<Dimension, string | undefined>> {
  const sources = Object.values(marketing.sources);
  const lacking = (has: boolean, what: string) => (has ? undefined : what);
  return {
    language: lacking(
      sources.some(({ language }) => language !== undefined),
      'no source of the data map has a language',
    ),
    place: lacking(
      sources.some(({ place }) => place !== undefined),
      'no source of the data map has a place',
    ),
    category: lacking(marketing.orders?.lines !== undefined, 'the data map names no lines of orders'),
    segment: lacking(Object.keys(segments).length > 0, 'gdpr.yaml describes no segments'),
  };
}
