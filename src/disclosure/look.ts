import type { Chooser } from '../customer/choose.js';
import { hasherOf } from '../customer/find-customer.js';
import { aliasesOf } from '../customer/people.js';
import { findRequester } from '../customer/requester.js';
import { isEmptyQuery, type PersonQuery } from '../customer/resolve.js';
import { settleJournaled } from '../customer/settle-journaled.js';
import { knownReferences } from '../identity/reference.js';
import { runOperation } from '../operation/operation.js';
import { todayIn } from '../request/day.js';
import { type Settled, settle } from '../request/settle.js';
import { checkAddress } from '../request/words.js';
import type { Context } from '../workspace/open.js';
import { type DisclosureView, readDisclosure, readDisclosures } from './register.js';

/** Which disclosures are wanted; what is left out limits nothing. */
export interface DisclosureQuestion {
  readonly query: PersonQuery;
  /** The recipient's name, or its id in the data map. */
  readonly recipient?: string | undefined;
  /** Those, too, that may not be told of; that they were looked at is logged. */
  readonly gagged: boolean;
}

/**
 * The disclosures of one person's data, to one recipient, or all, in the order in which they were made; those under a gag
 * are left out without a word, unless asked for.
 * @throws GdprError NOBODY, SEVERAL, DRIFT as `findRequester`
 */
export async function listDisclosures(
  context: Context,
  asked: DisclosureQuestion,
  chooser: Chooser,
): Promise<Settled<{ readonly disclosures: readonly DisclosureView[] }>> {
  const { model, keys, database } = context;
  const today = todayIn(model.map.timeZone);
  const action = 'disclosure list';
  let subjects: string[] | undefined;
  let named: string[] = [];
  if (!isEmptyQuery(asked.query)) {
    const { match } = await findRequester(context, { action, kind: 'access' }, asked.query, undefined, chooser);
    const [known = []] = await database.transaction('read committed', (session) =>
      knownReferences(session, hasherOf(keys), [aliasesOf(match.person, model)]),
    );
    named = [match.subject];
    subjects = [...new Set([match.subject, ...known])];
  }
  const { recipient, gagged } = asked;
  // Their own log entries would tell somebody that there is one of which they may not be told.
  return runOperation(context, { action, subjects: asked.gagged ? [] : named }, (operation) =>
    settle(context, operation, async (session) => {
      const disclosures = await readDisclosures(session, today, {
        gagged,
        ...(subjects && { subjects }),
        ...(recipient !== undefined && { recipient }),
      });
      const traces = gagged ? { rules: ['with gagged'] } : { counts: { disclosures: disclosures.length } };
      return { result: { disclosures }, traces };
    }),
  );
}

/** A letter about a correction, an erasure or a restriction that was written to the recipient of a disclosure. */
export interface Notice {
  /** The operation of which the recipient is told. */
  readonly cause: string;
  readonly operation: string;
}

/**
 * One disclosure with its handovers and the letters written about it.
 * @throws GdprError NOT_FOUND, also for one that may not be told of and was not asked for so
 */
export async function showDisclosure(
  context: Context,
  asked: { readonly number: string; readonly gagged: boolean },
): Promise<
  Settled<Omit<DisclosureView, 'operation'> & { readonly notices: readonly Notice[]; readonly entered: string }>
> {
  const today = todayIn(context.model.map.timeZone);
  return runOperation(context, { action: 'disclosure show', subjects: [] }, (operation) =>
    settle(context, operation, async (session) => {
      const { operation: entered, ...view } = await readDisclosure(session, today, asked.number.trim(), asked.gagged);
      const notices = await session.query<Notice & Record<string, unknown>>(
        'SELECT cause, operation FROM gdpr.disclosure_notice WHERE disclosure = $1 ORDER BY written_at, cause',
        [view.disclosure],
      );
      const result = { ...view, entered, notices };
      return {
        result,
        traces: { rules: [view.disclosure], ...(asked.gagged && { counts: { gagged: view.gagged ? 1 : 0 } }) },
      };
    }),
  );
}

/** A handover as it was typed. */
export interface Handover {
  readonly number: string;
  /** Who took it: a name and an office, which stay in the register and out of the log. */
  readonly to: string;
  readonly means: string;
  readonly receipt?: string | undefined;
}

/**
 * Records how a disclosure was handed over. Who knows its number was told of it, so that a gag does not hinder.
 * @throws GdprError NOT_FOUND, INPUT_INVALID
 */
export async function recordHandover(
  context: Context,
  given: Handover,
): Promise<Settled<{ readonly disclosure: string; readonly handovers: DisclosureView['handovers'] }>> {
  const today = todayIn(context.model.map.timeZone);
  const to = checkAddress('--to', given.to);
  const means = checkAddress('--how', given.means);
  const receipt = given.receipt === undefined ? null : checkAddress('--receipt', given.receipt);
  return runOperation(context, { action: 'disclosure handover', subjects: [] }, (operation) =>
    settleJournaled(context, operation, async (session) => {
      const { disclosure } = await readDisclosure(session, today, given.number.trim(), true);
      await session.run(
        `INSERT INTO gdpr.disclosure_handover (operation, disclosure, recipient_person, means, receipt, by)
         VALUES ($1, $2, $3, $4, $5, $6)`,
        [operation.id, disclosure, to, means, receipt, context.operator],
      );
      const { handovers } = await readDisclosure(session, today, disclosure, true);
      return { result: { disclosure, handovers }, traces: { rules: [disclosure] } };
    }),
  );
}
