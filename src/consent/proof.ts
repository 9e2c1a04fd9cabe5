import type { Chooser } from '../customer/choose.js';
import type { Match } from '../customer/find-customer.js';
import { findRequester } from '../customer/requester.js';
import type { PersonQuery } from '../customer/resolve.js';
import { addressesOf } from '../customer/suppression/addresses.js';
import type { Text } from '../datamap/schema.js';
import { type ConsentPageModel, consentPage } from '../documents/consent-page.js';
import { archiveOutcome } from '../operation/archived.js';
import { runOperation } from '../operation/operation.js';
import type { Context } from '../workspace/open.js';
import { type StandingNow, standingNow, type Told, toldOf } from './history.js';
import { readPersonConsent, standingsOf } from './person.js';
import { purposeOf } from './purpose.js';
import type { Wording } from './wording.js';

export interface ConsentProof {
  readonly operation: string;
  readonly subject: string;
  readonly archive: string;
  readonly sha256: string;
  readonly snapshot: string;
  readonly events: number;
  /** Ids of the wordings whose text is in the archive. */
  readonly wordings: readonly string[];
  readonly standings: readonly StandingNow[];
  readonly audit: { readonly sequence: number };
}

/**
 * Signs what one person consented to, for whoever doubts it (Art. 7(1); EDPB 05/2020, §§104–108): each event with its
 * time, channel, mechanism and evidence, and each wording verbatim with its digest. The archive is the person's and
 * names them; its file name does not.
 * @throws GdprError NOT_FOUND, MAP_INVALID for the purpose; as `findRequester` and `archiveOutcome`
 */
export async function proveConsent(
  context: Context,
  asked: { readonly query: PersonQuery; readonly purpose?: string | undefined },
  chooser: Chooser,
): Promise<ConsentProof> {
  const only = asked.purpose === undefined ? undefined : purposeOf(context.model, asked.purpose);
  const asks = { action: 'consent proof', ground: 'Art. 7(1)', kind: 'access' } as const;
  const { match } = await findRequester(context, asks, asked.query, undefined, chooser);
  const { subject, person } = match;
  const intent = { action: asks.action, subjects: [subject], ground: asks.ground };
  return runOperation(
    context,
    intent,
    async (operation) => {
      const known = await readPersonConsent(context, subject, person);
      const purpose = context.model.map.marketing?.purpose;
      const wanted = (each: { readonly purpose: string }) => only === undefined || each.purpose === only;
      const events = toldOf(known, purpose).filter(wanted);
      const standings = standingsOf(known, purpose, known.snapshot).map(standingNow).filter(wanted);
      const named = new Set(events.flatMap(({ wording }) => wording ?? []));
      const wordings = [...known.wordings.values()].filter(({ id }) => named.has(id));
      const shown = { operation: operation.id, snapshot: known.snapshot, events, standings, wordings };
      const { path, sha256, sequence } = await archiveOutcome(
        context,
        operation,
        nameOf(operation.id),
        async (archive) => {
          await archive.add(
            'consent.json',
            'application/json',
            `${JSON.stringify(jsonOf(context, match, shown), undefined, 2)}\n`,
          );
          for (const language of ['lv', 'en'] as const)
            await archive.add(
              `consent-${language}.html`,
              'text/html',
              consentPage({ language, ...pageOf(context, match, shown) }),
            );
          // By themselves, so that anybody can compare the digest with the text.
          for (const { id, text } of wordings) await archive.add(`wordings/${id}.txt`, 'text/plain', text);
          return { written: undefined, outcome: { counts: { events: events.length, wordings: wordings.length } } };
        },
      );
      return {
        operation: operation.id,
        subject,
        archive: path,
        sha256,
        snapshot: known.snapshot,
        events: events.length,
        wordings: wordings.map(({ id }) => id),
        standings,
        audit: { sequence },
      };
    },
    nameOf,
  );
}

function nameOf(operation: string): string {
  return `consent-${operation}.asice`;
}

interface Shown {
  readonly operation: string;
  readonly snapshot: string;
  readonly events: readonly Told[];
  readonly standings: readonly StandingNow[];
  readonly wordings: readonly Wording[];
}

function whoIs({ model }: Context, match: Match) {
  return {
    names: match.traits.get('name') ?? match.person.names,
    addresses: addressesOf(model, match).map(({ value }) => value),
  };
}

function jsonOf(context: Context, match: Match, { operation, snapshot, events, standings, wordings }: Shown) {
  const { model } = context;
  // Who wrote it down is the log's to tell.
  const told = events.map(({ recordedBy: _, ...event }) => event);
  return {
    format: 'privatums consent proof',
    version: 1,
    operation,
    snapshot,
    controller: model.map.controller.name,
    mapDigest: model.digest,
    person: { reference: match.subject, ...whoIs(context, match) },
    standings,
    events: told,
    wordings,
  };
}

function pageOf(
  context: Context,
  match: Match,
  { snapshot, events, standings, wordings }: Shown,
): Omit<ConsentPageModel, 'language'> {
  const { map } = context.model;
  const title = (purpose: string): Text => map.purposes[purpose]?.title ?? { lv: purpose, en: purpose };
  const category = (id: string): Text => map.categories[id]?.title ?? { lv: id, en: id };
  const named = (party: string | null) => (party === null ? null : (map.recipients[party]?.name ?? party));
  const places = map.marketing?.sources ?? {};
  return {
    controller: map.controller,
    timeZone: map.timeZone,
    snapshot,
    subject: match.subject,
    ...whoIs(context, match),
    standings: standings.map((each) => ({ ...each, party: named(each.party), purpose: title(each.purpose) })),
    events: events.map((event) => ({
      ...event,
      party: named(event.party),
      categories: event.categories?.map(category) ?? null,
      purpose: title(event.purpose),
      place: event.place === null ? null : (places[event.place]?.title ?? null),
    })),
    wordings,
  };
}
