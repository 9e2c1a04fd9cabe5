import type { Row, Session } from './session.js';

const PIECE = 1000;

/**
 * Reads a query piece by piece through a cursor of the server, so that each piece can be written before the next.
 * @param size rows of a piece, by which memory is bounded
 */
export async function inPieces<R extends Row>(
  session: Session,
  sql: string,
  write: (rows: readonly R[]) => Promise<void>,
  size = PIECE,
): Promise<void> {
  await session.run(`DECLARE gdpr_pieces NO SCROLL CURSOR FOR ${sql}`);
  for (;;) {
    const rows = await session.query<R>(`FETCH ${size} FROM gdpr_pieces`);
    if (rows.length > 0) await write(rows);
    if (rows.length < size) break;
  }
  await session.run('CLOSE gdpr_pieces');
}
