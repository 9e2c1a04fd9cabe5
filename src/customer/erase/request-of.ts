import { GdprError } from '../../foundation/errors.js';
import type { Context } from '../../workspace/open.js';

/** A request for erasure as the register has it. */
export interface ErasureRequest {
  readonly number: string;
  /** How the identity was checked, where it was. */
  readonly verified: string | undefined;
}

/**
 * The open request that an erasure answers.
 * @throws GdprError NOT_FOUND, REFUSED when it is closed, asks for something else, or is another person's
 */
export async function erasureRequest({ database }: Context, typed: string, subject: string): Promise<ErasureRequest> {
  const number = typed.trim().toUpperCase();
  const [row] = await database.transaction('read committed', (session) =>
    session.query<{ kind: string; state: string; subject: string | null; verified: string | null }>(
      'SELECT kind, state, subject, verified FROM gdpr.request WHERE number = $1',
      [number],
    ),
  );
  const hint = 'see: gdpr request list';
  if (row === undefined) throw new GdprError('NOT_FOUND', 'the register has no request of that number', { hint });
  if (row.state !== 'open') throw new GdprError('REFUSED', `the request ${number} is ${row.state}`, { hint });
  if (row.kind !== 'erasure')
    throw new GdprError('REFUSED', `the request ${number} asks for ${row.kind}, not for erasure`, { hint });
  if (row.subject !== null && row.subject !== subject)
    throw new GdprError('REFUSED', `the request ${number} is of another person`, { hint });
  return { number, verified: row.verified ?? undefined };
}
