import type { Chooser } from '../customer/choose.js';
import type { Match } from '../customer/find-customer.js';
import { type Notified, recipientsOf } from '../customer/recipients.js';
import { findRequester } from '../customer/requester.js';
import type { PersonQuery } from '../customer/resolve.js';
import { settleJournaled } from '../customer/settle-journaled.js';
import { addressesOf } from '../customer/suppression/addresses.js';
import { suppress } from '../customer/suppression/suppress.js';
import type { Session } from '../database/session.js';
import type { DataMapModel } from '../datamap/model.js';
import { GdprError } from '../foundation/errors.js';
import { runOperation } from '../operation/operation.js';
import { addMonths, dayOf } from '../request/day.js';
import type { Settled } from '../request/settle.js';
import type { Context } from '../workspace/open.js';
import { unknownWording } from './add-wording.js';
import { appendEvents } from './append.js';
import { CHANNELS, type ConsentChannel, type ConsentEvent, type Mechanism, type Said } from './event.js';
import type { ConsentState } from './fold.js';
import { presentInstant, readInstant, refuseFuture } from './instant.js';
import { ledgerParties, mappedParty, partyName } from './party.js';
import { birthDateOf, readPersonConsent, standingsOf } from './person.js';
import { purposeOf } from './purpose.js';
import { proves, readWordings } from './wording.js';

/** What somebody said, as it was typed. */
export interface ConsentSaid {
  readonly query: PersonQuery;
  readonly what: Said;
  readonly purpose?: string | undefined;
  /** Empty for all of them, where a no is recorded. */
  readonly channels: readonly ConsentChannel[];
  readonly at?: string | undefined;
  readonly mechanism: Mechanism;
  readonly wording?: string | undefined;
  readonly evidence?: string | undefined;
  readonly guardian?: string | undefined;
  /** Who may be given data: a recipient's id in the data map, or a name. Then it is about no channel. */
  readonly party?: string | undefined;
  /** Ids of the categories that the party may be given; none for a no. */
  readonly categories?: readonly string[] | undefined;
}

export interface Recorded {
  readonly subject: string;
  readonly what: Said;
  readonly purpose: string;
  readonly at: string;
  readonly party: string | null;
  readonly categories: readonly string[] | null;
  /** Each channel with whether this was new, and where the person stands now. */
  readonly channels: readonly {
    readonly channel: ConsentChannel;
    readonly new: boolean;
    readonly state: ConsentState;
  }[];
  /** Addresses that are suppressed from now on; an objection suppresses. */
  readonly suppressed: number;
  /** Who may be given no more data of theirs, where a withdrawal is about everything. */
  readonly parties: readonly string[];
  /** Whom to tell of a withdrawal or an objection. */
  readonly notify: readonly Notified[];
}

const YES: ReadonlySet<Said> = new Set(['given', 'renewed']);
const AGREED: ReadonlySet<ConsentState> = new Set(['given', 'unconfirmed', 'unproven']);
const NEEDS_CHANNEL: ReadonlySet<Said> = new Set(['given', 'renewed', 'confirmed']);
/** How somebody can say yes; the others only take back. */
const SAYING: ReadonlySet<Mechanism> = new Set(['web-form', 'checkout', 'paper', 'phone', 'email', 'in-person']);
const GROUNDS: Readonly<Record<Said, string>> = {
  given: 'Art. 7(1)',
  renewed: 'Art. 7(1)',
  confirmed: 'Art. 7(1)',
  expired: 'Art. 7(1)',
  withdrawn: 'Art. 7(3)',
  objected: 'Art. 21(2)',
};

/**
 * Enters in the ledger what one person said. A yes needs the wording that they were shown then, so that it proves
 * something (Art. 7(1)), and below the map's age an authorisation (Art. 8); a no needs nothing of that and is about
 * every channel unless some are named, and a withdrawal then about every party, too. An objection also does what `customer object` does. Recording the same again
 * changes nothing.
 * @throws GdprError USAGE, INPUT_INVALID, NOT_FOUND, MAP_INVALID; NOBODY, SEVERAL, DRIFT; REFUSED for a child's yes
 *   without an authorisation
 */
