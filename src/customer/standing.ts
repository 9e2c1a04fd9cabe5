import type { Session } from '../database/session.js';

const STANDING = "hashtextextended('gdpr standing', 0)";

/**
 * Waits until no batch of retention is between its look at what stands against it and its commit, and lets none get
 * there until the caller's READ COMMITTED transaction ends. For whoever places a hold, a restriction or a request;
 * taken after the register's own lock.
 */
export async function lockStanding(session: Session): Promise<void> {
  await session.query(`SELECT pg_advisory_xact_lock(${STANDING})`);
}

/** The batch's side of `lockStanding`: what is placed from now on waits for the end of the caller's transaction. */
export async function shareStanding(session: Session): Promise<void> {
  await session.query(`SELECT pg_advisory_xact_lock_shared(${STANDING})`);
}
