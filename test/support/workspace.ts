import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { makeDemo } from '../../examples/bookshop/demo.js';
import { type Context, openContext, type Surroundings } from '../../src/workspace/open.js';
import { type Databases, postgres15, templateDatabase, testDatabase } from './postgres.js';
import { plainEnvironment } from './run-process.js';

export type WorkspaceServer = 'pg18' | 'pg15' | 'embedded';

/** A workspace of its own over a bookshop of its own: migrated, tied together, with keys that need no passphrase. */
export interface TestWorkspace {
  /** The folder with gdpr.yaml and datamap.yaml. */
  readonly root: string;
  /** For a subprocess: PATH, GDPR_OPERATOR=tester and, on a server, DATABASE_URL. */
  readonly environment: NodeJS.ProcessEnv;
  readonly surroundings: Surroundings;
  /** Undefined for the embedded database. */
  readonly url: string | undefined;
  /** Opens everything that an operation needs; the caller closes its database. */
  context(): Promise<Context>;
  /** Removes the folder and the database, whose connections are ended. */
  remove(): Promise<void>;
}

/** The shop that every workspace begins with. All folders begin with the run's prefix, by which its end removes them. */
const SEED = 1;
const CUSTOMERS = 200;

/**
 * A fresh workspace over the bookshop, of 200 customers unless more are asked for. Shop, keys and ids are made once per run and kind of server and
 * then copied, so two workspaces of one kind share their installation id and keys, and nothing else.
 * `pg15` starts a server of its own (only where `outsideTool('postgresql-15')` is available).
 */
export async function bookshopWorkspace(
  options: { server?: WorkspaceServer; customers?: number } = {},
): Promise<TestWorkspace> {
  const { server = 'pg18', customers = CUSTOMERS } = options;
  if (server === 'embedded') return embeddedWorkspace(customers);
  if (server === 'pg18') return serverWorkspace({ templateDatabase, testDatabase }, customers);
  const older = await postgres15();
  const workspace = await serverWorkspace(older, customers).catch(async (error: unknown) => {
    await older.stop();
    throw error;
  });
  return { ...workspace, remove: () => workspace.remove().finally(older.stop) };
}

async function serverWorkspace(databases: Databases, customers: number): Promise<TestWorkspace> {
  const template = await databases.templateDatabase(templateName('bookshop', customers), (url) =>
    fill(folderOf(url), url, customers),
  );
  const database = await databases.testDatabase({ template });
  const root = await freshFolder();
  await cp(join(tmpdir(), template), root, { recursive: true });
  return workspaceIn(root, database.url, database.drop);
}

async function embeddedWorkspace(customers: number): Promise<TestWorkspace> {
  // An empty database is the lock and the mark of the folder that is made with it.
  const template = await templateDatabase(templateName('bookshop_embedded', customers), (url) =>
    fill(folderOf(url), undefined, customers),
  );
  const root = await freshFolder();
  await cp(join(tmpdir(), template), root, { recursive: true });
  return workspaceIn(root, undefined, async () => {});
}

/** The folder that belongs to a template database. */
function folderOf(url: string): string {
  return join(tmpdir(), new URL(url).pathname.slice(1));
}

function templateName(base: string, customers: number): string {
  return customers === CUSTOMERS ? base : `${base}_${customers}`;
}

async function fill(root: string, url: string | undefined, customers: number): Promise<void> {
  await rm(root, { recursive: true, force: true });
  await makeDemo(surroundingsOf(root, environmentOf(url)), root, { customers, seed: SEED }, () => {});
}

function freshFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), `${inject('testServer').prefix}workspace_`));
}

function environmentOf(url: string | undefined): NodeJS.ProcessEnv {
  return { ...plainEnvironment(), GDPR_OPERATOR: 'tester', ...(url !== undefined && { DATABASE_URL: url }) };
}

function surroundingsOf(root: string, environment: NodeJS.ProcessEnv): Surroundings {
  return { folder: root, environment, passphrase: async () => undefined, signal: new AbortController().signal };
}

function workspaceIn(root: string, url: string | undefined, dropDatabase: () => Promise<void>): TestWorkspace {
  const environment = environmentOf(url);
  const surroundings = surroundingsOf(root, environment);
  return {
    root,
    environment,
    surroundings,
    url,
    context: () => openContext(surroundings),
    async remove() {
      await dropDatabase();
      await rm(root, { recursive: true, force: true });
    },
  };
}
