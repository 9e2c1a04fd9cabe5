import { timeText } from '../audit/append.js';
import { marketingSources } from '../consent/shop-says.js';
import { addressHasher } from '../customer/suppression/suppress.js';
import { textLiteral } from '../datamap/sql.js';
import { NewFile } from '../delivery/new-file.js';
import { waterfallPage } from '../documents/waterfall-page.js';
import { archiveChange } from '../operation/archived.js';
import { runOperation } from '../operation/operation.js';
import type { Context } from '../workspace/open.js';
import { addressColumn } from './addresses.js';
import { type Campaign, unsubscribeUrl } from './campaign.js';
import type { AudienceChannel } from './candidates.js';
import type { ListColumn } from './columns.js';
import {
  type AudienceProgress,
  type AudienceSettings,
  assertNotStopped,
  judgeEverybody,
  marketingOf,
} from './everybody.js';
import { countReasons, waterfallOf } from './judge.js';
import { type Listed, listCsv, listedTexts, recipientsOf } from './list.js';
import { type Left, REASON_TITLES, WATERFALL_ORDER } from './reasons.js';
import { tokenMaker } from './token.js';

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
