import { timeText } from '../audit/append.js';
import { marketingSources } from '../consent/shop-says.js';
import { readWordings } from '../consent/wording.js';
import { hasherOf } from '../customer/find-customer.js';
import { addressHasher, addressHashers } from '../customer/suppression/suppress.js';
import type { Session } from '../database/session.js';
import { readCatalog } from '../datamap/catalog.js';
import { assertNoDrift } from '../datamap/drift.js';
import { spellingOf } from '../datamap/match.js';
import type { Marketing } from '../datamap/schema.js';
import { textLiteral } from '../datamap/sql.js';
import { NewFile } from '../delivery/new-file.js';
import { waterfallPage } from '../documents/waterfall-page.js';
import { GdprError } from '../foundation/errors.js';
import { assertGoingOn } from '../foundation/interrupt.js';
import { archiveChange } from '../operation/archived.js';
import { runOperation } from '../operation/operation.js';
import type { Context } from '../workspace/open.js';
import { addressColumn, readAddresses } from './addresses.js';
import { type Campaign, unsubscribeUrl } from './campaign.js';
import { type AudienceChannel, CANDIDATES, type CarriedText, candidateStatement } from './candidates.js';
import type { ListColumn } from './columns.js';
import { countReasons, judge, waterfallOf } from './judge.js';
import { knownKinds, lookUpKnown, textsKnown } from './known.js';
import { type Listed, listCsv, listedTexts, recipientsOf } from './list.js';
import { type Left, REASON_TITLES, type Reason } from './reasons.js';
import { assertCategories, explicitPurposesOf, readSegment, segmentCondition } from './segment.js';
import { tokenMaker } from './token.js';

/** What a list is made with, kept beside its digest so that it can be made again before it is sent. */
export interface AudienceSettings {
  readonly channel: AudienceChannel;
  readonly campaign: Campaign;
  /** Id of the segment of gdpr.yaml. */
  readonly segment: string | null;
}

export interface AudienceOrder {
  readonly settings: AudienceSettings;
  readonly columns: readonly ListColumn[];
  /** Where the list is to stand; nothing may be there yet. */
  readonly out: string;
}

export interface AudienceResult {
  readonly operation: string;
  readonly channel: AudienceChannel;
  readonly rows: number;
  readonly list: string;
  readonly sha256: string;
  readonly archive: string;
  readonly waterfall: readonly Left[];
  /** Everybody who was looked at: `rows` and the counts of the waterfall. */
  readonly total: number;
  /** UTC with microseconds. */
  readonly snapshot: string;
  readonly expires: string;
  readonly audit: { readonly sequence: number };
}

export type AudienceProgress = (
  stage: 'candidates' | 'addresses' | 'judge' | 'list',
  done: number,
  total: number,
) => void;

/** The map's part on marketing. @throws GdprError REFUSED when it has none */
export function marketingOf({ model }: Pick<Context, 'model'>): Marketing {
  const { marketing } = model.map;
  if (marketing !== undefined) return marketing;
  throw new GdprError('REFUSED', 'the data map does not say who can be sent offers', {
    hint: 'describe it under "marketing" in the data map: docs/marketing.md',
  });
}

export const WATERFALL_ORDER = Object.keys(REASON_TITLES) as Reason[];

/** What is wanted of the people who are judged, but for the judgement. */
export interface Wanted {
  /** The texts that the judged carry on for a list. */
  readonly listed?: readonly CarriedText[];
  /** Further texts by which candidates are to be found. */
  readonly soughtBy?: readonly CarriedText[];
  readonly onProgress?: AudienceProgress;
}

