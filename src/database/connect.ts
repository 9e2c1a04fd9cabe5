import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import type { Knex } from 'knex';
import type pg from 'pg';
import { fileError } from '../foundation/durable.js';
import { GdprError } from '../foundation/errors.js';
import { databaseError } from './failures.js';
import { type Database, type Isolation, PgSession, type Session } from './session.js';
import { SessionLocks } from './session-locks.js';

/** `tls: 'off'` allows a server that is not local to be reached in the clear; `ca` is a PEM file to trust. */
export interface ServerOptions {
  url: string;
  tls?: 'off' | 'require';
  ca?: string;
  /** IANA zone in which timestamps are printed. */
  timeZone: string;
}

/** Types whose text has one exact JavaScript value: bool, int2, int4, oid. Everything else stays text. */
const PARSERS: Readonly<Record<number, (value: string) => unknown>> = {
  16: (value) => value === 't',
  21: Number,
  23: Number,
  26: Number,
};
const types = {
  getTypeParser: (oid: number, format?: string) =>
    format === 'binary' ? (v: unknown) => v : (PARSERS[oid] ?? ((value: string) => value)),
};

/**
 * Settings that every statement relies on: exact text forms, and no schema on the search path but the system's own,
 * so that an object planted in `public` is never called.
 */
function sessionSettings(timeZone: string): string {
  return [
    'SET search_path = pg_catalog',
    "SET datestyle = 'ISO, YMD'",
    'SET intervalstyle = iso_8601',
    'SET bytea_output = hex',
    'SET extra_float_digits = 1',
    'SET standard_conforming_strings = on',
    `SET timezone = '${timeZone.replaceAll("'", "''")}'`,
    // Rows that a policy hides would be missing from an export without a word; off makes it an error (SQLSTATE 42501).
    'SET row_security = off',
    // Statements made of a data map are long and meet few rows: compiling them took seconds, running them milliseconds.
    'SET jit = off',
    // A connection rests while an archive is written, or holds only a lock.
    'SET idle_session_timeout = 0',
    'SET idle_in_transaction_session_timeout = 0',
  ].join('; ');
}

/** Whether a connection string leads to this machine: a Unix socket or a loopback address. */
function isLocal(url: URL): boolean {
  const host = url.searchParams.get('host') ?? decodeURIComponent(url.hostname);
  return (
    host === '' ||
    host.startsWith('/') ||
    host === 'localhost' ||
    host === '[::1]' ||
    host === '::1' ||
    host.startsWith('127.')
  );
}

/** @throws GdprError CONFIG_INVALID; the message never repeats the URL, which may hold a password. */
function parseUrl(text: string): URL {
  try {
    const url = new URL(text);
    if (url.protocol === 'postgres:' || url.protocol === 'postgresql:') return url;
  } catch {
    // answered below
  }
  throw new GdprError('CONFIG_INVALID', 'the database URL is not a PostgreSQL URL', {
    hint: 'it looks like postgresql://user@host:5432/database',
  });
}

function tlsOf(url: URL, options: ServerOptions): ConnectionOptions | false {
  const mode = url.searchParams.get('sslmode');
  if (options.tls === 'off' || (isLocal(url) && options.tls === undefined && (mode === null || mode === 'disable')))
    return false;
  if (mode === 'disable') {
    throw new GdprError('REFUSED', 'the database is on another machine and its URL turns TLS off', {
      hint: 'remove sslmode=disable, or set database.tls: off in gdpr.yaml if the network is private',
    });
  }
  return { rejectUnauthorized: true, ...(options.ca === undefined ? {} : { ca: readAuthority(options.ca) }) };
}

/** @throws GdprError FILE_UNAVAILABLE */
function readAuthority(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw fileError(path, error);
  }
}

/** Opens a pool on a PostgreSQL server. Nothing is sent before the first transaction. */
export async function connectServer(options: ServerOptions): Promise<PooledDatabase> {
  const url = parseUrl(options.url);
  const ssl = tlsOf(url, options);
  for (const parameter of ['sslmode', 'sslrootcert']) url.searchParams.delete(parameter);
  return openPool({ connectionString: url.href, ssl }, options.timeZone, 4);
}

