import { timeText } from '../audit/append.js';
import { type Chooser, onePerson } from '../customer/choose.js';
import { matchPeople } from '../customer/find-customer.js';
import type { FoundPerson } from '../customer/people.js';
import { gate } from '../customer/requester.js';
import type { PersonQuery } from '../customer/resolve.js';
import type { Session } from '../database/session.js';
import { readCatalog } from '../datamap/catalog.js';
import { collectRows, compileCollect, rowsOf } from '../datamap/collect.js';
import { canonicalName } from '../datamap/names.js';
import { keyOf, textLiteral } from '../datamap/sql.js';
import { GdprError } from '../foundation/errors.js';
import { endOperation, runOperation } from '../operation/operation.js';
import type { Context } from '../workspace/open.js';
import { type AudienceSettings, judgeEverybody, marketingOf, WATERFALL_ORDER } from './audience.js';
import { CANDIDATES } from './candidates.js';
import { JUDGED } from './judge.js';
import type { Basis, Reason } from './reasons.js';

/** Why one row of a person is in the list or out of it. */
export interface Explanation {
  /** Id of the source in the map's part on marketing. */
  readonly source: string;
  /** The one reason; null where the row is in the list. */
  readonly reason: Reason | null;
  /** What was asked, in its order, up to the reason. */
  readonly steps: readonly { readonly asked: Reason; readonly passed: boolean }[];
  /** On what a message would rest, by which event or order, and since when (UTC with microseconds). */
  readonly basis: Basis | null;
  readonly consent: string | null;
  readonly since: string | null;
}

export interface ExplainResult {
  readonly operation: string;
  readonly subject: string;
  readonly channel: AudienceSettings['channel'];
  /** Whether one of their rows is in the list. */
  readonly listed: boolean;
  readonly rows: readonly Explanation[];
  readonly audit: { readonly sequence: number };
}

const ACTION = 'marketing explain';

/**
 * Why a person is in the list that would be made now, or out of it, step by step: by the same judgement as the list.
 * @throws GdprError NOBODY, SEVERAL, DRIFT; as `selectAudience`
 */
export async function explainAudience(
  context: Context,
  settings: AudienceSettings,
  query: PersonQuery,
  chooser: Chooser,
): Promise<ExplainResult> {
  marketingOf(context);
  const { person, subject } = await gate(context, { action: ACTION, subjects: [] }, async () =>
    onePerson(await matchPeople(context, query), query, chooser),
  );
  return runOperation(context, { action: ACTION, subjects: [subject] }, async (operation) => {
    const rows = await context.database.transaction('repeatable read', async (session) => {
      await judgeEverybody(session, context, settings);
      return explained(session, context, settings, person);
    });
    const sequence = await endOperation(context, operation, { result: 'done', counts: { rows: rows.length } });
    const listed = rows.some(({ reason }) => reason === null);
    return { operation: operation.id, subject, channel: settings.channel, listed, rows, audit: { sequence } };
  });
}

async function explained(
  session: Session,
  { model }: Context,
  { channel, segment }: AudienceSettings,
  person: FoundPerson,
): Promise<Explanation[]> {
  const catalog = await readCatalog(session);
  await collectRows(session, compileCollect(model, catalog), model, catalog, [person]);
  const sources = Object.entries(model.map.marketing?.sources ?? {}).map(([id, source]) => {
    const table = model.table(canonicalName(source.table));
    const owner = table.owners.find((each) => each.id === source.owner) ?? table.owners[0];
    if (owner === undefined) throw new GdprError('BUG', `the table ${table.name} has no owner`);
    const key = keyOf(table, catalog).map((_, i) => `k${i + 1}::text`);
    return `SELECT ${textLiteral(id)} AS source, array_to_json(ARRAY[${key.join(', ')}])::text AS key
      FROM ${rowsOf(table)} WHERE owner = ${owner.index}`;
  });
  const rows = await session.query<Omit<Explanation, 'steps'> & Record<string, unknown>>(
    `SELECT c.source, j.reason, j.basis, j.consent, ${timeText('j.since')} AS since
     FROM ${JUDGED} j JOIN ${CANDIDATES} c USING (n) JOIN (${sources.join(' UNION ')}) r USING (source, key) ORDER BY c.n`,
  );
  const asked = WATERFALL_ORDER.filter(
    (reason) => (segment !== null || !SEGMENT_ONLY.has(reason)) && (channel === 'sms' || reason !== 'not-mobile'),
  );
  return rows.map(({ source, reason, basis, consent, since }) => ({
    source,
    reason,
    steps: asked
      .slice(0, reason === null ? undefined : asked.indexOf(reason) + 1)
      .map((step) => ({ asked: step, passed: step !== reason })),
    basis,
    consent,
    since,
  }));
}

const SEGMENT_ONLY: ReadonlySet<Reason> = new Set(['outside-segment', 'no-explicit-consent', 'profiling-objected']);
