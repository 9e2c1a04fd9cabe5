import { letter } from '../../documents/letters/letter.js';
import { GdprError } from '../../foundation/errors.js';
import { type Intent, runOperation } from '../../operation/operation.js';
import { todayIn } from '../../request/day.js';
import type { Settled } from '../../request/settle.js';
import type { Context } from '../../workspace/open.js';
import type { Chooser } from '../choose.js';
import { checkedBasis } from '../identity-check.js';
import { type Notified, recipientsOf } from '../recipients.js';
import { findRequester } from '../requester.js';
import type { PersonQuery } from '../resolve.js';
import { type LetterOrder, letterHead, withLetter } from '../right-letter.js';
import { settleJournaled } from '../settle-journaled.js';
import { lockStanding } from '../standing.js';
import { type RestrictionGround, readRestrictionGround } from './restriction.js';

/** What a right is exercised by, as it was typed. */
export interface Asked {
  readonly query: PersonQuery;
  /** Number of the request in the register that it answers. */
  readonly request?: string | undefined;
  /** How the identity was checked. */
  readonly verified?: string | undefined;
  /** The letter to the person, where one is wanted. */
  readonly letter?: LetterOrder | undefined;
}

export interface Restricted {
  readonly subject: string;
  readonly ground: RestrictionGround;
  readonly since: string;
  readonly request: string | null;
  /** Whom to tell of it (Art. 19). */
  readonly notify: readonly Notified[];
  /** The file with the letter to the person, where one was wanted. */
  readonly letter?: string;
}

/**
 * Restricts the processing of a person's data (Art. 18): it is kept and not used, but for what Art. 18(2) allows.
 * @throws GdprError USAGE, INPUT_INVALID; as `findRequester` and `withLetter`; REFUSED when it is restricted on that ground already
 */
export async function restrictCustomer(
  context: Context,
  asked: Asked & { readonly ground: string },
  chooser: Chooser,
): Promise<Settled<Restricted>> {
  const ground = readRestrictionGround(asked.ground);
  const asks = { action: 'customer restrict', ground: `Art. ${ground}`, kind: 'restriction' } as const;
  const { match, request } = await findRequester(context, asks, asked.query, asked.request, chooser);
  const { subject, person } = match;
  const since = todayIn(context.model.map.timeZone);
  const basis = checkedBasis(asked.verified, request, match.traits);
  const intent: Intent = { action: 'customer restrict', subjects: [subject], ground: `Art. ${ground}`, ...basis };
  return withLetter(asked.letter, (write) =>
    runOperation(context, intent, async (operation) => {
      const notify = await recipientsOf(context, person);
      return settleJournaled(context, operation, async (session) => {
        await lockStanding(session);
        const placed = await session.run(
          `INSERT INTO gdpr.restriction (operation, subject, ground, request, since, placed_by)
         VALUES ($1, $2, $3, $4, $5::date, $6) ON CONFLICT (subject, ground) WHERE lifted_at IS NULL DO NOTHING`,
          [operation.id, subject, ground, request?.number ?? null, since, context.operator],
        );
        if (placed === 0) {
          throw new GdprError('REFUSED', `the person's data is restricted under Art. ${ground} already`, {
            hint: 'name another ground, or leave it as it is',
          });
        }
        await write((language) =>
          letter('restriction', {
            ...letterHead(context, language, request, operation.id),
            restricted: { ground, since },
            recipients: notify.map(({ name }) => name),
          }),
        );
        return { result: { subject, ground, since, request: request?.number ?? null, notify }, traces: {} };
      });
    }),
  );
}
