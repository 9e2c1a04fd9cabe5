import type { Database } from '../database/session.js';
import { GdprError } from '../foundation/errors.js';

/**
 * That the database role may do what only the owner of schema `gdpr` may.
 * @param what what it is that only the owner does, for the message
 * @throws GdprError REFUSED
 */
export async function assertOwner(database: Pick<Database, 'transaction'>, what: string, hint: string): Promise<void> {
  const [row] = await database.transaction('read committed', (session) =>
    session.query<{ owner: boolean }>(
      "SELECT pg_has_role(nspowner, 'USAGE') AS owner FROM pg_namespace WHERE nspname = 'gdpr'",
    ),
  );
  if (row?.owner !== true) throw new GdprError('REFUSED', `only the owner of schema gdpr ${what}`, { hint });
}
