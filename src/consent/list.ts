import { resolve } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import { timeText } from '../audit/append.js';
import type { Chooser } from '../customer/choose.js';
import { findRequester } from '../customer/requester.js';
import { isEmptyQuery, type PersonQuery } from '../customer/resolve.js';
import type { Session } from '../database/session.js';
import { readCatalog } from '../datamap/catalog.js';
import { assertNoDrift } from '../datamap/drift.js';
import { NewFile } from '../delivery/new-file.js';
import { endOperation, type Operation, runOperation } from '../operation/operation.js';
import type { Context } from '../workspace/open.js';
import type { ConsentChannel } from './event.js';
import type { ConsentState, FoldedEvent } from './fold.js';
import { foldSql, ROOTS, saidSql } from './fold-sql.js';
import { standingNow } from './history.js';
import { readInstant, refuseFuture } from './instant.js';
import { readPersonConsent, standingsOf } from './person.js';
import { purposeOf } from './purpose.js';
import { keepShopSaid, SHOP_SAID } from './shop-said.js';

/** Which part of the ledger is asked for; what is left out limits nothing. */
export interface ConsentQuestion {
  /** A day or an instant as it was typed; a day stands for its end. */
  readonly at?: string | undefined;
  readonly query: PersonQuery;
  readonly purpose?: string | undefined;
  readonly channels: readonly ConsentChannel[];
  readonly states: readonly ConsentState[];
  /** A new CSV file that takes all of them. */
  readonly out?: string | undefined;
}

/** Where one person stands on one purpose and channel. */
export interface ListedConsent {
  /** Their reference; null of somebody of whom only the shop's columns tell and whom nobody has looked at. */
  readonly subject: string | null;
  /** Then the shop's row: as `--id` takes it where it is a person, else its table alone, since its key may name them. */
  readonly row: string | null;
  readonly purpose: string;
  readonly channel: ConsentChannel;
  readonly state: ConsentState;
  /** Null where the shop's columns have no time of it. */
  readonly since: string | null;
  readonly wording: string | null;
  readonly source: FoldedEvent['source'];
  /** Who may be given data, where that is what they stand on. */
  readonly party: string | null;
}

export interface ConsentList {
  readonly operation: string;
  /** The instant at which they stood so. */
  readonly at: string;
  readonly total: number;
  /** How many are in each state. */
  readonly counts: Readonly<Partial<Record<ConsentState, number>>>;
  /** The first of them. */
  readonly rows: readonly ListedConsent[];
  readonly file?: { readonly path: string; readonly sha256: string };
  readonly audit: { readonly sequence: number };
}

/** More than these are counted, and written to a file that is asked for. */
const SHOWN = 500;

/**
 * Where people stood at an instant, from the ledger, the noted objections and the shop's own columns: what was said, not
 * whether they may be written to. In one snapshot; one statement whatever their number, in constant memory.
 * @throws GdprError INPUT_INVALID, NOT_FOUND, DRIFT; ALREADY_EXISTS, FILE_UNAVAILABLE for the file; as `findRequester`
 */
export async function listConsent(context: Context, asked: ConsentQuestion, chooser: Chooser): Promise<ConsentList> {
  const action = 'consent list';
  if (asked.purpose !== undefined) purposeOf(context.model, asked.purpose);
  if (isEmptyQuery(asked.query)) {
    return runOperation(context, { action, subjects: [] }, (operation) =>
      context.database
        .transaction('repeatable read', async (session) => {
          const at = await instantOf(session, asked.at, context.model.map.timeZone);
          return collect(everybody(session, context, asked, at), asked.out, at);
        })
        .then((list) => ended(context, operation, list)),
    );
  }
  const { match } = await findRequester(context, { action, kind: 'access' }, asked.query, undefined, chooser);
  return runOperation(context, { action, subjects: [match.subject] }, async (operation) => {
    const purpose = context.model.map.marketing?.purpose;
    const known = await readPersonConsent(context, match.subject, match.person);
    const at =
      asked.at === undefined
        ? known.snapshot
        : await context.database.transaction('read committed', (session) =>
            instantOf(session, asked.at, context.model.map.timeZone),
          );
    const rows = standingsOf(known, purpose, at).map((standing): ListedConsent => {
      const { source, ...now } = standingNow(standing);
      return { subject: match.subject, row: null, ...now, source: source ?? 'shop' };
    });
    const list = await collect(chosen(rows, asked), asked.out, at);
    return ended(context, operation, list);
  });
}

