import { timeText } from '../audit/append.js';
import { presentInstant } from '../consent/instant.js';
import { mappedParty, partyName } from '../consent/party.js';
import type { Chooser } from '../customer/choose.js';
import { hasherOf, type Match } from '../customer/find-customer.js';
import { aliasesOf } from '../customer/people.js';
import { findRequester, gate } from '../customer/requester.js';
import type { PersonQuery } from '../customer/resolve.js';
import { journalDone } from '../customer/settle-journaled.js';
import { type TableResult, TableWriter, WithheldCounter } from '../customer/table-writer.js';
import { readTraits } from '../customer/traits.js';
import type { Session } from '../database/session.js';
import { readCatalog } from '../datamap/catalog.js';
import { collectRows } from '../datamap/collect.js';
import { compileCollect } from '../datamap/collect-plan.js';
import { assertNoDrift } from '../datamap/drift.js';
import { compileReads } from '../datamap/read.js';
import { GdprError } from '../foundation/errors.js';
import { Spool } from '../foundation/spool.js';
import { type Alias, knownReferences } from '../identity/reference.js';
import { archiveChange } from '../operation/archived.js';
import { runOperation } from '../operation/operation.js';
import type { Context } from '../workspace/open.js';
import { writeFacts } from './consented-record.js';
import { type PartyConsent, partyConsents } from './consented-to.js';
import { enterDisclosure } from './register.js';
import { isAsked } from './scope.js';
import { Spools } from './spools.js';

/** What is to be given to a party to which the person consented. */
export interface ConsentedOrder {
  readonly query: PersonQuery;
  /** A recipient's id in the data map, or the name under which the consent is recorded. */
  readonly party: string;
  /** Ids of categories of the data map. */
  readonly categories: readonly string[];
  /** What for; where it is left out, whatever purpose the person consented to. */
  readonly purpose?: string | undefined;
}

export interface ConsentedResult {
  readonly operation: string;
  readonly disclosure: string;
  readonly subject: string;
  readonly party: string;
  readonly purpose: string;
  readonly categories: readonly string[];
  /** When the person consented, UTC with microseconds. */
  readonly consented: string;
  readonly produced: readonly { readonly table: string; readonly rows: number }[];
  readonly archive: string;
  readonly sha256: string;
  readonly audit: { readonly sequence: number };
}

/**
 * Gives a party one person's data of the categories, on a consent of theirs that names the party, covers the
 * categories, was given before this instant, and after any restriction of their data (Art. 18(2)), and stands: a signed archive with that data and no other. Free texts and
 * other people's data stay out.
 * @throws GdprError NOBODY, SEVERAL, DRIFT, NOT_FOUND for categories that the map does not have; REFUSED with the reason
 *   for which the consent does not carry it, or when there is nothing to give
 */
export async function discloseConsented(
  context: Context,
  order: ConsentedOrder,
  chooser: Chooser,
  onProgress: (table: string, done: number, total: number) => void = () => {},
): Promise<ConsentedResult> {
  const { map } = context.model;
  const categories = [...new Set(order.categories)].sort();
  if (categories.length === 0 || !categories.every((id) => Object.hasOwn(map.categories, id))) {
    throw new GdprError('NOT_FOUND', 'the data map has no such category', {
      hint: `its categories are: ${Object.keys(map.categories).join(', ')}`,
    });
  }
  const party = partyName(order.party);
  const mappedId = mappedParty(map, party);
  const mapped = mappedId === undefined ? undefined : map.recipients[mappedId];
  const parties = mappedId === undefined || mapped === undefined ? [party] : [mappedId, mapped.name];
  const asks = { action: 'disclose consented', ground: 'Art. 6(1)(a)', kind: 'objection' } as const;
  const { match } = await findRequester(context, asks, order.query, undefined, chooser);
  const { subject } = match;
  const intent = { action: asks.action, subjects: [subject], ground: asks.ground };
  const wanted = { ...order, parties, categories, aliases: aliasesOf(match.person, context.model) };
  await gate(context, intent, () =>
    context.database.transaction('read committed', (session) => standingConsent(session, context, subject, wanted)),
  );
  const name = (id: string) => `disclosure-${id}.asice`;
  const recipient = { id: mappedId, name: mapped?.name ?? party };
  return runOperation(
    context,
    intent,
    async (operation) => {
      const files = new Spools(context.paths.temporary);
      try {
        const made = await produce(context, match, categories, files, onProgress);
        const archived = await archiveChange(context, operation, name(operation.id), async (session, archive) => {
          // Again, since it may have been taken back meanwhile.
          const consent = await standingConsent(session, context, subject, wanted);
          const given = await files.into(archive);
          const facts = { operation, subject, recipient, consent, categories, ...made, given };
          await writeFacts(context, archive, facts);
          const rows = made.results.reduce((sum, each) => sum + each.rows, 0);
          const written = { consent, number: '' };
          return {
            written,
            outcome: { counts: Object.fromEntries(made.results.map(({ table, rows: n }) => [table.name, n])) },
            sealed: async (sha256) => {
              written.number = await enterDisclosure(
                session,
                operation,
                context.operator,
                {
                  kind: 'consented',
                  recipient: recipient.name,
                  ...(recipient.id !== undefined && { recipientId: recipient.id }),
                  consentEvent: consent.event,
                  basis: 'Art. 6(1)(a)',
                  categories,
                  archiveDigest: sha256,
                  records: rows,
                },
                [{ subject, rows }],
              );
            },
          };
        });
        await journalDone(context);
        const { consent, number } = archived.written;
        return {
          operation: operation.id,
          disclosure: number,
          subject,
          party,
          purpose: consent.purpose,
          categories,
          consented: consent.since,
          produced: made.results.map(({ table, rows }) => ({ table: table.name, rows })),
          archive: archived.path,
          sha256: archived.sha256,
          audit: { sequence: archived.sequence },
        };
      } finally {
        await files.discard();
      }
    },
    name,
  );
}

