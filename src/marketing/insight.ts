import type { Session } from '../database/session.js';
import { readCatalog } from '../datamap/catalog.js';
import { assertNoDrift } from '../datamap/drift.js';
import { textLiteral } from '../datamap/sql.js';
import { GdprError } from '../foundation/errors.js';
import { archiveOutcome } from '../operation/archived.js';
import { runOperation } from '../operation/operation.js';
import type { Context } from '../workspace/open.js';
import { type Cells, type Counted, tellable, withholdOverlapping, withholdPartition } from './insight-cells.js';
import { readableBy } from './insight-columns.js';
import { gatherPeople } from './insight-people.js';
import {
  DIMENSIONS,
  type Dimension,
  dimensionFaults,
  type InsightResult,
  type InsightTable,
  LEAST,
} from './insight-result.js';
import { insightSheet } from './insight-sheet.js';
import { categoryNames } from './lines-of.js';
import { assertCategories, explicitPurposesOf, readSegment, type Segment } from './segment.js';

export interface InsightOptions {
  /** Id of a segment of gdpr.yaml; null for everybody. */
  readonly segment: string | null;
  /** What to count by; undefined for all that asks nobody's explicit consent. */
  readonly by: readonly Dimension[] | undefined;
  /** The fewest people that a figure may be about; {@link LEAST} or more. */
  readonly minimum: number;
}

/**
 * Counts people by what the map's marketing sources say of them, and writes the figures, which are about nobody, into a
 * signed archive. One pass over the sources in one snapshot; nobody's row leaves the database but in batches, to be
 * looked up by keyed code.
 * @throws GdprError NOT_FOUND, CONFIG_INVALID, REFUSED as segments do; USAGE; as `archiveOutcome`
 */
export async function insight(
  context: Context,
  options: InsightOptions,
  onProgress: (done: number, total: number) => void,
): Promise<InsightResult> {
  const { model, config } = context;
  const { minimum } = options;
  const by = dimensionsOf(context, options.by);
  const asked = options.segment === null ? undefined : readSegment(config, options.segment);
  const listed = by.includes('segment') ? Object.keys(config.segments ?? {}).map((id) => readSegment(config, id)) : [];
  if (minimum < LEAST)
    throw new GdprError('USAGE', `figures about fewer than ${LEAST} people are never told`, {
      hint: `ask for ${LEAST} or more`,
    });
  const intent = { action: 'marketing insight', subjects: [], ground: 'Art. 6(1)(f)' };
  return runOperation(
    context,
    intent,
    async (operation) => {
      const found = await context.database.transaction('repeatable read', (session) =>
        count(session, context, { asked, listed, by, minimum }, onProgress),
      );
      const told = { segment: options.segment, minimum, ...found };
      const { sequence, ...archived } = await archiveOutcome(
        context,
        operation,
        insightName(operation.id),
        async (archive) => {
          const table = {
            format: 'privatums insight',
            version: 1,
            operation: operation.id,
            action: intent.action,
            controller: model.map.controller.name,
            mapDigest: model.digest,
            ...told,
            segments: Object.fromEntries(
              [...(asked === undefined ? [] : [asked]), ...listed].map(({ id, ...entry }) => [id, entry]),
            ),
          };
          await archive.add('insight.json', 'application/json', `${JSON.stringify(table, undefined, 2)}\n`);
          await archive.add('index.html', 'text/html', insightSheet(context, operation.id, told));
          return { written: undefined, outcome: { counts: { tables: told.tables.length } } };
        },
      );
      return { operation: operation.id, archive: archived.path, sha256: archived.sha256, ...told, audit: { sequence } };
    },
    insightName,
  );
}

function insightName(operation: string): string {
  return `insight-${operation}.asice`;
}

/** @throws GdprError CONFIG_INVALID where the map or gdpr.yaml lacks what is asked for */
function dimensionsOf({ model, config }: Context, asked: readonly Dimension[] | undefined): readonly Dimension[] {
  const { marketing } = model.map;
  if (marketing === undefined)
    throw new GdprError('CONFIG_INVALID', 'the data map has no part on marketing, so nobody can be counted', {
      hint: 'describe the sources under marketing in the data map: see docs/marketing.md',
    });
  const faults = dimensionFaults(marketing, config);
  const fault = asked?.map((by) => faults[by]).find((each) => each !== undefined);
  if (fault !== undefined)
    throw new GdprError('CONFIG_INVALID', `people cannot be counted so: ${fault}`, {
      hint: 'describe it, or count by something else with --by',
    });
  return asked ?? DIMENSIONS.filter((by) => by !== 'category' && faults[by] === undefined);
}

interface Wanted {
  /** The segment that everything is about; undefined for everybody. */
  readonly asked: Segment | undefined;
  /** The segments of the table by segment. */
  readonly listed: readonly Segment[];
  readonly by: readonly Dimension[];
  readonly minimum: number;
}

