import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { inject } from 'vitest';
import { startServer } from './server.js';
import { outsideTool } from './tools.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of the run's server and the prefix of every database that the run makes there. */
    testServer: { url: string; prefix: string };
  }
}

export interface TestDatabase {
  readonly url: string;
  readonly name: string;
  /** Ends its connections and removes it. */
  drop(): Promise<void>;
}

/** The two ways to a database, on one server. */
export interface Databases {
  /** A new database: empty, or a copy of a template that `templateDatabase` made. */
  testDatabase(options?: { template?: string }): Promise<TestDatabase>;
  /**
   * Makes a database to copy, once for all test files of a run, and answers its name.
   * `fill` gets its URL and must close its connections; a template refuses connections from then on.
   */
  templateDatabase(name: string, fill: (url: string) => Promise<void>): Promise<string>;
}

/** A PostgreSQL 15 server of the caller's own, the older end of the supported range. */
export interface OlderServer extends Databases {
  readonly url: string;
  stop(): Promise<void>;
}

/** See {@link Databases.testDatabase}; on the run's server. */
export function testDatabase(options: { template?: string } = {}): Promise<TestDatabase> {
  return runDatabases().testDatabase(options);
}

/** See {@link Databases.templateDatabase}; on the run's server. */
export function templateDatabase(name: string, fill: (url: string) => Promise<void>): Promise<string> {
  return runDatabases().templateDatabase(name, fill);
}

/** Starts PostgreSQL 15; only where `outsideTool('postgresql-15')` is available. */
export async function postgres15(): Promise<OlderServer> {
  const server = await startServer(dirname(outsideTool('postgresql-15').path));
  // A test worker outlives a killed runner until its test ends; its server need not.
  process.once('disconnect', () => void server.stop());
  return { url: server.url, stop: server.stop, ...databasesOn(server.url, runPrefix()) };
}

/** A prefix for the databases of one run, so that several runs can share a server. */
export function runPrefix(): string {
  return `gdpr_test_${randomBytes(4).toString('hex')}_`;
}

/** Removes every database that a run has made on a server. */
export async function dropDatabases(serverUrl: string, prefix: string): Promise<void> {
  await withClient(serverUrl, async (client) => {
    const names = 'SELECT datname FROM pg_database WHERE starts_with(datname, $1)';
    const { rows } = await client.query<{ datname: string }>(names, [prefix]);
    for (const { datname } of rows) await drop(client, datname);
  });
}

function runDatabases(): Databases {
  const { url, prefix } = inject('testServer');
  return databasesOn(url, prefix);
}

function databasesOn(serverUrl: string, prefix: string): Databases {
  return {
    async testDatabase({ template = 'template0' } = {}) {
      const name = `${prefix}${randomBytes(5).toString('hex')}`;
      await withClient(serverUrl, (client) => create(client, name, template));
      return {
        url: urlOf(serverUrl, name),
        name,
        drop: () => withClient(serverUrl, (client) => drop(client, name)),
      };
    },

    async templateDatabase(name, fill) {
      const database = `${prefix}template_${name}`;
      await withClient(serverUrl, async (client) => {
        // One worker fills, the others wait; the lock ends with the connection, also when the worker dies.
        await client.query('SELECT pg_advisory_lock(hashtext($1))', [database]);
        const found = await client.query('SELECT datallowconn FROM pg_database WHERE datname = $1', [database]);
        if (found.rows[0]?.datallowconn === false) return;
        await drop(client, database);
        await create(client, database, 'template0');
        await fill(urlOf(serverUrl, database));
        await client.query(`ALTER DATABASE ${pg.escapeIdentifier(database)} ALLOW_CONNECTIONS false`);
      });
      return database;
    },
  };
}

const OBJECT_IN_USE = '55006';

/** Copies files instead of logging each block, which takes a tenth of the time for databases of this size. */
async function create(client: pg.Client, name: string, template: string): Promise<void> {
  const sql = `CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE ${pg.escapeIdentifier(template)} STRATEGY file_copy`;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.query(sql);
      return;
    } catch (error) {
      // The server process of a connection that was just closed may still be on its way out.
      if (!(error instanceof pg.DatabaseError) || error.code !== OBJECT_IN_USE || attempt === 5) throw error;
      await sleep(200);
    }
  }
}

async function drop(client: pg.Client, name: string): Promise<void> {
  await client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`);
}

function urlOf(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
