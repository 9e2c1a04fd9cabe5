import { afterAll, beforeAll } from 'vitest';
import { type Match, matchPeople } from '../../src/customer/find-customer.js';
import type { PersonQuery } from '../../src/customer/resolve.js';
import type { Context } from '../../src/workspace/open.js';
import { type Exported, exportPerson } from '../customer/support/export.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

export interface Shop {
  readonly workspace: TestWorkspace;
  readonly context: Context;
  find(query: PersonQuery): Promise<Match[]>;
  export(query: PersonQuery): Promise<Exported>;
  rows<R extends Record<string, unknown>>(sql: string, values?: readonly unknown[]): Promise<R[]>;
  /** Everything in the tool's own tables, a line a row. */
  ownTables(): Promise<string>;
}

/** A bookshop for the tests of one file, opened before them. */
export function shop(): Shop {
  let workspace: TestWorkspace | undefined;
  let context: Context | undefined;
  beforeAll(async () => {
    workspace = await bookshopWorkspace();
    context = await workspace.context();
  });
  afterAll(async () => {
    await context?.database.close();
    await workspace?.remove();
  });
  const opened = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('the shop opens before the first test');
    return value;
  };
  return {
    get workspace() {
      return opened(workspace);
    },
    get context() {
      return opened(context);
    },
    find: (query) => matchPeople(opened(context), query),
    export: (query) => exportPerson(opened(context), query),
    rows: <R extends Record<string, unknown>>(sql: string, values?: readonly unknown[]) =>
      opened(context).database.transaction('read committed', (session) => session.query<R>(sql, values)),
    ownTables: () =>
      opened(context).database.transaction('read committed', async (session) => {
        const tables = await session.query<{ name: string }>(
          "SELECT relname AS name FROM pg_class WHERE relnamespace = 'gdpr'::regnamespace AND relkind IN ('r', 'p')",
        );
        const lines: string[] = [];
        for (const { name } of tables) {
          for await (const row of session.stream(`SELECT t::text FROM gdpr."${name}" t`))
            lines.push(`${name} ${row[0]}`);
        }
        return lines.join('\n');
      }),
  };
}

/** The text of an HTML page, without its tags, styles and scripts. */
export function pageText(html: string): string {
  return html
    .replace(/<(style|script)\b.*?<\/\1>/gs, ' ')
    .replace(/<[^>]+>/g, ' ')
    .replace(/&#x([0-9a-f]+);|&#(\d+);/gi, (_, hex?: string, dec?: string) =>
      String.fromCodePoint(hex === undefined ? Number(dec) : Number.parseInt(hex, 16)),
    )
    .replace(
      /&(quot|apos|lt|gt|nbsp|amp);/g,
      (_, name: string) => ({ quot: '"', apos: "'", lt: '<', gt: '>', nbsp: ' ', amp: '&' })[name] ?? '',
    )
    .replace(/\s+/g, ' ');
}