async function count(
  session: Session,
  context: Context,
  wanted: Wanted,
  onProgress: (done: number, total: number) => void,
): Promise<Pick<InsightResult, 'snapshot' | 'people' | 'tables'>> {
  const { model } = context;
  const { asked, listed, by, minimum } = wanted;
  const catalog = await readCatalog(session);
  assertNoDrift(model, catalog);
  const segments = [...(asked === undefined ? [] : [asked]), ...listed];
  for (const segment of segments) await assertCategories(session, model, segment);
  const [instant] = await session.query<{ at: string }>(
    `SELECT to_char(transaction_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at`,
  );
  const snapshot = instant?.at ?? '';
  const explicit = segments.map((segment) => explicitPurposesOf(model, catalog, segment, snapshot));
  const ofCategories = by.includes('category') ? readableBy(model, catalog, 'category') : [];
  for (const each of ['language', 'place'] as const)
    if (by.includes(each) && readableBy(model, catalog, each).length > 0) throw withExplicitConsent(each);
  await gatherPeople(
    session,
    context,
    catalog,
    {
      language: by.includes('language'),
      place: by.includes('place'),
      category: by.includes('category'),
      segments,
      purposes: [...new Set([...explicit.flat(), ...ofCategories])],
    },
    snapshot,
    onProgress,
  );
  const inside = segments.map((_, i) => `(${memberOf(i)} AND ${consentedTo(explicit[i] ?? [])})`);
  const people = `(SELECT p.*, ${asked === undefined ? 'true' : (inside[0] ?? 'true')} AS inside FROM pg_temp.insight_person p) p`;
  const size = async (where: string): Promise<{ count: number; everybody: number }> => {
    const [row] = await session.query<CountRow>(
      `SELECT count(*) FILTER (WHERE p.inside)::text AS count, count(*)::text AS everybody FROM ${people} WHERE ${where}`,
    );
    return { count: Number(row?.count ?? 0), everybody: Number(row?.everybody ?? 0) };
  };
  const all = await size('true');
  const total = tellable(all.count, all.everybody, minimum) ? all.count : null;
  const tables: InsightTable[] = [];
  for (const each of by) {
    const nothing = { by: each, of: null, cells: [], withheld: null };
    if (total === null) tables.push(nothing);
    else if (each === 'language' || each === 'place') {
      const cells = await partition(session, people, each, total, minimum);
      tables.push(cells === undefined ? nothing : { by: each, of: total, ...cells });
    } else if (each === 'segment') {
      const counted: Counted[] = [];
      for (const [i, { id }] of listed.entries())
        counted.push({ value: id, ...(await size(inside[segments.length - listed.length + i] ?? 'false')) });
      tables.push({ by: each, of: total, ...withholdOverlapping(counted, total, minimum) });
    } else {
      const base = await size(consentedTo(ofCategories));
      const told = tellable(base.count, base.everybody, minimum) && tellable(base.count, total, minimum);
      if (!told) tables.push(nothing);
      else {
        const counted = await byCategory(session, context, people, consentedTo(ofCategories));
        tables.push({ by: each, of: base.count, ...withholdOverlapping(counted, base.count, minimum) });
      }
    }
  }
  return { snapshot, people: total, tables };
}

interface CountRow {
  readonly [key: string]: unknown;
  readonly count: string;
  readonly everybody: string;
}

function memberOf(i: number): string {
  return `coalesce((p.segments ->> ${i})::boolean, false)`;
}

function consentedTo(purposes: readonly string[]): string {
  if (purposes.length === 0) return 'true';
  return `coalesce(string_to_array(p.consents, ' ') && ARRAY[${purposes.map(textLiteral).join(', ')}]::text[], false)`;
}

/** Values that are too small are summed up before they leave the database: a place is what somebody typed. */
async function partition(
  session: Session,
  people: string,
  by: 'language' | 'place',
  total: number,
  minimum: number,
): Promise<Cells | undefined> {
  const tell = `count >= ${minimum} AND (everybody = count OR everybody - count >= ${minimum})`;
  const groups = `SELECT min(p.${by}) AS value, count(*) FILTER (WHERE p.inside) AS count, count(*) AS everybody FROM ${people} GROUP BY lower(p.${by})`;
  const told = await session.query<CountRow & { value: string | null }>(
    `SELECT value, count::text AS count, everybody::text AS everybody FROM (${groups}) g WHERE ${tell}`,
  );
  const [small] = await session.query<{ values: string; people: string }>(
    `SELECT count(*)::text AS values, coalesce(sum(count), 0)::text AS people FROM (${groups}) g WHERE count > 0 AND NOT (${tell})`,
  );
  return withholdPartition(
    told.map(({ value, count, everybody }) => ({ value, count: Number(count), everybody: Number(everybody) })),
    { values: Number(small?.values ?? 0), people: Number(small?.people ?? 0) },
    total,
    minimum,
  );
}

/** Every category of the shop, those that nobody bought from too: that nobody did is a small figure as well. */
async function byCategory(session: Session, { model }: Context, people: string, base: string): Promise<Counted[]> {
  const lines = model.map.marketing?.orders?.lines;
  if (lines === undefined) {
    throw new GdprError('CONFIG_INVALID', "the data map's part on marketing names no lines of orders", {
      hint: 'describe them under marketing.orders.lines, or leave out --by category',
    });
  }
  const rows = await session.query<CountRow & { value: string }>(
    `SELECT k.name AS value, count(c.inside) FILTER (WHERE c.inside)::text AS count, count(c.inside)::text AS everybody
     FROM (${categoryNames(lines)}) k
     LEFT JOIN (SELECT p.inside, e.name FROM ${people}, json_array_elements_text(p.categories) e (name) WHERE ${base}) c ON c.name = k.name
     GROUP BY k.name ORDER BY k.name COLLATE "C"`,
  );
  return rows.map(({ value, count, everybody }) => ({ value, count: Number(count), everybody: Number(everybody) }));
}

function withExplicitConsent(by: string): GdprError {
  return new GdprError('REFUSED', `the column that the table by ${by} reads may reveal what Art. 9 protects`, {
    hint: 'leave the table out, or declare a segment, which counts those who gave their explicit consent',
  });
}
