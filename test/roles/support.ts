import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import type { Role } from '../../src/roles/own.js';
import { type PrintedRoles, printRoles } from '../../src/roles/print-roles.js';
import { type Context, openContext, openWorkspace, type Surroundings } from '../../src/workspace/open.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

/** A bookshop whose people work as database roles, each with a login of their own. */
export interface RoleShop {
  readonly workspace: TestWorkspace;
  readonly printed: PrintedRoles;
  /** Variables by which a process works as the login. */
  environment(login: string): NodeJS.ProcessEnv;
  surroundings(login: string): Surroundings;
  context(login: string): Promise<Context>;
  /** Statements as the login; without one, as the superuser. */
  sql<R extends Record<string, unknown>>(statement: string, login?: string): Promise<R[]>;
  /** The printed SQL, for the tables and the map as they are now. */
  print(): Promise<PrintedRoles>;
  /** A login that is a member of roles. */
  login(name: string, ...roles: Role[]): Promise<void>;
  remove(): Promise<void>;
}

const PASSWORD = 'only-for-tests';

/** Statements on a connection of their own. */
export async function run<R extends Record<string, unknown>>(url: string, statement: string): Promise<R[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<R>(statement)).rows;
  } finally {
    await client.end();
  }
}

/** The URL with another user. */
export function urlAs(url: string, user: string): string {
  const as = new URL(url);
  as.username = user;
  as.password = PASSWORD;
  return as.href;
}

export function makeLogin(url: string, name: string, roles: readonly string[]): Promise<unknown> {
  const member = roles.length === 0 ? '' : ` IN ROLE ${roles.join(', ')}`;
  return run(url, `CREATE ROLE ${name} LOGIN PASSWORD '${PASSWORD}'${member}`);
}

/** Roles belong to the whole server, so every test file has its own. */
export function rolePrefix(): string {
  return `gdpr_test_${randomBytes(4).toString('hex')}_`;
}

/** Removes the roles with the prefix, once no database knows them any more. */
export async function dropRoles(prefix: string): Promise<void> {
  const { url } = inject('testServer');
  const roles = await run<{ name: string }>(
    url,
    `SELECT rolname AS name FROM pg_roles WHERE starts_with(rolname, '${prefix}')`,
  );
  // In one statement, or a role that granted another could not go before it.
  if (roles.length > 0) await run(url, `DROP ROLE ${roles.map(({ name }) => name).join(', ')}`);
}

/** The shop with one login for each role but the owner, named as the role is. */
export async function roleShop(): Promise<RoleShop> {
  const prefix = rolePrefix();
  const workspace = await bookshopWorkspace();
  const url = workspace.url ?? '';
  const print = async () => {
    const open = await openWorkspace(workspace.surroundings);
    try {
      return await printRoles(open, { prefix });
    } finally {
      await open.database.close();
    }
  };
  const nameOf = (login: string) => `${prefix}login_${login}`;
  const environment = (login: string) => ({
    ...workspace.environment,
    GDPR_OPERATOR: login,
    DATABASE_URL: urlAs(url, nameOf(login)),
  });
  const surroundings = (login: string) => ({ ...workspace.surroundings, environment: environment(login) });
  const login = async (name: string, ...roles: Role[]) => {
    await makeLogin(
      url,
      nameOf(name),
      roles.map((role) => `${prefix}${role}`),
    );
  };
  const printed = await print();
  await run(url, printed.sql);
  for (const role of ['operator', 'approver', 'auditor', 'marketer'] as const) await login(role, role);
  return {
    workspace,
    printed,
    environment,
    surroundings,
    context: (name) => openContext(surroundings(name)),
    sql: (statement, name) => run(name === undefined ? url : urlAs(url, nameOf(name)), statement),
    print,
    login,
    async remove() {
      await workspace.remove();
      await dropRoles(prefix);
    },
  };
}
