import type { Database, Session } from '../../database/session.js';

/** Sessions besides the caller's own; a database in use has other things to do. */
const OTHERS = 2;

/**
 * Reads all units, each once, in order, by several sessions that see the same; one where the database has no more to
 * give. After an error no further unit is begun, and it is thrown when all sessions rest.
 */
export function readTogether<Unit>(
  database: Database,
  session: Session,
  units: readonly Unit[],
  read: (reader: Session, unit: Unit, at: number) => Promise<void>,
): Promise<void> {
  return database.alongside(session, Math.min(OTHERS, units.length - 1), async (others) => {
    const queue = units.entries();
    let failed = false;
    const readers = [session, ...others].map(async (reader) => {
      try {
        for (const [at, unit] of queue) {
          if (failed) return;
          await read(reader, unit, at);
        }
      } catch (error) {
        failed = true;
        throw error;
      }
    });
    const ends = await Promise.allSettled(readers);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  });
}
