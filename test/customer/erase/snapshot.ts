import type { Context } from '../../../src/workspace/open.js';

export type ShopRow = Readonly<Record<string, unknown>>;

/** Every row of the shop by table and key; a row without a key stands under its own text. */
export type ShopSnapshot = ReadonlyMap<string, ShopRow>;

const KEYS: Readonly<Record<string, readonly string[]>> = {
  app_settings: ['key'],
  order_lines: ['order_id', 'line_no'],
  loyalty_cards: ['card_series', 'card_no'],
  loyalty_movements: ['card_series', 'card_no', 'seq'],
  cart_items: ['cart_id', 'book_id'],
  wishlist_items: ['wishlist_id', 'book_id'],
  newsletter_subscriptions: ['email'],
  'Import Log 2019': ['Row No'],
};

/** The name under which a snapshot holds a row. */
export function rowName(table: string, row: ShopRow): string {
  if (table === 'page_views') return `${table} ${JSON.stringify(Object.entries(row).sort())}`;
  return `${table} ${(KEYS[table] ?? ['id']).map((name) => String(row[name])).join('/')}`;
}

/** Reads the whole shop with nothing of the program but its connection. */
export async function shopSnapshot({ database }: Context): Promise<ShopSnapshot> {
  return database.transaction('repeatable read', async (session) => {
    const tables = await session.query<{ name: string }>(
      "SELECT relname AS name FROM pg_class WHERE relnamespace = 'shop'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition",
    );
    const rows = new Map<string, ShopRow>();
    for (const { name } of tables) {
      for await (const [text] of session.stream(`SELECT to_jsonb(t)::text FROM shop."${name}" t`)) {
        const row = JSON.parse(text ?? '') as ShopRow;
        rows.set(rowName(name, row), row);
      }
    }
    return rows;
  });
}

/** One cell that is not as it was; `column` is undefined where the whole row is gone. */
export interface ChangedCell {
  readonly row: string;
  readonly column?: string;
  readonly was: unknown;
  readonly is: unknown;
}

/** All differences between two snapshots; a row that came is reported as one without a past. */
export function changesBetween(before: ShopSnapshot, after: ShopSnapshot): ChangedCell[] {
  const changes: ChangedCell[] = [];
  for (const [row, was] of before) {
    const is = after.get(row);
    if (is === undefined) changes.push({ row, was, is });
    else
      for (const column of Object.keys(was)) {
        if (JSON.stringify(was[column]) !== JSON.stringify(is[column]))
          changes.push({ row, column, was: was[column], is: is[column] });
      }
  }
  for (const [row, is] of after) if (!before.has(row)) changes.push({ row, was: undefined, is });
  return changes;
}
