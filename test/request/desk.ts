import { afterAll, beforeAll } from 'vitest';
import type { PersonQuery } from '../../src/customer/find.js';
import { closeRequest, refuseRequest } from '../../src/request/end.js';
import { extendRequest } from '../../src/request/extend.js';
import { type Identification, verifyIdentity } from '../../src/request/identity.js';
import { dueRequests, listRequests, showRequest } from '../../src/request/look.js';
import { type Incoming, openRequest } from '../../src/request/open.js';
import type { Context } from '../../src/workspace/open.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

const nobodyToAsk = async (): Promise<undefined> => undefined;

export const ANNA = { email: 'Anna.BERZINA@pasts.example' } as const;
export const PETR = { email: 'petr.ivanov@pasts.example' } as const;

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
    /** The columns of every table of the database whose rows hold a text, as `schema.table.column`. */
    async placesOf(needle: string): Promise<string[]> {
      const columns = await rows<{ place: string; name: string; source: string }>(
        `SELECT format('%s.%s.%s', table_schema, table_name, column_name) AS place,
           format('%I', column_name) AS name, format('%I.%I', table_schema, table_name) AS source
         FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
         WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`,
      );
      const places: string[] = [];
      for (const { place, name, source } of columns) {
        const [found] = await rows(
          `SELECT 1 AS one FROM ${source} WHERE position($1 IN lower(${name}::text)) > 0 LIMIT 1`,
          [needle],
        );
        if (found !== undefined) places.push(place);
      }
      return places;
    },
  };
}
