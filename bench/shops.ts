import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { makeDemo } from '../examples/bookshop/demo.js';
import { prepareMarketing } from '../examples/bookshop/marketing.js';
import { type Context, openContext } from '../src/workspace/open.js';
import { gdpr } from './gdpr.js';

/** A bookshop of its own, with its workspace. */
export interface Shop {
  readonly url: string;
  /** The workspace's folder. */
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
  query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>;
  /** Time in which sessions of the database were active, once the last of them has ended. */
  activeSeconds(): Promise<number>;
  drop(): Promise<void>;
}

interface Template {
  readonly name: string;
  readonly workspace: string;
}

/** What is done to a shop once, to be cloned from then on. */
export interface State {
  /** Lower-case letters. */
  readonly name: string;
  make(shop: Shop): Promise<void>;
}

/** Makes bookshops on a server: one template a size, kept for the next time, and clones of it. */
export class Shops {
  readonly #say: (text: string) => void;

  constructor(
    private readonly server: string,
    /** Where workspaces stand: those of the templates in `templates`. */
    private readonly folder: string,
    say: (text: string) => void,
  ) {
    this.#say = say;
  }

  /** A shop with so many customers, as the template was made or as `state` has changed it. */
  async clone(customers: number, state?: State): Promise<Shop> {
    const template = await this.#template(customers);
    if (state === undefined) return await this.#copy(template);
    const changed = { name: `${template.name}_${state.name}`, workspace: `${template.workspace}-${state.name}` };
    if (!(await this.#isThere(changed))) {
      this.#say(`changing it: ${state.name}`);
      const shop = await this.#copy(template);
      await state.make(shop);
      await this.#drop(changed);
      await cp(shop.folder, changed.workspace, { recursive: true });
      await this.#admin(`CREATE DATABASE ${changed.name} TEMPLATE ${shop.name} STRATEGY FILE_COPY IS_TEMPLATE true`);
      await shop.drop();
    }
    return await this.#copy(changed);
  }

  async #copy(template: Template): Promise<Shop & { readonly name: string }> {
    const folder = await mkdtemp(join(this.folder, 'shop-'));
    const name = `gdpr_bench_${folder.slice(-6).toLowerCase()}_${process.hrtime.bigint()}`;
    await cp(template.workspace, folder, { recursive: true });
    await this.#admin(`CREATE DATABASE ${name} TEMPLATE ${template.name} STRATEGY FILE_COPY`);
    return { ...this.#shop(name, folder), name };
  }

  #shop(name: string, folder: string): Shop {
    const url = this.#url(name);
    return {
      url,
      folder,
      environment: environmentFor(url),
      query: (sql, values) => withClient(url, async (client) => (await client.query(sql, values)).rows),
      activeSeconds: async () => await this.#activeSeconds(name),
      drop: async () => {
        await this.#admin(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
        await rm(folder, { recursive: true, force: true });
      },
    };
  }

  async #isThere({ name, workspace }: Template): Promise<boolean> {
    const rows = await this.#admin(`SELECT 1 FROM pg_database WHERE datname = '${name}' AND datistemplate`);
    return rows.length > 0 && existsSync(workspace);
  }

  async #drop({ name, workspace }: Template): Promise<void> {
    await this.#admin(`UPDATE pg_database SET datistemplate = false WHERE datname = '${name}'`);
    await this.#admin(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await rm(workspace, { recursive: true, force: true });
  }

  async #template(customers: number): Promise<Template> {
    const name = `gdpr_bench_${customers}`;
    const workspace = join(this.folder, 'templates', String(customers));
    const template = { name, workspace };
    if (await this.#isThere(template)) return template;
    this.#say(`making a bookshop of ${customers.toLocaleString('en')} customers`);
    await this.#drop(template);
    await mkdir(workspace, { recursive: true });
    await this.#admin(`CREATE DATABASE ${name}`);
    const environment = environmentFor(this.#url(name));
    await makeDemo(surroundingsIn(workspace, environment), workspace, { customers, seed: 1 }, () => {});
    await this.#index(name, workspace, environment);
    await inContext({ folder: workspace, environment }, prepareMarketing);
    await withClient(this.#url(name), (client) => client.query('VACUUM ANALYZE'));
    await this.#admin(`ALTER DATABASE ${name} IS_TEMPLATE true`);
    return template;
  }

  async #index(name: string, workspace: string, environment: NodeJS.ProcessEnv): Promise<void> {
    const file = join(workspace, 'indexes.sql');
    await writeFile(file, await gdpr(['db', 'indexes'], workspace, environment));
    const words = ['-qX', '-v', 'ON_ERROR_STOP=1', '-f', file, this.#url(name)];
    await promisify(execFile)('psql', words);
    await rm(file);
  }

  async #activeSeconds(name: string): Promise<number> {
    for (;;) {
      const rows = await this.#admin(
        `SELECT active_time / 1000 AS seconds, (SELECT count(*)::int FROM pg_stat_activity WHERE datname = '${name}'
          AND backend_type = 'client backend') AS sessions
         FROM pg_stat_database WHERE datname = '${name}'`,
      );
      const [{ seconds, sessions } = { seconds: 0, sessions: 0 }] = rows as { seconds: number; sessions: number }[];
      if (sessions === 0) return seconds;
      await sleep(5);
    }
  }

  async #admin(sql: string): Promise<unknown[]> {
    return await withClient(this.server, async (client) => (await client.query(sql)).rows);
  }

  #url(database: string): string {
    const url = new URL(this.server);
    url.pathname = database;
    return url.href;
  }
}

function surroundingsIn(folder: string, environment: NodeJS.ProcessEnv) {
  const signal = new AbortController().signal;
  return { folder, workspace: folder, environment, passphrase: async () => undefined, signal };
}

/** Works in a shop's workspace by the program's own functions. */
export async function inContext(
  { folder, environment }: Pick<Shop, 'folder' | 'environment'>,
  work: (context: Context) => Promise<void>,
): Promise<void> {
  const context = await openContext(surroundingsIn(folder, environment));
  try {
    await work(context);
  } finally {
    await context.database.close();
  }
}

function environmentFor(url: string): NodeJS.ProcessEnv {
  return { ...process.env, DATABASE_URL: url, GDPR_OPERATOR: 'bench' };
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