type Collected = Omit<ConsentList, 'operation' | 'audit'>;

async function ended(context: Context, operation: Operation, list: Collected): Promise<ConsentList> {
  const { total, counts } = list;
  const sequence = await endOperation(context, operation, { result: 'done', counts: { total, ...counts } });
  return { operation: operation.id, ...list, audit: { sequence } };
}

async function instantOf(session: Session, typed: string | undefined, timeZone: string): Promise<string> {
  if (typed === undefined) {
    const [row] = await session.query<{ at: string }>(`SELECT ${timeText('transaction_timestamp()')} AS at`);
    return row?.at ?? '';
  }
  const at = await readInstant(session, '--at', typed, { timeZone, edge: 'end' });
  await refuseFuture(session, '--at', at);
  return at;
}

function* chosen(
  rows: readonly ListedConsent[],
  { purpose, channels, states }: ConsentQuestion,
): Generator<ListedConsent> {
  for (const row of rows) {
    if (purpose !== undefined && row.purpose !== purpose) continue;
    if (channels.length > 0 && !channels.includes(row.channel)) continue;
    if (states.length > 0 && !states.includes(row.state)) continue;
    yield row;
  }
}

/** Takes the rows as they come: counts them, keeps the first and writes all of them where a file is asked for. */
async function collect(
  rows: AsyncIterable<ListedConsent> | Iterable<ListedConsent>,
  out: string | undefined,
  at: string,
): Promise<Collected> {
  const kept: ListedConsent[] = [];
  const counts: Partial<Record<ConsentState, number>> = {};
  let total = 0;
  const take = (row: ListedConsent) => {
    total += 1;
    counts[row.state] = (counts[row.state] ?? 0) + 1;
    if (kept.length < SHOWN) kept.push(row);
  };
  if (out === undefined) {
    for await (const row of rows) take(row);
    return { at, total, counts, rows: kept };
  }
  const file = await NewFile.create(resolve(out));
  try {
    const { sha256 } = await file.fill(csvOf(rows, take));
    await file.publish();
    return { at, total, counts, rows: kept, file: { path: file.path, sha256 } };
  } catch (error) {
    await file.discard();
    throw error;
  }
}

const COLUMNS = ['subject', 'row', 'purpose', 'channel', 'state', 'since', 'wording', 'source', 'party'] as const;
const LINES = 1000;

async function* csvOf(
  rows: AsyncIterable<ListedConsent> | Iterable<ListedConsent>,
  take: (row: ListedConsent) => void,
): AsyncGenerator<Buffer> {
  yield Buffer.from(stringify([COLUMNS]));
  let lines: (string | null)[][] = [];
  for await (const row of rows) {
    take(row);
    lines.push(COLUMNS.map((name) => row[name]));
    if (lines.length < LINES) continue;
    yield Buffer.from(stringify(lines));
    lines = [];
  }
  if (lines.length > 0) yield Buffer.from(stringify(lines));
}