/** Gathers and judges everybody, in the caller's REPEATABLE READ transaction; what it finds is in its temporary tables. */
export async function judgeEverybody(
  session: Session,
  context: Context,
  { channel, campaign, segment: segmentId }: AudienceSettings,
  { listed = [], soughtBy = [], onProgress = () => {} }: Wanted = {},
): Promise<void> {
  const { model, keys } = context;
  const marketing = marketingOf(context);
  const catalog = await readCatalog(session);
  assertNoDrift(model, catalog);
  const wordings = await readWordings(session);
  const [instant] = await session.query<{ at: string }>(`SELECT ${timeText('transaction_timestamp()')} AS at`);
  const snapshot = instant?.at ?? '';
  for (const setting of SETTINGS) await session.run(setting);
  const segment = segmentId === null ? undefined : readSegment(context.config, segmentId);
  if (segment !== undefined) await assertCategories(session, model, segment);
  const spelling = spellingOf(model);
  const kinds = await knownKinds(session);
  onProgress('candidates', 0, 1);
  assertNotStopped(context);
  await session.run(
    candidateStatement(model, catalog, {
      channel,
      carried: new Set([...listed, ...soughtBy, ...textsKnown(kinds)]),
      softOptIn: campaign.softOptIn,
      wordings,
      spelling,
      segment: segment && ((source) => segmentCondition(model, catalog, source, segment, { snapshot })),
    }),
  );
  await session.run(`ANALYZE ${CANDIDATES} (n, form)`);
  assertNotStopped(context);
  const read = await readAddresses(session, { channel, spelling });
  const codes = { alias: hasherOf(keys), suppression: addressHashers(keys) };
  const tables = marketingSources(model).map(({ table: { name } }) => ({
    name,
    keyed: (catalog.get(name)?.key.length ?? 0) > 0,
  }));
  const known = await lookUpKnown(session, codes, { channel, spelling, tables }, kinds, (done, total) => {
    onProgress('addresses', done, total);
    assertNotStopped(context);
  });
  onProgress('judge', 0, 1);
  await judge(
    session,
    codes,
    { read, known },
    {
      purpose: marketing.purpose,
      channel,
      roleMailboxes: marketing.roleMailboxes,
      ageOfConsent: marketing.ageOfConsent,
      softOptIn: campaign.softOptIn,
      profiling: segment !== undefined,
      explicitPurposes: segment === undefined ? [] : explicitPurposesOf(model, catalog, segment, snapshot),
      listed,
    },
  );
}

/**
 * For a few statements over the whole shop: tables are joined in memory, and no machine code is made for a statement that
 * runs once.
 */
const SETTINGS = ["SET LOCAL work_mem = '64MB'", 'SET LOCAL jit = off'];

function assertNotStopped({ surroundings }: Context): void {
  assertGoingOn(surroundings.signal, 'no list was written');
}

/**
 * Selects exactly those who may be written to, from one snapshot: the list as a file, its digest and why everybody else
 * was left out as a signed archive without personal data.
 * @throws GdprError REFUSED, DRIFT, ALREADY_EXISTS, FILE_UNAVAILABLE, KEY_MISSING, INTERRUPTED
 */