export async function recordConsent(context: Context, said: ConsentSaid, chooser: Chooser): Promise<Settled<Recorded>> {
  const { what, mechanism } = said;
  const { model, database } = context;
  const typed = disclosureOf(model, said);
  const purpose = purposeOf(model, said.purpose);
  const channels = channelsOf(said);
  if (YES.has(what) && said.wording === undefined) {
    throw new GdprError('USAGE', 'a yes needs --wording: without what was asked it proves nothing (Art. 7(1))', {
      hint: 'see: gdpr consent wording list',
    });
  }
  if (NEEDS_CHANNEL.has(what) && !SAYING.has(mechanism)) {
    throw new GdprError('INPUT_INVALID', `nobody says yes by ${mechanism}`, {
      hint: `one of: ${[...SAYING].join(', ')}`,
    });
  }
  const evidence = reference('--evidence', said.evidence);
  const guardian = reference('--guardian', said.guardian);
  const { at, disclosure } = await database.transaction('read committed', async (session) => ({
    at: await instantOf(session, said, model.map.timeZone),
    disclosure: typed && { ...typed, party: await partyOf(session, model, typed.party) },
  }));
  if (said.wording !== undefined)
    await database.transaction('read committed', (session) => checkWording(session, said, { purpose, channels, at }));
  const asks = { action: 'consent record', ground: GROUNDS[what], kind: 'objection' } as const;
  const { match } = await findRequester(context, asks, said.query, undefined, chooser);
  const { subject, person } = match;
  const intent = { action: 'consent record', subjects: [subject], ground: GROUNDS[what] };
  return runOperation(context, intent, async (operation) => {
    if (YES.has(what) && guardian === null) await refuseChild(context, match, at);
    const taken = what === 'withdrawn' || what === 'objected';
    const notify = taken && disclosure === undefined ? await recipientsOf(context, person, 'marketing') : [];
    const wording = said.wording ?? null;
    const about = { subject, purpose, what, at, mechanism, wording, evidence, guardian, source: 'person' } as const;
    const events = channels.map((channel): ConsentEvent => ({ ...about, channel, ...disclosure }));
    const everything = what === 'withdrawn' && said.party === undefined && said.channels.length === 0;
    const parties = everything ? await agreedParties(context, match, { purpose, at }) : [];
    const all = [...events, ...parties.map((party): ConsentEvent => ({ ...about, channel: 'disclosure', party }))];
    const settled = await settleJournaled(context, operation, async (session) => {
      const fresh = await appendEvents(session, { operation: operation.id, operator: context.operator }, all);
      const news = channels.filter((_, i) => fresh[i]);
      const suppressed =
        what === 'objected' && news.length > 0 && disclosure === undefined
          ? await alsoObject(session, context, operation.id, { match, purpose, channels, at })
          : 0;
      return {
        result: {
          subject,
          what,
          purpose,
          at,
          party: disclosure?.party ?? null,
          categories: disclosure?.categories ?? null,
          suppressed,
          parties,
          notify,
          news,
        },
        traces: { counts: { events: fresh.filter((each) => each).length, ...(suppressed > 0 && { suppressed }) } },
      };
    });
    const { news, ...result } = settled;
    const known = await readPersonConsent(context, subject, person);
    const now = standingsOf(known, model.map.marketing?.purpose, known.snapshot);
    return {
      ...result,
      channels: channels.map((channel) => ({
        channel,
        new: news.includes(channel),
        state:
          now.find(
            (each) =>
              each.purpose === purpose && each.channel === channel && each.party === (disclosure?.party ?? null),
          )?.state ?? 'none',
      })),
    };
  });
}

/** The parties that the person agreed to before an instant, for the purpose. */
async function agreedParties(
  context: Context,
  { subject, person }: Match,
  { purpose, at }: { readonly purpose: string; readonly at: string },
): Promise<string[]> {
  const known = await readPersonConsent(context, subject, person);
  return standingsOf(known, context.model.map.marketing?.purpose, known.snapshot).flatMap((each) =>
    each.party !== null && each.purpose === purpose && AGREED.has(each.state) && (each.by?.at ?? '') <= at
      ? [each.party]
      : [],
  );
}

function channelsOf({ what, channels, party }: ConsentSaid): readonly ConsentChannel[] {
  if (party !== undefined) return ['disclosure'];
  if (channels.length > 0) return CHANNELS.filter((channel) => channels.includes(channel));
  if (!NEEDS_CHANNEL.has(what)) return CHANNELS;
  throw new GdprError('USAGE', 'a yes is about channels: name them with --channel', {
    hint: `one or several of: ${CHANNELS.join(', ')}`,
  });
}

/**
 * Who may be given what, where a party is named. A no takes everything back, and is told of by withdrawing.
 * @throws GdprError USAGE, NOT_FOUND for a category that the map does not have
 */
function disclosureOf(
  { map }: Pick<DataMapModel, 'map'>,
  { what, party, categories, channels, purpose }: ConsentSaid,
): { readonly party: string; readonly categories?: readonly string[] } | undefined {
  const usage = (message: string, hint: string) => new GdprError('USAGE', message, { hint });
  if (party === undefined) {
    if (categories === undefined) return undefined;
    throw usage('categories are what a party may be given, and no party is named', 'name it with --party');
  }
  if (channels.length > 0)
    throw usage('what a party may be given is about no channel', 'leave out --channel or --party');
  if (purpose === undefined)
    throw usage('nobody says what the party is to be given the data for', 'name the purpose with --purpose');
  if (what === 'objected')
    throw usage('an objection is against what the shop does itself', 'record it as withdrawn, or leave out --party');
  const named = partyName(party);
  if (!YES.has(what)) {
    if (categories === undefined) return { party: named };
    throw usage(`what is ${what} is all of it: categories are named with a yes`, 'leave out --categories');
  }
  if (categories === undefined || categories.length === 0)
    throw usage('nobody says what the party may be given', 'name categories of the data map with --categories');
  if (!categories.every((id) => Object.hasOwn(map.categories, id))) {
    throw new GdprError('NOT_FOUND', 'the data map has no such category', {
      hint: `its categories are: ${Object.keys(map.categories).join(', ')}`,
    });
  }
  return { party: named, categories: [...new Set(categories)].sort() };
}

