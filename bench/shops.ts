import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { makeDemo } from '../examples/bookshop/demo.js';
import { prepareMarketing } from '../examples/bookshop/marketing.js';
import { prepareRetention } from '../examples/bookshop/retention.js';
import { openContext } from '../src/workspace/open.js';
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

/** Makes bookshops on a server: one template a size, kept for the next time, and clones of it. */
export class Shops {
  constructor(
    private readonly server: string,
    /** Where workspaces stand: those of the templates in `templates`. */
    private readonly folder: string,
    private readonly say: (text: string) => void,
  ) {}

  /** A shop with so many customers, in the state in which the template was made. */
  async clone(customers: number): Promise<Shop> {
    const template = await this.#template(customers);
    const folder = await mkdtemp(join(this.folder, 'shop-'));
    const name = `gdpr_bench_${folder.slice(-6).toLowerCase()}_${process.hrtime.bigint()}`;
    await cp(this.#workspace(customers), folder, { recursive: true });
    await this.#admin(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY FILE_COPY`);
    return this.#shop(name, folder);
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

  async #template(customers: number): Promise<string> {
    const name = `gdpr_bench_${customers}`;
    const there = await this.#admin(`SELECT 1 FROM pg_database WHERE datname = '${name}' AND datistemplate`);
    const workspace = this.#workspace(customers);
    if (there.length > 0 && existsSync(workspace)) return name;
    this.say(`making a bookshop of ${customers.toLocaleString('en')} customers`);
    await this.#admin(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await rm(workspace, { recursive: true, force: true });
    await mkdir(workspace, { recursive: true });
    await this.#admin(`CREATE DATABASE ${name}`);
    const environment = environmentFor(this.#url(name));
    const surroundings = {
      folder: workspace,
      workspace,
      environment,
      passphrase: async () => undefined,
      signal: new AbortController().signal,
    };
    await makeDemo(surroundings, workspace, { customers, seed: 1 }, () => {});
    await this.#index(name, workspace, environment);
    const context = await openContext(surroundings);
    await prepareMarketing(context);
    await prepareRetention(context);
    await context.database.close();
    await withClient(this.#url(name), (client) => client.query('VACUUM ANALYZE'));
    await this.#admin(`ALTER DATABASE ${name} IS_TEMPLATE true`);
    return name;
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

  #workspace(customers: number): string {
    return join(this.folder, 'templates', String(customers));
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
