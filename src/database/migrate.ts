import type { Knex } from 'knex';
import { GdprError } from '../foundation/errors.js';
import type { PooledDatabase } from './connect.js';
import { databaseError } from './failures.js';
import { sql as installation } from './migrations/0001_installation.js';
import { sql as audit } from './migrations/0002_audit.js';
import { sql as request } from './migrations/0003_request.js';
import { sql as batch } from './migrations/0004_batch.js';
import { sql as erasure } from './migrations/0005_erasure.js';
import { sql as hold } from './migrations/0006_hold.js';
import { sql as approval } from './migrations/0007_approval.js';
import { sql as consent } from './migrations/0008_consent.js';
import { sql as batchErasure } from './migrations/0009_batch_erasure.js';
import { sql as rectification } from './migrations/0011_rectification.js';
import { sql as retention } from './migrations/0012_retention.js';
import { sql as disclosure } from './migrations/0013_disclosure.js';
import { sql as agreements } from './migrations/0014_agreements.js';
import { sql as expiry } from './migrations/0015_expiry.js';
import { sql as parallel } from './migrations/0016_parallel.js';
import { sql as plainChecks } from './migrations/0017_plain_checks.js';

interface SqlMigration {
  name: string;
  sql: string;
}

const MIGRATIONS: readonly SqlMigration[] = [
  { name: '0001_installation', sql: installation },
  { name: '0002_audit', sql: audit },
  { name: '0003_request', sql: request },
  { name: '0004_batch', sql: batch },
  { name: '0005_erasure', sql: erasure },
  { name: '0006_hold', sql: hold },
  { name: '0007_approval', sql: approval },
  { name: '0008_consent', sql: consent },
  { name: '0009_batch_erasure', sql: batchErasure },
  { name: '0011_rectification', sql: rectification },
  { name: '0012_retention', sql: retention },
  { name: '0013_disclosure', sql: disclosure },
  { name: '0014_agreements', sql: agreements },
  { name: '0015_expiry', sql: expiry },
  { name: '0016_parallel', sql: parallel },
  { name: '0017_plain_checks', sql: plainChecks },
];

const source: Knex.MigrationSource<SqlMigration> = {
  getMigrations: async () => [...MIGRATIONS],
  getMigrationName: (migration) => migration.name,
  getMigration: async (migration) => ({
    up: async (knex) => {
      await knex.raw(migration.sql.replaceAll('?', '\\?'));
    },
    down: async () => {
      throw new GdprError('REFUSED', 'a migration is never undone: evidence is kept');
    },
  }),
};

const CONFIG: Knex.MigratorConfig = { migrationSource: source, schemaName: 'gdpr', tableName: 'migration' };

/**
 * Brings the tool's own tables in schema `gdpr` up to date, each migration in a transaction of its own.
 * @returns the names of the migrations that were run now
 * @throws GdprError NOT_MIGRATED when a newer version has been here
 */
export async function migrate(database: PooledDatabase): Promise<string[]> {
  refuseNewer(await migrationsDone(database));
  try {
    await database.knex.raw('CREATE SCHEMA IF NOT EXISTS gdpr');
    const [, names] = (await database.knex.migrate.latest(CONFIG)) as [number, string[]];
    return names;
  } catch (error) {
    throw databaseError(error);
  }
}

/** @throws GdprError NOT_MIGRATED unless every migration of this version, and none of a newer one, has run */
export async function assertMigrated(database: PooledDatabase): Promise<void> {
  const done = await migrationsDone(database);
  if (MIGRATIONS.some((migration) => !done.includes(migration.name))) {
    throw new GdprError('NOT_MIGRATED', "the tool's own tables are missing or older than this version", {
      hint: 'run: gdpr db migrate',
    });
  }
  refuseNewer(done);
}

async function migrationsDone(database: PooledDatabase): Promise<string[]> {
  return database.transaction('read committed', async (session) => {
    const [table] = await session.query<{ present: boolean }>(
      "SELECT to_regclass('gdpr.migration') IS NOT NULL AS present",
    );
    if (table?.present !== true) return [];
    return (await session.query<{ name: string }>('SELECT name FROM gdpr.migration ORDER BY id')).map(
      (row) => row.name,
    );
  });
}

function refuseNewer(done: readonly string[]): void {
  if (done.every((name) => MIGRATIONS.some((migration) => migration.name === name))) return;
  throw new GdprError('NOT_MIGRATED', "the tool's own tables were made by a newer version of gdpr", {
    hint: 'update this installation of gdpr',
  });
}