/** The one name under which a party stands in the ledger: its id in the data map, or as it was first written. */
async function partyOf(session: Session, { map }: Pick<DataMapModel, 'map'>, name: string): Promise<string> {
  const mapped = mappedParty(map, name);
  if (mapped !== undefined) return mapped;
  const known = await ledgerParties(session, [name]);
  return known.includes(name) ? name : (known[0] ?? name);
}

const LONGEST_REFERENCE = 200;

function reference(flag: string, text: string | undefined): string | null {
  if (text === undefined) return null;
  const trimmed = text.trim();
  if (trimmed !== '' && trimmed.length <= LONGEST_REFERENCE && !/\p{Cc}/u.test(trimmed)) return trimmed;
  throw new GdprError('INPUT_INVALID', `${flag} is empty, too long or of several lines`, {
    hint: `the number or the place of a document, of ${LONGEST_REFERENCE} characters at most`,
  });
}

/** When it was said. A day's no counts from its end, a day's yes from its beginning. */
async function instantOf(session: Session, { what, at }: ConsentSaid, timeZone: string): Promise<string> {
  if (at === undefined) return presentInstant(session);
  const instant = await readInstant(session, '--at', at, { timeZone, edge: NEEDS_CHANNEL.has(what) ? 'begin' : 'end' });
  await refuseFuture(session, '--at', instant);
  return instant;
}

/** A yes under a wording that cannot have been shown is a mistake of whoever types. */
async function checkWording(
  session: Session,
  { wording: id, what }: ConsentSaid,
  {
    purpose,
    channels,
    at,
  }: { readonly purpose: string; readonly channels: readonly ConsentChannel[]; readonly at: string },
): Promise<void> {
  const wording = (await readWordings(session)).get(id ?? '');
  if (wording === undefined) throw unknownWording();
  if (!YES.has(what)) return;
  const unfit = channels.filter((channel) => !proves(wording, { purpose, channel, at }));
  if (unfit.length === 0) return;
  throw new GdprError('INPUT_INVALID', `nobody can have said yes to ${wording.id} then: ${unfitness()}`, {
    hint: 'see since when and for what each wording was shown: gdpr consent wording list',
  });
  function unfitness(): string {
    if (wording?.kind !== 'consent') return 'it is the notice of a soft opt-in, which asks for nothing';
    if (wording.purpose !== purpose) return `it asks about the purpose ${wording.purpose}`;
    const foreign = unfit.filter((channel) => !wording.channels.includes(channel));
    return foreign.length > 0 ? `it does not ask about ${foreign.join(', ')}` : 'it was not shown at that time';
  }
}

async function refuseChild(context: Context, { person }: Match, at: string): Promise<void> {
  const { marketing, timeZone } = context.model.map;
  if (marketing === undefined) return;
  const born = await birthDateOf(context, person);
  if (born === undefined || addMonths(born, marketing.ageOfConsent * 12) <= dayOf(new Date(at), timeZone)) return;
  throw new GdprError(
    'REFUSED',
    `the person was not ${marketing.ageOfConsent} then: a parent or guardian has to agree (Art. 8)`,
    {
      hint: 'with their authorisation on file, name it: --guardian REFERENCE',
    },
  );
}

/** What `customer object` does beside: the objection on all channels, and the suppressed addresses. */
async function alsoObject(
  session: Session,
  { model, keys, operator }: Context,
  operation: string,
  {
    match,
    purpose,
    channels,
    at,
  }: {
    readonly match: Match;
    readonly purpose: string;
    readonly channels: readonly ConsentChannel[];
    readonly at: string;
  },
): Promise<number> {
  const { subject } = match;
  const { use } = model.map.purposes[purpose] ?? {};
  if (use !== 'marketing' && use !== 'insight') return 0;
  const whole = use === 'insight' || channels.length === CHANNELS.length;
  if (whole) {
    await session.run(
      `INSERT INTO gdpr.objection (operation, subject, purpose, noted_by, objected_at) VALUES ($1, $2, $3, $4, $5::timestamptz)`,
      [operation, subject, use, operator, at],
    );
  }
  const addresses = addressesOf(model, match).map((address) => ({ ...address, subject }));
  const why = { operation, source: 'objection', at } as const;
  if (whole) {
    await suppress(session, keys, { ...why, channel: use === 'insight' ? 'insight' : 'all' }, addresses);
    return addresses.length;
  }
  const suppressed = new Set<(typeof addresses)[number]>();
  for (const channel of CHANNELS.filter((each) => channels.includes(each))) {
    const reached = addresses.filter(({ kind }) =>
      channel === 'email' ? kind === 'email' : kind === 'phone' && channel !== 'post',
    );
    await suppress(session, keys, { ...why, channel }, reached);
    for (const address of reached) suppressed.add(address);
  }
  return suppressed.size;
}