interface Wanted {
  readonly parties: readonly string[];
  readonly categories: readonly string[];
  readonly purpose?: string | undefined;
  readonly aliases: readonly Alias[];
}

/** The consent that carries the disclosure now. @throws GdprError REFUSED, which says what it lacks */
async function standingConsent(
  session: Session,
  { keys }: Context,
  subject: string,
  wanted: Wanted,
): Promise<PartyConsent> {
  const { parties, categories, purpose } = wanted;
  const all = await partyConsents(session, [subject], parties, await presentInstant(session));
  const consents = all.filter((each) => purpose === undefined || each.purpose === purpose);
  const refuse = (reason: string): never => {
    throw new GdprError('REFUSED', `nothing may be given to this party: ${reason}`, {
      hint: 'the person has to consent before: gdpr consent record --what given --party',
    });
  };
  if (consents.length === 0)
    return refuse('no consent of the person that names it, and for that, was given before this act');
  const given = consents.filter(({ state }) => state === 'given');
  const [first] = consents;
  if (given.length === 0) {
    const proven = first?.state === 'unproven' || first?.state === 'unconfirmed';
    return refuse(proven ? 'the consent that names it cannot be proved' : `the consent was ${first?.state}`);
  }
  const covering = given.filter((each) => categories.every((id) => each.categories.includes(id)));
  if (covering.length === 0) return refuse('the consent that names it is for other categories');
  const [known = []] = await knownReferences(session, hasherOf(keys), [wanted.aliases]);
  const restricted = await restrictedSince(session, [subject, ...known]);
  const free = covering.find(({ since }) => restricted === null || since > restricted);
  return free ?? refuse('their data is restricted since they consented (Art. 18)');
}

/** When the newest restriction of a person was noted that was not lifted, UTC with microseconds. */
async function restrictedSince(session: Session, references: readonly string[]): Promise<string | null> {
  const [row] = await session.query<{ at: string | null }>(
    `SELECT ${timeText('max(r.placed_at)')} AS at FROM gdpr.restriction r WHERE r.lifted_at IS NULL AND r.subject = ANY ($1::text[])`,
    [[...references]],
  );
  return row?.at ?? null;
}

interface Produced {
  readonly results: readonly TableResult[];
  /** UTC with microseconds. */
  readonly at: string;
}

/** The person's rows, in one snapshot: the columns of the categories alone, one pair of files a table. */
async function produce(
  context: Context,
  { person }: Match,
  categories: readonly string[],
  files: Spools,
  onProgress: (table: string, done: number, total: number) => void,
): Promise<Produced> {
  const { model, paths, surroundings } = context;
  const page = new Spool(paths.temporary);
  try {
    return await context.database.transaction('repeatable read', async (session) => {
      const catalog = await readCatalog(session);
      assertNoDrift(model, catalog);
      const at = await presentInstant(session);
      await collectRows(session, compileCollect(model, catalog), model, catalog, [person]);
      const [traits = new Map()] = await readTraits(session, model, catalog, [person]);
      const asked = new Set(categories);
      const reads = compileReads(model, catalog, (column) => (isAsked(column, asked) ? undefined : 'basis')).filter(
        ({ columns }) => columns.length > 0,
      );
      const writer = new TableWriter({
        rowsOf: async function* ({ sql, values }) {
          for await (const [, ...row] of session.stream(sql, values)) yield row;
        },
        catalog,
        model,
        traits,
        archive: files,
        page,
        counter: new WithheldCounter(),
        asked: ({ category }) => asked.has(category),
        temporary: paths.temporary,
        signal: surroundings.signal,
      });
      const results: TableResult[] = [];
      for (const [done, read] of reads.entries()) {
        onProgress(read.table.name, done, reads.length);
        const result = await writer.write(read);
        if (result !== undefined && result.rows > 0) results.push(result);
      }
      if (results.length === 0) {
        throw new GdprError(
          'REFUSED',
          'nothing of these categories is held about the person, so that there is nothing to give',
          {
            hint: 'see what is held: gdpr customer export',
          },
        );
      }
      return { results, at };
    });
  } finally {
    await page.discard();
  }
}
