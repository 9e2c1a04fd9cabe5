import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type pg from 'pg';
import QueryStream from 'pg-query-stream';

/**
 * A row as the driver hands it over: booleans and integers up to 32 bits become JavaScript values; everything else
 * (bigint, numeric, dates and times with their microseconds, json) stays the text that PostgreSQL prints.
 */
export type Row = Record<string, unknown>;

/**
 * One connection, inside one transaction; statements run strictly in sequence. Parameters are `$1`, `$2`, …;
 * values are always bound, and names pass through `quoteName`.
 */
export interface Session {
  /** All rows of a statement; for results that are known to be small. */
  query<R extends Row = Row>(sql: string, values?: readonly unknown[]): Promise<R[]>;
  /** Runs a statement and returns the number of rows it touched. */
  run(sql: string, values?: readonly unknown[]): Promise<number>;
  /** Rows as arrays of PostgreSQL's own text (null for NULL), in constant memory. */
  stream(sql: string, values?: readonly unknown[]): AsyncIterable<(string | null)[]>;
  /**
   * Hands over the rows of a query, which takes no values, as they come: each as the bytes of its fields in binary
   * format, to be read at once, since the next row is written over them. Ten times as fast as `stream` for long texts.
   */
  copy(query: string, each: (fields: readonly (Buffer | null)[]) => void): Promise<void>;
}

/**
 * Ends a query of LATERAL that looks up one key: PostgreSQL then looks up each key by itself, and does not read the
 * table whole because its statistics are of a time when it was small, as within a transaction that fills it.
 */
export const EACH = 'OFFSET 0';

export type Isolation = 'read committed' | 'repeatable read';

export interface Database {
  transaction<T>(isolation: Isolation, work: (session: Session) => Promise<T>): Promise<T>;
  /**
   * Runs `work` with up to `most` further sessions that read what `session`, in a REPEATABLE READ transaction, reads;
   * with fewer or none where the server or the pool has no connection to spare, as with a single connection.
   */
  alongside<T>(session: Session, most: number, work: (others: readonly Session[]) => Promise<T>): Promise<T>;
  /**
   * Takes a lock that lives as long as this process or until the returned function is called;
   * undefined when another process holds it.
   */
  lock(key: string): Promise<(() => Promise<void>) | undefined>;
  close(): Promise<void>;
}

const TEXT_ONLY = { getTypeParser: () => (value: unknown) => value };
const STREAM_BATCH = 2000;

/** A session over a connection of the pool, which the caller gives back. */
export class PgSession implements Session {
  constructor(private readonly client: pg.ClientBase) {}

  async query<R extends Row = Row>(sql: string, values: readonly unknown[] = []): Promise<R[]> {
    const result = await this.client.query<R>(sql, values.map(bound));
    return result.rows;
  }

  async run(sql: string, values: readonly unknown[] = []): Promise<number> {
    const result = await this.client.query(sql, values.map(bound));
    return result.rowCount ?? 0;
  }

  async *stream(sql: string, values: readonly unknown[] = []): AsyncIterable<(string | null)[]> {
    const options = { rowMode: 'array' as const, types: TEXT_ONLY, batchSize: STREAM_BATCH };
    const stream = this.client.query(new RowStream(sql, [...values], options as never));
    yield* stream as AsyncIterable<(string | null)[]>;
  }

  copy(query: string, each: (fields: readonly (Buffer | null)[]) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.client.query(
        new CopyOut(`COPY (${query}) TO STDOUT (FORMAT binary)`, each, (error) =>
          error === undefined ? resolve() : reject(error),
        ),
      );
    });
  }
}

/** The driver writes an array of texts with two replacements a text, which is most of what a batch of them takes. */
function bound(value: unknown): unknown {
  return Array.isArray(value) && value.every(isText) ? arrayLiteral(value) : value;
}

function isText(value: unknown): value is string | null {
  return typeof value === 'string' || value === null;
}

/** Texts as PostgreSQL reads an array of them (PostgreSQL 15, 8.15.6). */
function arrayLiteral(texts: readonly (string | null)[]): string {
  const items = texts.map((text) => {
    if (text === null) return 'NULL';
    return `"${text.includes('"') || text.includes('\\') ? text.replace(/["\\]/g, '\\$&') : text}"`;
  });
  return `{${items.join(',')}}`;
}

/** Signature, flags and length of an extension of none, before the first row. */
const COPY_HEADER = 19;

/** A statement of the driver that reads `COPY … TO STDOUT`, whose messages are rows. */
class CopyOut implements pg.Submittable {
  #begun = false;
  #failure: Error | undefined;

  constructor(
    private readonly sql: string,
    private readonly each: (fields: readonly (Buffer | null)[]) => void,
    private readonly done: (error?: Error) => void,
  ) {}

  submit(connection: pg.Connection): void {
    connection.query(this.sql);
  }

  handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
    const row = this.#begun ? chunk : chunk.subarray(COPY_HEADER);
    this.#begun = true;
    if (this.#failure !== undefined) return;
    try {
      const fields = fieldsOf(row);
      if (fields !== undefined) this.each(fields);
    } catch (error) {
      // What the server still has to say must be heard, or the connection is of no use any more.
      this.#failure = error as Error;
    }
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.done(this.#failure);
  }

  handleError(error: Error): void {
    this.done(error);
  }
}

/** The fields of a row in binary format; undefined for what ends the rows. */
function fieldsOf(row: Buffer): (Buffer | null)[] | undefined {
  const count = row.length < 2 ? -1 : row.readInt16BE(0);
  if (count === -1) return undefined;
  let at = 2;
  return Array.from({ length: count }, () => {
    const length = row.readInt32BE(at);
    const start = at + 4;
    at = start + Math.max(0, length);
    return length === -1 ? null : row.subarray(start, at);
  });
}

/**
 * pg-query-stream ends only when the server has answered its last word, which a lost connection never does: whoever
 * reads would wait for ever.
 */
class RowStream extends QueryStream {
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const { connection } = this.cursor as { connection?: EventEmitter & { stream: Socket } };
    let ended = false;
    const end = (reason?: Error | null) => {
      if (ended) return;
      ended = true;
      connection?.off('end', lost);
      done(reason ?? error);
    };
    const lost = () => end(error ?? new Error('Connection terminated'));
    if (connection?.stream.destroyed === true) {
      lost();
      return;
    }
    connection?.once('end', lost);
    super._destroy(error as Error, end);
  }
}

/** Quotes one identifier for SQL text. @throws RangeError on NUL, which PostgreSQL cannot hold. */
export function quoteIdentifier(name: string): string {
  if (name.includes('\0')) throw new RangeError('an identifier cannot hold NUL');
  return `"${name.replaceAll('"', '""')}"`;
}

/** Quotes a schema-qualified name. */
export function quoteName(schema: string, name: string): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
}
