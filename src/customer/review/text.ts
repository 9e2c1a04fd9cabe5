import { createHash } from 'node:crypto';
import { canonicalJson } from '../../foundation/canonical-json.js';
import type { DetectedIdentifier } from '../../identity/detect.js';
import type { FoundText } from '../cells.js';
import { mentionsOf, type Own } from '../mentions.js';

/** Where a text stands. */
export interface Where {
  /** As the map's model names it: `shop.notes`. */
  readonly table: string;
  /** The row's key: PostgreSQL's text of each column. */
  readonly row: Readonly<Record<string, string>>;
  readonly column: string;
  /** What leads to it in a JSON document, list positions as digits; empty for a whole column. */
  readonly place: readonly string[];
}

/** A part of a text that belongs to somebody else, in UTF-16 units, `end` exclusive. */
export interface Span {
  readonly kind: DetectedIdentifier['kind'];
  readonly start: number;
  readonly end: number;
  readonly found: string;
}

/** A text that somebody has to read before it is given, or may want to. */
export interface ReviewText extends Where {
  readonly text: string;
  readonly spans: readonly Span[];
  /** False for a part of a document that the map does not know. */
  readonly described: boolean;
}

/** The text for the review; undefined for one that nobody needs to read: blank, or no free text and of no one else. */
export function reviewText(where: Pick<Where, 'table' | 'row'>, found: FoundText, own: Own): ReviewText | undefined {
  const { text, described } = found;
  if (described && text.trim() === '') return undefined;
  const spans = mentionsOf(own, text).map(({ kind, start, end, value }) => ({ kind, start, end, found: value }));
  if (!found.free && spans.length === 0) return undefined;
  return { ...where, column: found.column.name, place: found.place.map(String), text, spans, described };
}

/** Two texts with the same id are the same place of the same row. */
export function textId({ table, row, column, place }: Where): string {
  return canonicalJson([table, row, column, place]);
}

/**
 * `sha256:` and 64 hexadecimal digits over where a text stands, its length, the text and what was found in it: what
 * the person who decided had before them.
 */
export function textDigest(text: Where & Pick<ReviewText, 'text' | 'spans'>): string {
  const hash = createHash('sha256')
    .update(`${textId(text)}\n${text.text.length}\n`)
    .update(text.text);
  for (const { kind, start, end } of text.spans) hash.update(`\n${kind} ${start} ${end}`);
  return `sha256:${hash.digest('hex')}`;
}
