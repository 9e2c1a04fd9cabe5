import type { Row, Session } from './session.js';

const PIECE = 1000;

/**
 * Reads a query piece by piece through a cursor of the server, so that each piece can be written before the next; the
 * server finds the next piece while this process works on one. Memory holds two pieces.
 * @param size rows of a piece
 */
export async function inPieces<R extends Row>(
  session: Session,
  sql: string,
  write: (rows: readonly R[]) => Promise<void>,
  size = PIECE,
): Promise<void> {
  await session.run(`DECLARE gdpr_pieces NO SCROLL CURSOR FOR ${sql}`);
  const fetch = () => session.query<R>(`FETCH ${size} FROM gdpr_pieces`);
  for (let rows = await fetch(); rows.length > 0; ) {
    // Asked for before the piece is worked on, which may keep this process busy for a while.
    const [next] = await Promise.all([rows.length < size ? [] : fetch(), write(rows)]);
    rows = next;
  }
  await session.run('CLOSE gdpr_pieces');
}
