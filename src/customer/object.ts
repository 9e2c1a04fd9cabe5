import { letter } from '../documents/letters/letter.js';
import { type Intent, runOperation } from '../operation/operation.js';
import type { Settled } from '../request/settle.js';
import type { Context } from '../workspace/open.js';
import type { Chooser } from './choose.js';
import { checkedBasis } from './identity-check.js';
import { type Notified, type Objectionable, recipientsOf } from './recipients.js';
import { findRequester } from './requester.js';
import type { Asked } from './restrict/restrict.js';
import { letterHead, withLetter } from './right-letter.js';
import { settleJournaled } from './settle-journaled.js';
import { addressesOf } from './suppression/addresses.js';
import { suppress } from './suppression/suppress.js';

export interface Objected {
  readonly subject: string;
  readonly to: Objectionable;
  readonly request: string | null;
  /** How many addresses are suppressed from now on. */
  readonly suppressed: { readonly email: number; readonly phone: number };
  /** Whom to pass it on to (Art. 19; C-129/21). */
  readonly notify: readonly Notified[];
  /** The file with the letter to the person, where one was wanted. */
  readonly letter?: string;
}

/** The points of Art. 21: marketing may be objected to without a reason, and always with success. */
const POINTS: Readonly<Record<Objectionable, string>> = { marketing: 'Art. 21(2)', insight: 'Art. 21(1)' };

/**
 * Notes an objection on all channels; it takes effect at once. The addresses are suppressed under keyed codes, so that
 * it outlives the person's rows and meets them again in an import. That an identity was checked is not asked for:
 * nothing is given away, and stopping has to be easy.
 * @throws GdprError INPUT_INVALID; as `findRequester` and `withLetter`
 */
export async function objectCustomer(
  context: Context,
  asked: Asked & { readonly to: Objectionable },
  chooser: Chooser,
): Promise<Settled<Objected>> {
  const { to } = asked;
  const asks = { action: 'customer object', ground: POINTS[to], kind: 'objection' } as const;
  const { match, request } = await findRequester(context, asks, asked.query, asked.request, chooser);
  const { subject, person, traits } = match;
  const basis = checkedBasis(asked.verified, request, traits);
  const intent: Intent = { action: 'customer object', subjects: [subject], ground: POINTS[to], ...basis };
  return withLetter(asked.letter, (write) =>
    runOperation(context, intent, async (operation) => {
      const notify = await recipientsOf(context, person, to);
      const addresses = addressesOf(context.model, { person, traits });
      return settleJournaled(context, operation, async (session) => {
        const number = request?.number ?? null;
        await session.run(
          'INSERT INTO gdpr.objection (operation, subject, purpose, request, noted_by) VALUES ($1, $2, $3, $4, $5)',
          [operation.id, subject, to, number, context.operator],
        );
        const why = {
          operation: operation.id,
          source: 'objection',
          channel: to === 'insight' ? 'insight' : 'all',
        } as const;
        await suppress(
          session,
          context.keys,
          why,
          addresses.map((address) => ({ ...address, subject })),
        );
        await write((language) => {
          const head = letterHead(context, language, request, operation.id);
          return letter('objection', { ...head, to, since: head.date, recipients: notify.map(({ name }) => name) });
        });
        const count = (kind: 'email' | 'phone') => addresses.filter((address) => address.kind === kind).length;
        return {
          result: {
            subject,
            to,
            request: number,
            suppressed: { email: count('email'), phone: count('phone') },
            notify,
          },
          traces: { counts: { suppressed: addresses.length } },
        };
      });
    }),
  );
}
