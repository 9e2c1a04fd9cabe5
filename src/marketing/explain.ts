import { timeText } from '../audit/append.js';
import { marketingSources } from '../consent/shop-says.js';
import { type Chooser, onePerson } from '../customer/choose.js';
import { matchPeople } from '../customer/find-customer.js';
import type { FoundPerson } from '../customer/people.js';
import { gate } from '../customer/requester.js';
import type { PersonQuery } from '../customer/resolve.js';
import type { Session } from '../database/session.js';
import { readCatalog } from '../datamap/catalog.js';
import { collectRows } from '../datamap/collect.js';
import { compileCollect, rowsOf } from '../datamap/collect-plan.js';
import { spellingOf } from '../datamap/match.js';
import { keyOf } from '../datamap/sql.js';
import { GdprError } from '../foundation/errors.js';
import { same, searchKeys, sqlKey } from '../identity/kinds.js';
import { endOperation, runOperation } from '../operation/operation.js';
import type { Context } from '../workspace/open.js';
import { textSql } from './addresses.js';
import { type AudienceChannel, CANDIDATES, JUDGED } from './candidates.js';
import { type AudienceSettings, judgeEverybody, marketingOf } from './everybody.js';
import { nameDuplicates } from './judge.js';
import { type Basis, type Reason, WATERFALL_ORDER } from './reasons.js';

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
  /** Null of somebody who was never met before. */
  readonly subject: string | null;
  readonly channel: AudienceSettings['channel'];
  /** Whether one of their rows is in the list. */
  readonly listed: boolean;
  readonly rows: readonly Explanation[];
  readonly audit: { readonly sequence: number };
}

const ACTION = 'marketing explain';

/**
 * Why a person is in the list that would be made now, or out of it, step by step: by the same judgement as the list.
 * An e-mail or a phone alone leads to the rows that hold it, whoever's they are; anything else to one person.
 * @throws GdprError NOBODY, SEVERAL, DRIFT; as `selectAudience`
 */
export async function explainAudience(
  context: Context,
  settings: AudienceSettings,
  query: PersonQuery,
  chooser: Chooser,
): Promise<ExplainResult> {
  marketingOf(context);
  const { email, phone, ...others } = query;
  // Whoever makes lists sees the addresses in them, and need not be able to search the whole shop.
  const byAddress = Object.values(others).every((value) => value === undefined);
  if (byAddress && (email === undefined) !== (phone === undefined)) {
    const wanted = email === undefined ? { kind: 'phone', raw: phone ?? '' } : { kind: 'email', raw: email };
    return explainWith(context, settings, undefined, [wanted.kind as Wanted['kind']], (session) =>
      candidatesWith(session, context, settings.channel, wanted as Wanted),
    );
  }
  const { person, subject } = await gate(context, { action: ACTION, subjects: [] }, async () =>
    onePerson(await matchPeople(context, query), query, chooser),
  );
  return explainWith(context, settings, subject, [], (session) => candidatesOf(session, context, person));
}

interface Wanted {
  readonly kind: 'email' | 'phone';
  readonly raw: string;
}

async function explainWith(
  context: Context,
  settings: AudienceSettings,
  subject: string | undefined,
  soughtBy: readonly Wanted['kind'][],
  select: (session: Session) => Promise<string[]>,
): Promise<ExplainResult> {
  return runOperation(
    context,
    { action: ACTION, subjects: subject === undefined ? [] : [subject] },
    async (operation) => {
      const { rows, known } = await context.database.transaction('repeatable read', async (session) => {
        await judgeEverybody(session, context, settings, { soughtBy });
        const numbers = await select(session);
        await nameDuplicates(session, numbers);
        return explained(session, context, settings, numbers);
      });
      if (rows.length === 0 && subject === undefined) {
        throw new GdprError('NOBODY', 'nobody who could be sent anything has this address', {
          hint: 'gdpr customer find searches everywhere',
        });
      }
      const whose = subject ?? known;
      const sequence = await endOperation(context, operation, {
        result: 'done',
        counts: { rows: rows.length },
        subjects: whose === null ? [] : [whose],
      });
      const listed = rows.some(({ reason }) => reason === null);
      return { operation: operation.id, subject: whose, channel: settings.channel, listed, rows, audit: { sequence } };
    },
  );
}

/** The candidates, by number, whose row holds the address in any spelling. */
async function candidatesWith(
  session: Session,
  { model }: Context,
  channel: AudienceChannel,
  { kind, raw }: Wanted,
): Promise<string[]> {
  const spelling = spellingOf(model);
  const text = textSql(channel, kind);
  const rows = await session.query<{ n: string; text: string }>(
    `SELECT c.n::text AS n, ${text} AS text FROM ${CANDIDATES} c WHERE ${sqlKey(kind, text)} = ANY ($1::text[])`,
    [searchKeys(kind, raw, spelling)],
  );
  return rows.filter((row) => same(kind, raw, row.text, spelling)).map(({ n }) => n);
}

/** The candidates, by number, that are rows of the person. */
async function candidatesOf(session: Session, { model }: Context, person: FoundPerson): Promise<string[]> {
  const catalog = await readCatalog(session);
  await collectRows(session, compileCollect(model, catalog), model, catalog, [person]);
  const sources = marketingSources(model).map(({ source, table }, place) => {
    const owner = table.owners.find((each) => each.id === source.owner) ?? table.owners[0];
    if (owner === undefined) throw new GdprError('BUG', `the table ${table.name} has no owner`);
    const key = keyOf(table, catalog).map((_, i) => `k${i + 1}::text`);
    return `SELECT ${place}::smallint AS place, array_to_json(ARRAY[${key.join(', ')}])::text AS key
      FROM ${rowsOf(table)} WHERE owner = ${owner.index}`;
  });
  const rows = await session.query<{ n: string }>(
    `SELECT c.n::text AS n FROM ${CANDIDATES} c JOIN (${sources.join(' UNION ')}) r USING (place, key)`,
  );
  return rows.map(({ n }) => n);
}

async function explained(
  session: Session,
  { model }: Context,
  { channel, segment }: AudienceSettings,
  numbers: readonly string[],
): Promise<{ rows: Explanation[]; known: string | null }> {
  const rows = await session.query<Omit<Explanation, 'steps' | 'source'> & { place: number } & Record<string, unknown>>(
    `SELECT j.place, j.reason, j.basis, j.consent, ${timeText('j.since')} AS since
     FROM ${JUDGED} j WHERE j.n = ANY ($1::bigint[]) ORDER BY j.n`,
    [numbers],
  );
  const [reference] = await session.query<{ root: string }>(
    'SELECT root FROM pg_temp.audience_known WHERE n = ANY ($1::bigint[]) AND NOT other ORDER BY own DESC, n LIMIT 1',
    [numbers],
  );
  const asked = WATERFALL_ORDER.filter(
    (reason) => (segment !== null || !SEGMENT_ONLY.has(reason)) && (channel === 'sms' || reason !== 'not-mobile'),
  );
  const sources = marketingSources(model).map(({ id }) => id);
  const told = rows.map(({ place, reason, basis, consent, since }) => ({
    source: sources[place] ?? '',
    reason,
    steps: asked
      .slice(0, reason === null ? undefined : asked.indexOf(reason) + 1)
      .map((step) => ({ asked: step, passed: step !== reason })),
    basis,
    consent,
    since,
  }));
  return { rows: told, known: reference?.root ?? null };
}

const SEGMENT_ONLY: ReadonlySet<Reason> = new Set(['outside-segment', 'no-explicit-consent', 'profiling-objected']);
