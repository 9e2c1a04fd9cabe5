import type { Row, Session } from '../../../src/database/session.js';

/**
 * Runs work again and again in one transaction, each time undone. Statistics of its temporary tables are not gathered:
 * that is what most of the time of so small a collection goes into.
 */
export class Rehearsal implements Session {
  constructor(private readonly session: Session) {}

  async round<T>(work: () => Promise<T>): Promise<T> {
    await this.session.run('SAVEPOINT round');
    try {
      return await work();
    } finally {
      await this.session.run('ROLLBACK TO SAVEPOINT round');
    }
  }

  query<R extends Row = Row>(sql: string, values?: readonly unknown[]): Promise<R[]> {
    return this.session.query<R>(sql, values);
  }

  async run(sql: string, values?: readonly unknown[]): Promise<number> {
    if (sql.startsWith('ANALYZE')) return 0;
    return this.session.run(sql, values);
  }

  stream(sql: string, values?: readonly unknown[]): AsyncIterable<(string | null)[]> {
    return this.session.stream(sql, values);
  }

  copy(query: string, each: (fields: readonly (Buffer | null)[]) => void): Promise<void> {
    return this.session.copy(query, each);
  }
}
