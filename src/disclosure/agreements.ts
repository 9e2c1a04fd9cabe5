import { settleJournaled } from '../customer/settle-journaled.js';
import type { DataMap } from '../datamap/schema.js';
import { digestFile } from '../foundation/digest-file.js';
import { GdprError } from '../foundation/errors.js';
import { runOperation } from '../operation/operation.js';
import { type Day, readDay, todayIn } from '../request/day.js';
import { type Settled, settle } from '../request/settle.js';
import { checkWords } from '../request/words.js';
import type { Context } from '../workspace/open.js';
import { type AgreementView, agreementView, disagreementsOf, readAgreement, readAgreements } from './agreement.js';

/** An agreement as it was typed. */
export interface NewAgreement {
  readonly number: string;
  readonly recipient: string;
  readonly from: string;
  readonly until?: string | undefined;
  /** All that the data map gives the recipient, if left out. */
  readonly purposes?: readonly string[] | undefined;
  readonly categories?: readonly string[] | undefined;
  readonly columns?: readonly string[] | undefined;
  readonly safeguard?: string | undefined;
  readonly subprocessors: readonly string[];
  /** The signed document, of which the digest is kept. */
  readonly document: string;
}

/** The European Economic Area: the Union, Iceland, Liechtenstein and Norway. */
const EEA = new Set(
  'AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE IS LI NO'.split(' '),
);

/**
 * Puts an agreement on record. Role, name and country are those of the data map, which has to name it; once on record
 * it is never changed, but that it ends.
 * @throws GdprError INPUT_INVALID, NOT_FOUND for what the data map does not have, ALREADY_EXISTS, FILE_UNAVAILABLE
 */
export async function addAgreement(context: Context, given: NewAgreement): Promise<Settled<AgreementView>> {
  const { map } = context.model;
  const today = todayIn(map.timeZone);
  const number = checkWords('the number of the agreement', given.number);
  const recipient = known('recipient', map.recipients, [given.recipient])[0] ?? '';
  const mapped = map.recipients[recipient];
  if (mapped === undefined) throw new Error('a recipient that is known is in the map');
  const from = readDay('--from', given.from, today);
  const until = given.until === undefined ? null : readDay('--until', given.until, today);
  if (until !== null && until < from) throw invalid('--until is before --from', 'see the two days');
  const purposes = given.purposes === undefined ? mapped.purposes : known('purpose', map.purposes, given.purposes);
  const categories =
    given.categories === undefined ? mapped.categories : known('category', map.categories, given.categories);
  const safeguard = given.safeguard === undefined ? null : checkWords('--safeguard', given.safeguard);
  if (!EEA.has(mapped.country) && safeguard === null) {
    throw invalid(
      `the recipient is in ${mapped.country}, outside the EEA, and nobody says what safeguards the transfer (Art. 46)`,
      'name it with --safeguard: an adequacy decision, standard contractual clauses …',
    );
  }
  const columns = columnsOf(map, recipient, given.columns);
  const subprocessors = given.subprocessors.map((each) => checkWords('--subprocessor', each));
  const entry = { recipient, role: mapped.role, country: mapped.country, purposes, categories };
  const faults = disagreementsOf({ agreement: number, ...entry }, map);
  if (faults.length > 0) {
    throw invalid(`the agreement and the data map differ: ${faults.join('; ')}`, 'mend the one that is wrong first');
  }
  const sha256 = await digestFile(given.document);
  return runOperation(context, { action: 'agreement add', subjects: [] }, (operation) =>
    settleJournaled(context, operation, async (session) => {
      const added = await session.run(
        `INSERT INTO gdpr.agreement (number, recipient, name, role, since, until, purposes, categories, columns, country,
           safeguard, subprocessors, sha256, added_by, operation)
         VALUES ($1, $2, $3, $4, $5::date, $6::date, $7::text[], $8::text[], $9::text[], $10, $11, $12::text[], $13, $14, $15)
         ON CONFLICT (number) DO NOTHING`,
        [
          number,
          recipient,
          mapped.name,
          mapped.role,
          from,
          until,
          [...purposes],
          [...categories],
          columns,
          mapped.country,
          safeguard,
          subprocessors,
          sha256,
          context.operator,
          operation.id,
        ],
      );
      if (added === 0) {
        throw new GdprError('ALREADY_EXISTS', 'an agreement of that number is on record already', {
          hint: 'what was changed is another agreement: give the annex a number of its own',
        });
      }
      const view = agreementView(await readAgreement(session, number), map, today);
      return { result: view, traces: { rules: [recipient] } };
    }),
  );
}

