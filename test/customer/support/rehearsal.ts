import type { Row, Session } from '../../../src/database/session.js';

const CREATE = 'CREATE TEMPORARY TABLE ';

/**
 * Runs work again and again in one transaction, each time undone. Its temporary tables are made once and stay, and
 * their statistics are not gathered: that is what most of the time of so small a collection goes into.
 */
export class Rehearsal implements Session {
  readonly #made = new Set<string>();

  constructor(private readonly session: Session) {}

  /** Makes the tables that most rounds need. */
  async prepare(create: readonly string[]): Promise<void> {
    for (const statement of create) {
      await this.session.run(statement);
      this.#made.add(statement);
    }
  }

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
    if (!sql.startsWith(CREATE)) return this.session.run(sql, values);
    for (const statement of sql.split(';\n')) {
      if (this.#made.has(statement)) continue;
      const table = statement.slice(CREATE.length).split(' ', 1)[0];
      if (statement.startsWith(CREATE)) await this.session.run(`DROP TABLE IF EXISTS ${table}`);
      await this.session.run(statement);
    }
    return 0;
  }

  stream(sql: string, values?: readonly unknown[]): AsyncIterable<(string | null)[]> {
    return this.session.stream(sql, values);
  }

  copy(query: string, each: (fields: readonly (Buffer | null)[]) => void): Promise<void> {
    return this.session.copy(query, each);
  }
}
