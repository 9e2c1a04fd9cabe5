import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { certificateSha256 } from '../../src/archive/certificate.js';
import { extractArchive } from '../../src/archive/extract.js';
import { verifyArchive } from '../../src/archive/verify.js';
import type { ExportResult } from '../../src/customer/export.js';
import { exportPrepared, prepareExport } from '../../src/customer/export-customer.js';
import { GdprError } from '../../src/foundation/errors.js';
import { verifyAuditLog } from '../../src/operation/log.js';
import { findWorkspace } from '../../src/workspace/config.js';
import { createWorkspace } from '../../src/workspace/create.js';
import { makeKeys } from '../../src/workspace/keys.js';
import { migrateWorkspace } from '../../src/workspace/migrate-workspace.js';
import { type Context, openWorkspace, type Surroundings } from '../../src/workspace/open.js';
import { bookshopFile, createBookshop } from './generate.js';

export interface DemoOptions {
  readonly customers: number;
  readonly seed: number;
}

/** Numbers of records in sets for courts begin as the shop's order numbers do. */
const NUMBERING = 'disclosure:\n  prefix: RB\n';

/**
 * Makes the demo workspace, or finishes one that was interrupted; every step that was done is left as it is.
 * @returns the rows of the bookshop if it was made now
 */
export async function makeDemo(
  surroundings: Surroundings,
  root: string,
  options: DemoOptions,
  onProgress: (step: string, done: number, total: number) => void,
): Promise<{ rows: number | undefined }> {
  if (!(await isWorkspace(root))) {
    const server = (surroundings.environment.DATABASE_URL ?? '') !== '';
    const [map, segments] = await Promise.all(
      ['datamap.yaml', 'segments.yaml'].map((name) => readFile(bookshopFile(name), 'utf8')),
    );
    await createWorkspace(root, server ? 'server' : 'embedded', map ?? '', `${NUMBERING}${segments ?? ''}`);
  }
  onProgress('database', 0, 1);
  await migrateWorkspace(surroundings);
  const workspace = await openWorkspace(surroundings);
  let rows: number | undefined;
  let keys: unknown;
  try {
    const { database } = workspace;
    const state = await database.transaction('read committed', (session) =>
      session.query<{ shop: boolean; keys: string | null; marked: boolean }>(STATE),
    );
    keys = state[0]?.keys;
    if (state[0]?.shop !== true) {
      rows = await database.transaction('read committed', async (session) => {
        const tables = await createBookshop(session, { ...options, onProgress });
        await session.run(`COMMENT ON SCHEMA shop IS '${MARK}'`);
        return tables.reduce((sum, table) => sum + table.rows, 0);
      });
    } else if (state[0].marked !== true) {
      throw new GdprError('WRONG_DATABASE', 'the database holds a schema "shop" that is not the demo bookshop', {
        hint: 'name an empty database in DATABASE_URL',
      });
    }
  } finally {
    await workspace.database.close();
  }
  if (keys === null) await makeKeys(surroundings, {});
  return { rows };
}

const MARK = 'The reference bookshop of the gdpr command';

const STATE = `SELECT to_regnamespace('shop') IS NOT NULL AS shop, coalesce(obj_description(to_regnamespace('shop')::oid, 'pg_namespace') = '${MARK}', false) AS marked,
  (SELECT keys::text FROM gdpr.installation) AS keys`;

async function isWorkspace(root: string): Promise<boolean> {
  try {
    await findWorkspace(root, root);
    return true;
  } catch (error) {
    if (error instanceof GdprError && error.code === 'WORKSPACE_NOT_FOUND') return false;
    throw error;
  }
}

export interface DemoResult {
  readonly export: ExportResult;
  /** The page of the export, unpacked beside the archives to be looked at. */
  readonly page: string;
  readonly archiveValid: boolean;
  readonly logValid: boolean;
  readonly logSize: number;
}

/** The main job on the demo: Anna's export, its signature, the audit log. */
export async function runDemo(context: Context): Promise<DemoResult> {
  const nobodyToAsk = async () => undefined;
  const prepared = await prepareExport(context, { email: 'anna.berzina@pasts.example' }, nobodyToAsk);
  const exported = await exportPrepared(context, prepared, { verified: 'account login', language: 'lv' }, () => {});
  const trust = { signers: [certificateSha256(context.signer.certificate)] };
  const { valid: archiveValid } = await verifyArchive(exported.archive, trust);
  const { folder } = await extractArchive(
    exported.archive,
    join(dirname(context.paths.archives), 'look', exported.operation),
    trust,
  );
  const log = await verifyAuditLog(context);
  return { export: exported, page: join(folder, 'index.html'), archiveValid, logValid: log.valid, logSize: log.size };
}
