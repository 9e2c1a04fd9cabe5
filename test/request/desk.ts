import { afterAll, beforeAll } from 'vitest';
import type { PersonQuery } from '../../src/customer/resolve.js';
import { closeRequest, refuseRequest } from '../../src/request/end.js';
import { extendRequest } from '../../src/request/extend.js';
import { type Identification, verifyIdentity } from '../../src/request/identity.js';
import { dueRequests, listRequests, showRequest } from '../../src/request/look.js';
import { type Incoming, openRequest } from '../../src/request/open.js';
import type { Context } from '../../src/workspace/open.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

const nobodyToAsk = async (): Promise<undefined> => undefined;

export const ANNA = { email: 'Anna.BERZINA@pasts.example' } as const;
export const NAMESAKE = { email: 'anna.berzina2@pasts.example' } as const;

/** The register of one bookshop, and its commands with what these tests leave alone filled in. */
export function desk() {
  let workspace: TestWorkspace | undefined;
  const contexts: Context[] = [];
  const opened = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('the shop opens before the first test');
    return value;
  };
  const context = () => opened(contexts[0]);
  beforeAll(async () => {
    workspace = await bookshopWorkspace();
    contexts.push(await workspace.context());
  });
  afterAll(async () => {
    for (const each of contexts) await each.database.close();
    await workspace?.remove();
  });
  const incoming = (given: Partial<Incoming>): Incoming => {
    const query: PersonQuery = given.query ?? {};
    const unknown = given.query === undefined;
    return { kind: 'access', channel: 'email', received: 'today', again: false, unknown, query, ...given };
  };
  const rows = <R extends Record<string, unknown>>(sql: string, values: readonly unknown[] = []) =>
    context().database.transaction('read committed', (session) => session.query<R>(sql, values));
  return {
    get workspace() {
      return opened(workspace);
    },
    get context() {
      return context();
    },
    /** A process of its own would have a context of its own. */
    async another(): Promise<Context> {
      const another = await opened(workspace).context();
      contexts.push(another);
      return another;
    },
    open: (given: Partial<Incoming> = {}, by = context()) => openRequest(by, incoming(given), nobodyToAsk),
    identity: (number: string, given: Partial<Identification>) =>
      verifyIdentity(context(), number, { query: {}, ...given }, nobodyToAsk),
    extend: (number: string, reason = 'orders on paper in an archive') => extendRequest(context(), number, reason),
    refuse: (number: string, reason = 'Art. 12(5)(b): the same question weekly') =>
      refuseRequest(context(), number, reason),
    close: (number: string) => closeRequest(context(), number),
    show: (number: string, reveal = false) => showRequest(context(), number, reveal),
    list: (which: 'open' | 'all' = 'open') => listRequests(context(), which),
    due: (within = 7) => dueRequests(context(), within),
    rows,
    /** The columns of the database, as `schema.table.column`, that hold a lower-case text, in any case of letters. */
    placesOf: (needle: string) =>
      context().database.transaction('read committed', async (session) => {
        const holding = (source: string, text: string) =>
          session.query(`SELECT 1 AS one FROM ${source} t WHERE position($1 IN lower(${text})) > 0 LIMIT 1`, [needle]);
        const tables = await session.query<{ oid: number; source: string }>(
          `SELECT oid, format('%I.%I', relnamespace::regnamespace, relname) AS source FROM pg_class
           WHERE relkind IN ('r', 'm') AND relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')`,
        );
        const places: string[] = [];
        for (const { oid, source } of tables) {
          if ((await holding(source, 't::text')).length === 0) continue;
          const columns = await session.query<{ name: string }>(
            'SELECT quote_ident(attname) AS name FROM pg_attribute WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped',
            [oid],
          );
          for (const { name } of columns)
            if ((await holding(source, `t.${name}::text`)).length > 0) places.push(`${source}.${name}`);
        }
        return places;
      }),
  };
}