export async function selectAudience(
  context: Context,
  order: AudienceOrder,
  onProgress: AudienceProgress = () => {},
): Promise<AudienceResult> {
  const { settings, columns, out } = order;
  const { purpose } = marketingOf(context);
  const file = await NewFile.create(out);
  try {
    return await runOperation(
      context,
      { action: 'marketing audience', subjects: [] },
      async (operation) => {
        const made = await context.database.transaction('repeatable read', async (session) => {
          const listed = listedTexts(columns);
          await judgeEverybody(session, context, settings, { listed, onProgress });
          const counts = await countReasons(session);
          const most = counts.get(null) ?? 0;
          let rows = 0;
          const urlOf = unsubscribing(context, operation.id, settings);
          const written = await file.fill(
            listCsv(columns, recipientsOf(session, listed, urlOf), (more) => {
              rows += more;
              onProgress('list', rows, most);
              assertNotStopped(context);
            }),
          );
          const counted = waterfallOf(counts, rows, WATERFALL_ORDER);
          const [instants] = await session.query<{ snapshot: string; expires: string }>(instantsSql(settings.campaign));
          return { ...counted, ...written, snapshot: instants?.snapshot ?? '', expires: instants?.expires ?? '' };
        });
        const archived = await archiveChange(
          context,
          operation,
          audienceName(operation.id),
          async (session, archive) => {
            const facts = factsOf(context, operation.id, settings, columns, made);
            await archive.add('manifest.json', 'application/json', `${JSON.stringify(facts, undefined, 2)}\n`);
            await archive.add('index.html', 'text/html', pageOf(context, operation.id, settings, made));
            await session.run(
              `INSERT INTO gdpr.audience_list (operation, sha256, purpose, channel, settings, rows, total, snapshot, expires)
           VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7, $8, $9)`,
              [
                operation.id,
                made.sha256,
                purpose,
                settings.channel,
                JSON.stringify({ ...settings, columns: columns.map(({ field }) => field) }),
                made.rows,
                made.total,
                made.snapshot,
                made.expires,
              ],
            );
            return { written: undefined, outcome: { counts: { rows: made.rows, total: made.total } } };
          },
        );
        await file.publish();
        const { rows, total, waterfall, sha256, snapshot, expires } = made;
        return {
          operation: operation.id,
          channel: settings.channel,
          rows,
          list: out,
          sha256,
          archive: archived.path,
          waterfall,
          total,
          snapshot,
          expires,
          audit: { sequence: archived.sequence },
        };
      },
      audienceName,
    );
  } catch (error) {
    await file.discard();
    throw error;
  }
}

/** Makes the unsubscribe address of each recipient of a list. */
function unsubscribing(
  context: Context,
  list: string,
  { channel, campaign }: AudienceSettings,
): (listed: Listed) => { url: string; token: string } {
  const { keys, model } = context;
  const { purpose } = marketingOf(context);
  const sources = marketingSources(model).map(({ id }) => id);
  const { version, hmac } = addressHasher(keys);
  const kind = addressColumn(channel);
  const makeToken = tokenMaker(keys);
  return ({ place, key, address }) => {
    const token = makeToken({
      list,
      channel,
      purpose,
      source: sources[place] ?? '',
      key: JSON.parse(key) as string[],
      address: { hmac: hmac({ kind, value: address }), version },
    });
    return { token, url: unsubscribeUrl(campaign, token) };
  };
}

function audienceName(operation: string): string {
  return `audience-${operation}.asice`;
}

function instantsSql({ validFor }: Campaign): string {
  const at = timeText('transaction_timestamp()');
  return `SELECT ${at} AS snapshot, ${timeText(`(transaction_timestamp() + interval ${textLiteral(validFor)})`)} AS expires`;
}

interface Made {
  readonly rows: number;
  readonly total: number;
  readonly waterfall: readonly Left[];
  readonly sha256: string;
  readonly snapshot: string;
  readonly expires: string;
}

function factsOf(
  { model }: Context,
  operation: string,
  { channel, campaign, segment }: AudienceSettings,
  columns: readonly ListColumn[],
  { rows, total, waterfall, sha256, snapshot, expires }: Made,
) {
  return {
    format: 'privatums audience',
    version: 1,
    operation,
    controller: model.map.controller.name,
    mapDigest: model.digest,
    channel,
    purpose: model.map.marketing?.purpose,
    campaign,
    segment,
    columns: columns.map(({ heading }) => heading),
    snapshot,
    expires,
    list: { sha256, rows },
    waterfall,
    total,
  };
}

function pageOf(
  context: Context,
  operation: string,
  { channel, campaign, segment }: AudienceSettings,
  made: Made,
): string {
  const { controller, timeZone } = context.model.map;
  return waterfallPage({
    controller: controller.name,
    operation,
    timeZone,
    channel,
    campaign: campaign.campaign,
    segment,
    snapshot: made.snapshot,
    expires: made.expires,
    sha256: made.sha256,
    rows: made.rows,
    total: made.total,
    left: made.waterfall.map(({ reason, count }) => ({ title: REASON_TITLES[reason], count })),
  });
}
