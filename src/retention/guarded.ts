import type { Session } from '../database/session.js';
import { errno, GdprError } from '../foundation/errors.js';

export function undone(table: string): GdprError {
  return new GdprError(
    'REFUSED',
    `the database did not delete every row of ${table} that it was told to: a trigger or a rule stands in the way`,
    {
      hint: 'look at the triggers and rules of the table; the batch was rolled back',
    },
  );
}

/** A deletion, with what the database would look at when the transaction ends looked at here already. */
export function guardedDelete<T>(session: Session, where: string, work: () => Promise<T>): Promise<T> {
  return guarded(where, async () => {
    const result = await work();
    await session.run('SET CONSTRAINTS ALL IMMEDIATE');
    return result;
  });
}

/** Class 23 of SQLSTATE: a constraint was violated. */
export async function guarded<T>(where: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!/^23[0-9A-Z]{3}$/.test(errno(error) ?? '')) throw error;
    const { constraint } = error as { constraint?: string };
    throw new GdprError(
      'DRIFT',
      `rows of ${where} cannot go: ${constraint === undefined ? 'a constraint' : `the constraint ${constraint}`} is in the way (SQLSTATE ${errno(error)})`,
      {
        hint: 'see whether the data map describes the table that points to them',
        cause: error,
      },
    );
  }
}