/**
 * Ends an agreement before its last day, or one that has none.
 * @throws GdprError NOT_FOUND, INPUT_INVALID; REFUSED for one that has ended
 */
export async function endAgreement(
  context: Context,
  given: { readonly number: string; readonly on: string; readonly reason: string },
): Promise<Settled<AgreementView>> {
  const { map } = context.model;
  const today = todayIn(map.timeZone);
  const on = readDay('--on', given.on, today);
  const reason = checkWords('--reason', given.reason);
  return runOperation(context, { action: 'agreement end', subjects: [] }, (operation) =>
    settleJournaled(context, operation, async (session) => {
      const agreement = await readAgreement(session, given.number.trim());
      if (on < agreement.from) throw invalid(`--on is before its first day, ${agreement.from}`, 'see the two days');
      const ended = await session.run(
        `UPDATE gdpr.agreement SET ended = $2::date, end_reason = $3, ended_by = $4, end_operation = $5
         WHERE number = $1 AND ended IS NULL AND (until IS NULL OR until > $2::date)`,
        [agreement.agreement, on, reason, context.operator, operation.id],
      );
      if (ended === 0) {
        throw new GdprError('REFUSED', 'the agreement has ended by then, or its end is on record already', {
          hint: 'see: gdpr agreement list --all',
        });
      }
      const view = agreementView(await readAgreement(session, agreement.agreement), map, today);
      return { result: view, traces: { rules: [view.recipient] } };
    }),
  );
}

/** Agreements by recipient, those alone that are in force or yet to come unless all are asked for. */
export async function listAgreements(
  context: Context,
  asked: { readonly all: boolean; readonly recipient?: string | undefined },
): Promise<
  Settled<{
    readonly agreements: readonly AgreementView[];
    /** Recipients of the data map that name an agreement, and of which none is in force. */
    readonly without: readonly string[];
  }>
> {
  const { map } = context.model;
  const today: Day = todayIn(map.timeZone);
  const only = asked.recipient === undefined ? undefined : known('recipient', map.recipients, [asked.recipient])[0];
  return runOperation(context, { action: 'agreement list', subjects: [] }, (operation) =>
    settle(context, operation, async (session) => {
      const every = (await readAgreements(session)).map((each) => agreementView(each, map, today));
      const mine = every.filter(({ recipient }) => only === undefined || recipient === only);
      const agreements = mine.filter(({ state }) => asked.all || state === 'in-force' || state === 'coming');
      const without = Object.keys(map.recipients).filter(
        (id) =>
          (only === undefined || id === only) &&
          !every.some(({ recipient, state }) => recipient === id && state === 'in-force'),
      );
      return { result: { agreements, without }, traces: { counts: { agreements: agreements.length } } };
    }),
  );
}

function known(what: string, ids: Readonly<Record<string, unknown>>, typed: readonly string[]): string[] {
  if (typed.length > 0 && typed.every((id) => Object.hasOwn(ids, id))) return [...new Set(typed)];
  throw new GdprError('NOT_FOUND', `the data map has no such ${what}`, {
    hint: `it has: ${Object.keys(ids).join(', ')}`,
  });
}

function columnsOf(map: DataMap, recipient: string, typed: readonly string[] | undefined): string[] | null {
  if (typed === undefined) return null;
  const headings = Object.keys(map.recipients[recipient]?.manifest?.columns ?? {});
  if (typed.length > 0 && typed.every((each) => headings.includes(each)) && new Set(typed).size === typed.length)
    return [...typed];
  throw invalid(
    '--columns names what the manifest of the data map does not have, or the same twice',
    headings.length === 0
      ? 'the data map describes no manifest for it: leave --columns out'
      : `its columns are: ${headings.join(', ')}`,
  );
}

function invalid(message: string, hint: string): GdprError {
  return new GdprError('INPUT_INVALID', message, { hint });
}