async function* everybody(
  session: Session,
  { model, keys }: Pick<Context, 'model' | 'keys'>,
  { purpose, channels, states }: ConsentQuestion,
  at: string,
): AsyncGenerator<ListedConsent> {
  const catalog = await readCatalog(session);
  assertNoDrift(model, catalog);
  await keepShopSaid(session, model, catalog, keys);
  const values = [
    model.map.marketing?.purpose ?? null,
    at,
    keys.hmacVersion,
    purpose === undefined ? null : [purpose],
    channels.length === 0 ? null : channels,
    states.length === 0 ? null : states,
  ];
  for await (const row of session.stream(SQL, values)) {
    const [root = '', of = '', channel, state, since, wording, source, shopRow, party] = row;
    const known = root?.startsWith('subject:') === true;
    yield {
      subject: known ? root : null,
      row: known ? null : (shopRow ?? null),
      purpose: of ?? '',
      channel: channel as ConsentChannel,
      state: state as ConsentState,
      since: since ?? null,
      wording: wording ?? null,
      source: source as ListedConsent['source'],
      party: party ?? null,
    };
  }
}

/**
 * $1 the marketing purpose, $2 the instant, $3 the version of the secret, $4 to $6 purposes, channels and states or
 * NULL for all. Who has no reference is one person by the keyed code of their address or row.
 */
const SQL = `
WITH shop AS (
  SELECT coalesce(rr.root, r.reference, re.root, e.reference, x.email_code, x.row_code) AS root, $1::text AS purpose,
         x.channel, x.says, x.at, x.wording, x.row
  FROM ${SHOP_SAID} x
  LEFT JOIN gdpr.subject_alias r ON r.hmac = x.row_code AND r.key_version = $3
  LEFT JOIN (${ROOTS}) rr ON rr.reference = r.reference
  LEFT JOIN gdpr.subject_alias e ON e.hmac = x.email_code AND e.key_version = $3
    -- An account is never taken for another one that has the same address.
    AND NOT (x.is_person AND EXISTS (
      SELECT FROM gdpr.subject_alias o WHERE o.reference = e.reference AND o.kind = 'row' AND o.key_version = $3))
  LEFT JOIN (${ROOTS}) re ON re.reference = e.reference
),
folded AS (${foldSql(`
  SELECT s.* FROM (${saidSql('$1::text')}) s WHERE s.purpose IS NOT NULL AND s.event_at <= $2::timestamptz
  UNION ALL
  SELECT s.root, s.root, s.purpose, s.channel, 'given', coalesce(s.at, '-infinity'), s.wording, 'shop', 'shop', NULL
  FROM shop s WHERE s.says = 'yes' AND (s.at IS NULL OR s.at <= $2::timestamptz)`)}
),
refused AS (SELECT DISTINCT s.root, s.purpose, s.channel FROM shop s WHERE s.says = 'no'),
standing AS (
  SELECT coalesce(f.root, n.root) AS root, coalesce(f.purpose, n.purpose) AS purpose, coalesce(f.channel, n.channel) AS channel, f.party,
         CASE WHEN n.root IS NULL OR f.state = 'objected' THEN f.state ELSE 'withdrawn' END AS state,
         CASE WHEN n.root IS NULL OR f.state = 'objected' THEN f.since END AS since,
         CASE WHEN n.root IS NULL OR f.state = 'objected' THEN f.wording END AS wording,
         CASE WHEN n.root IS NULL OR f.state = 'objected' THEN f.source ELSE 'shop' END AS source
  FROM folded f FULL JOIN refused n ON n.root = f.root AND n.purpose = f.purpose AND n.channel = f.channel
)
SELECT s.root, s.purpose, s.channel, s.state, CASE WHEN isfinite(s.since) THEN ${timeText('s.since')} END, s.wording, s.source, x.row, s.party
FROM standing s LEFT JOIN (SELECT r.root, min(r.row) AS row FROM shop r GROUP BY r.root) x ON x.root = s.root
WHERE ($4::text[] IS NULL OR s.purpose = ANY ($4)) AND ($5::text[] IS NULL OR s.channel = ANY ($5))
  AND ($6::text[] IS NULL OR s.state = ANY ($6))
ORDER BY s.root COLLATE "C", x.row COLLATE "C", s.purpose COLLATE "C", s.channel COLLATE "C", s.party COLLATE "C"`;
