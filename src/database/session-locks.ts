import type pg from 'pg';

/** A connection that holds locks, and which. */
interface Holder {
  readonly client: Promise<pg.ClientBase>;
  readonly keys: Set<string>;
  /** The last statement; the next one waits for it, since a connection takes one at a time. */
  turn: Promise<unknown>;
}

/**
 * Advisory locks that last beyond transactions. All that a process holds at a time share a connection, so that many
 * operations may run at once; it is given back with the last of them.
 */
export class SessionLocks {
  #holder: Holder | undefined;

  constructor(
    private readonly acquire: () => Promise<pg.ClientBase>,
    private readonly giveBack: (client: pg.ClientBase) => Promise<void>,
  ) {}

  /** Takes a lock that nobody holds, this process included, and answers what releases it; undefined when it is held. */
  async take(key: string): Promise<(() => Promise<void>) | undefined> {
    this.#holder ??= { client: this.acquire(), keys: new Set(), turn: Promise.resolve() };
    const holder = this.#holder;
    // PostgreSQL would give a session once more what it holds.
    if (holder.keys.has(key)) return undefined;
    holder.keys.add(key);
    try {
      if (!(await ask(holder, 'pg_try_advisory_lock', key))) {
        await this.#leave(holder, key);
        return undefined;
      }
      return async () => {
        // A connection that was lost has dropped its locks with it.
        await ask(holder, 'pg_advisory_unlock', key).catch(() => {});
        await this.#leave(holder, key);
      };
    } catch (error) {
      // It may be lost: the next lock is taken on another.
      if (this.#holder === holder) this.#holder = undefined;
      await this.#leave(holder, key);
      throw error;
    }
  }

  async #leave(holder: Holder, key: string): Promise<void> {
    holder.keys.delete(key);
    if (holder.keys.size > 0) return;
    if (this.#holder === holder) this.#holder = undefined;
    const client = await holder.client.catch(() => undefined);
    if (client !== undefined) await this.giveBack(client);
  }
}

async function ask(
  holder: Holder,
  action: 'pg_try_advisory_lock' | 'pg_advisory_unlock',
  key: string,
): Promise<boolean> {
  const answer = holder.turn.then(async () => {
    const client = await holder.client;
    const sql = `SELECT ${action}(hashtextextended('gdpr ' || $1, 0)) AS answer`;
    const { rows } = await client.query<{ answer: boolean }>(sql, [key]);
    return rows[0]?.answer === true;
  });
  holder.turn = answer.catch(() => {});
  return answer;
}
