import type { Session } from '../database/session.js';
import type { Catalog } from '../datamap/catalog.js';
import type { DataMapModel } from '../datamap/model.js';
import { GdprError } from '../foundation/errors.js';
import type { SegmentEntry, SegmentNode } from '../workspace/segments.js';
import { unknownCategories } from './lines-of.js';
import { SegmentCompiler } from './segment-sql.js';

/** A segment of `gdpr.yaml`, under its id. */
export interface Segment extends SegmentNode {
  readonly id: string;
  readonly title: SegmentEntry['title'];
}

/** A segment for the rows of one source of the map's part on marketing. */
export interface SegmentCondition {
  /**
   * LEFT JOINs that follow `FROM the source's table t`, each with at most one row for a row of `t`; may be empty. They
   * are hash joins to grouped subqueries: a condition under IN or EXISTS would be tried row by row once it is too large
   * for memory.
   */
  readonly joins: string;
  /** A boolean over `t` and the joins, never NULL. */
  readonly sql: string;
  /** Whoever objected to profiling (`gdpr.objection` of purpose insight, suppression of channel insight) is in no segment. */
  readonly needsInsight: true;
  /** Ids of purposes: whoever stands at `given` for none of them, on no channel, is not in the segment. [] asks for none. */
  readonly explicitPurposes: readonly string[];
}

/** @throws GdprError NOT_FOUND with the segments there are */
export function readSegment(
  { segments = {} }: { readonly segments?: Readonly<Record<string, Omit<Segment, 'id'>>> | undefined },
  id: string,
): Segment {
  const found = Object.hasOwn(segments, id) ? segments[id] : undefined;
  if (found !== undefined) return { ...found, id };
  const known = Object.keys(segments);
  throw new GdprError('NOT_FOUND', `gdpr.yaml describes no segment "${id}"`, {
    hint:
      known.length === 0
        ? 'describe one under segments: see docs/marketing.md'
        : `those there are: ${known.join(', ')}`,
  });
}

/**
 * Compiles a segment through the map for the rows of one source. What nobody noted of somebody is not so: a condition
 * on the language does not hold for a source without languages.
 * @param source id of a source under marketing.sources
 * @param options.snapshot the instant that periods count back from, as PostgreSQL reads it
 * @param options.prefix of the aliases in the joins, where several segments stand in one statement
 * @throws GdprError REFUSED where a column may not be read for it; CONFIG_INVALID with the path in gdpr.yaml where the map
 *   lacks what the segment asks for; DRIFT where a column has another type than a date or a number
 */
export function segmentCondition(
  model: DataMapModel,
  catalog: Catalog,
  source: string,
  segment: Segment,
  options: { readonly snapshot: string; readonly prefix?: string },
): SegmentCondition {
  const compiler = new SegmentCompiler(model, catalog, source, segment.id, options);
  const sql = compiler.node(segment, ['segments', segment.id]);
  return {
    joins: compiler.joins.join('\n'),
    sql,
    needsInsight: true,
    explicitPurposes: compiler.explicitPurposes(),
  };
}

/**
 * The purposes to one of which people must have consented to be in a segment, whatever the source.
 * @throws GdprError REFUSED where the sources ask for consents to different purposes; as `segmentCondition`
 */
export function explicitPurposesOf(
  model: DataMapModel,
  catalog: Catalog,
  segment: Segment,
  snapshot: string,
): string[] {
  const asked = Object.keys(model.map.marketing?.sources ?? {})
    .map((source) => segmentCondition(model, catalog, source, segment, { snapshot }).explicitPurposes)
    .filter((purposes) => purposes.length > 0);
  const [first, ...others] = asked;
  if (first === undefined) return [];
  const common = first.filter((id) => others.every((each) => each.includes(id)));
  if (common.length > 0) return common;
  throw new GdprError('REFUSED', `the segment "${segment.id}" rests on a different explicit consent in each source`, {
    hint: 'name one purpose with explicitConsent: true at all the columns that it reads',
  });
}

/**
 * Checks the categories that a segment names: one that the shop does not have would leave the segment empty unseen.
 * @throws GdprError CONFIG_INVALID with the path in gdpr.yaml
 */
export async function assertCategories(session: Session, model: DataMapModel, segment: Segment): Promise<void> {
  const lines = model.map.marketing?.orders?.lines;
  const named = categoriesIn(segment, `segments.${segment.id}`);
  if (lines === undefined || named.length === 0) return;
  const rows = await session.query<{ name: string }>(unknownCategories(lines), [named.map(({ name }) => name)]);
  const unknown = named.filter(({ name }) => rows.some((row) => row.name === name));
  if (unknown.length === 0) return;
  throw new GdprError(
    'CONFIG_INVALID',
    unknown.map(({ path, name }) => `gdpr.yaml: ${path}: the shop has no category "${name}"`).join('\n'),
    { hint: `a category is named as ${lines.path.at(-1)?.table}.${lines.category} spells it` },
  );
}

function categoriesIn(node: SegmentNode, path: string): { path: string; name: string }[] {
  const below = (['all', 'any'] as const).flatMap((word) =>
    (node[word] ?? []).flatMap((each, i) => categoriesIn(each, `${path}.${word}.${i}`)),
  );
  const not = node.not === undefined ? [] : categoriesIn(node.not, `${path}.not`);
  const here = (node.bought?.category ?? []).map((name, i) => ({ path: `${path}.bought.category.${i}`, name }));
  return [...below, ...not, ...here];
}
