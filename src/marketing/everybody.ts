import { timeText } from '../audit/append.js';
import { marketingSources } from '../consent/shop-says.js';
import { readWordings } from '../consent/wording.js';
import { hasherOf } from '../customer/find-customer.js';
import { addressHashers } from '../customer/suppression/suppress.js';
import type { Session } from '../database/session.js';
import { readCatalog } from '../datamap/catalog.js';
import { assertNoDrift } from '../datamap/drift.js';
import { spellingOf } from '../datamap/match.js';
import type { Marketing } from '../datamap/schema.js';
import { GdprError } from '../foundation/errors.js';
import { assertGoingOn } from '../foundation/interrupt.js';
import type { Context } from '../workspace/open.js';
import { readAddresses } from './addresses.js';
import type { Campaign } from './campaign.js';
import { type AudienceChannel, CANDIDATES, type CarriedText, candidateStatement } from './candidates.js';
import { judge } from './judge.js';
import { knownKinds, lookUpKnown, textsKnown } from './known.js';
import { assertCategories, explicitPurposesOf, readSegment, segmentCondition } from './segment.js';

/** What a list is made with, kept beside its digest so that it can be made again before it is sent. */
export interface AudienceSettings {
  readonly channel: AudienceChannel;
  readonly campaign: Campaign;
  /** Id of the segment of gdpr.yaml. */
  readonly segment: string | null;
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

/** @throws GdprError INTERRUPTED once the operator has asked to stop */
export function assertNotStopped({ surroundings }: Context): void {
  assertGoingOn(surroundings.signal, 'no list was written');
}
