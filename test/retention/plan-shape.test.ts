import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database, Session } from '../../src/database/session.js';
import type { Context } from '../../src/workspace/open.js';
import { makeIndexes } from '../customer/indexes/support.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';
import { agree, ask, fillOld, run } from './support.js';

/** Tables of more rows than this are big. */
const BIG = 10_000;

let workspace: TestWorkspace;
let context: Context;
beforeAll(async () => {
  workspace = await bookshopWorkspace();
  await makeIndexes(workspace);
  context = await workspace.context();
  await agree(context);
  await fillOld(context, 20_000);
  await ask(
    context,
    `INSERT INTO shop.sessions (token, ip, started_at, last_seen_at)
     SELECT 'new-' || n, '192.0.2.1', now(), now() FROM generate_series(1, 40000) n`,
  );
  await ask(context, 'ANALYZE');
}, 300_000);
afterAll(async () => {
  await context.database.close();
  await workspace.remove();
});

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly Alias?: string;
  readonly 'Index Name'?: string;
  readonly Plans?: readonly PlanNode[];
}

interface Planned {
  readonly sql: string;
  readonly nodes: readonly string[];
}

/** The nodes of a plan, outermost first: what is done, of which table under which alias, by which index. */
function nodesOf(node: PlanNode): string[] {
  const words = [node['Node Type'], node['Relation Name'], node.Alias, node['Index Name']];
  return [words.filter((word) => word !== undefined).join(' '), ...(node.Plans ?? []).flatMap(nodesOf)];
}

/** The session, with the plans of the statements that take the shop's rows. */
function planned(session: Session, plans: Planned[]): Session {
  const query: Session['query'] = async (sql, values) => {
    if (/^WITH [cd] AS (MATERIALIZED )?\(\s*(SELECT|DELETE)/.test(sql)) {
      const [row] = await session.query<{ 'QUERY PLAN': string }>(`EXPLAIN (FORMAT json) ${sql}`, values);
      const [{ Plan: plan }] = JSON.parse(row?.['QUERY PLAN'] ?? '[]') as [{ Plan: PlanNode }];
      plans.push({ sql, nodes: nodesOf(plan) });
    }
    return session.query(sql, values);
  };
  return withMethod(session, 'query', query);
}

function planning<D extends Database>(database: D, plans: Planned[]): D {
  const transaction: Database['transaction'] = (isolation, work) =>
    database.transaction(isolation, (session) => work(planned(session, plans)));
  return withMethod<D>(database, 'transaction', transaction);
}

/** The object with one method of it replaced; its others keep what is private to them. */
function withMethod<T extends object>(object: T, name: string, method: unknown): T {
  return new Proxy(object, {
    get: (target, key) => {
      if (key === name) return method;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

describe('with the indexes, the statements of a run', { timeout: 300_000 }, () => {
  const plans: Planned[] = [];
  let big: string[];
  beforeAll(async () => {
    const rows = await ask<{ name: string }>(
      context,
      `SELECT c.relname AS name FROM pg_class c WHERE c.relnamespace = 'shop'::regnamespace AND c.relkind = 'r' AND c.reltuples > ${BIG}`,
    );
    big = rows.map(({ name }) => name);
    const result = await run({ ...context, database: planning(context.database, plans) });
    expect(result).toMatchObject({ stopped: 'done', locked: 0 });
  }, 300_000);

  it('find the rows to take without reading their table whole', () => {
    expect(big.sort()).toEqual(['password_resets', 'sessions']);
    const whole = plans.flatMap(({ sql, nodes }) =>
      nodes.filter((node) => big.some((name) => node === `Seq Scan ${name} t`)).map((node) => ({ node, sql })),
    );
    expect(whole).toEqual([]);
  });

  it('name the rows that are few among many', () => {
    const visits = plans.filter(({ sql }) => sql.startsWith('WITH d AS (DELETE FROM "shop"."sessions"'));
    expect(visits.length).toBeGreaterThan(1);
    for (const { sql } of visits) expect(sql).toContain('t."id" = ANY ($1::bigint[])');
  });

  it('delete what nothing points to in one go along the key', () => {
    const resets = plans.filter(({ sql }) => sql.startsWith('WITH d AS (DELETE FROM "shop"."password_resets"'));
    expect(resets.length).toBeGreaterThan(1);
    for (const { nodes } of resets) {
      expect(nodes.filter((node) => !/^(Aggregate|Sort|CTE Scan|Subquery Scan)( \w+)?$/.test(node))).toEqual([
        'ModifyTable password_resets t',
        'Index Scan password_resets t password_resets_pkey',
      ]);
    }
  });
});
