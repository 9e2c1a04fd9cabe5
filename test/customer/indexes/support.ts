import pg from 'pg';
import { gdpr } from '../../commands/program.js';
import { jsonOf } from '../../commands/schemas.js';
import type { TestWorkspace } from '../../support/workspace.js';

export interface Printed {
  readonly sql: string;
  readonly missing: number;
  readonly indexes: readonly {
    readonly table: string;
    readonly why: string;
    readonly on: string;
    readonly state: 'exists' | 'missing' | 'impossible';
    readonly name: string | null;
    readonly because?: string;
  }[];
  readonly unasked: readonly string[];
}

/** Statements on a connection of their own, each by itself as psql gives them to the server. */
export async function run<R extends Record<string, unknown>>(
  { url }: Pick<TestWorkspace, 'url'>,
  ...statements: string[]
): Promise<R[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    let rows: R[] = [];
    for (const statement of statements) rows = (await client.query<R>(statement)).rows;
    return rows;
  } finally {
    await client.end();
  }
}

/** The statements of a script; none of them holds a line that ends with a semicolon inside. */
export function statementsOf(sql: string): string[] {
  return sql.split(/(?<=;)\n/).filter((part) => part.trim() !== '');
}

export async function printIndexes({ root, environment }: TestWorkspace): Promise<Printed> {
  return jsonOf<Printed>(await gdpr(['db', 'indexes', '--json'], { cwd: root, environment }), 'db-indexes');
}

/** What the shop's administrator does. */
export async function makeIndexes(workspace: TestWorkspace): Promise<Printed> {
  const printed = await printIndexes(workspace);
  await run(workspace, ...statementsOf(printed.sql));
  return printed;
}