/** Opens a pool of `size` connections with the driver's own options. */
export async function openPool(
  connection: Knex.PgConnectionConfig,
  timeZone: string,
  size: number,
  onClose: () => Promise<void> = async () => {},
): Promise<PooledDatabase> {
  const { default: knex } = await import('knex');
  const settings = sessionSettings(timeZone);
  const pool = knex({
    client: 'pg',
    connection: { ...connection, types: types as never, application_name: 'gdpr' },
    acquireConnectionTimeout: 10_000,
    pool: {
      min: 0,
      max: size,
      afterCreate: (client: pg.Client, done: (error?: Error) => void) => {
        client.on('error', () => {}); // a connection lost while idle shows at its next use
        prepare(client, settings).then(() => done(), done);
      },
    },
    // knex logs failing statements with their bound values
    log: { warn() {}, error() {}, deprecate() {}, debug() {} },
  });
  return new PooledDatabase(pool, size, onClose);
}

/**
 * Applies the settings to a new connection; the pool does not know one that fails here, so it is ended.
 * @throws GdprError WRONG_DATABASE when the database's encoding cannot hold every name
 */
async function prepare(client: pg.Client, settings: string): Promise<void> {
  try {
    await client.query(settings);
    const { rows } = await client.query<{ encoding: string }>("SELECT current_setting('server_encoding') AS encoding");
    if (rows[0]?.encoding === 'UTF8') return;
    throw new GdprError(
      'WRONG_DATABASE',
      `the database is encoded in ${rows[0]?.encoding ?? 'nothing known'}, and only UTF8 holds every name`,
      {
        hint: 'bring it over into a database made with ENCODING UTF8 (pg_dump, then restore)',
      },
    );
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }
}

/** A database behind knex's pool. */
export class PooledDatabase implements Database {
  readonly #locks = new SessionLocks(
    async () => (await this.knex.client.acquireConnection()) as pg.ClientBase,
    async (client) => this.knex.client.releaseConnection(client),
  );

  constructor(
    readonly knex: Knex,
    private readonly size: number,
    private readonly onClose: () => Promise<void>,
  ) {}

  async transaction<T>(isolation: Isolation, work: (session: Session) => Promise<T>): Promise<T> {
    try {
      return await this.knex.transaction(
        async (trx) => {
          const client = (await (
            trx as unknown as Knex & { client: Knex.Client }
          ).client.acquireConnection()) as pg.ClientBase;
          return work(new PgSession(client));
        },
        { isolationLevel: isolation },
      );
    } catch (error) {
      throw databaseError(error);
    }
  }

  async alongside<T>(session: Session, most: number, work: (others: readonly Session[]) => Promise<T>): Promise<T> {
    const { pool } = this.knex.client as { pool: { numUsed(): number; numPendingAcquires(): number } };
    // One connection stays free for whatever else this process may have to say meanwhile.
    const spare = Math.min(most, this.size - pool.numUsed() - pool.numPendingAcquires() - 1);
    if (spare < 1) return work([]);
    const [snapshot] = await session.query<{ id: string }>('SELECT pg_export_snapshot() AS id');
    const literal = `'${snapshot?.id.replaceAll("'", '') ?? ''}'`;
    const open = async (others: readonly Session[]): Promise<T> => {
      if (others.length === spare) return work(others);
      let joined = false;
      try {
        return await this.transaction('repeatable read', async (other) => {
          await other.run(`SET TRANSACTION SNAPSHOT ${literal}`);
          joined = true;
          return open([...others, other]);
        });
      } catch (error) {
        // A server without a connection left, or a pooler that leads to another one: fewer will do.
        if (joined) throw error;
        return work(others);
      }
    };
    return open([]);
  }

  async lock(key: string): Promise<(() => Promise<void>) | undefined> {
    // With a single connection there is a single process, which the embedded database's own lock has let in.
    if (this.size === 1) return async () => {};
    try {
      return await this.#locks.take(key);
    } catch (error) {
      throw databaseError(error);
    }
  }

  async close(): Promise<void> {
    await this.knex.destroy();
    await this.onClose();
  }
}
