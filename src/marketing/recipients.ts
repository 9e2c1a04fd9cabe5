import { rowId } from '../customer/roots.js';
import { quoteIdentifier, type Session } from '../database/session.js';
import { readCatalog } from '../datamap/catalog.js';
import { spellingOf } from '../datamap/match.js';
import { canonicalName } from '../datamap/names.js';
import { fromTable, keyOf } from '../datamap/sql.js';
import { groupBy } from '../foundation/group.js';
import { parse } from '../identity/kinds.js';
import type { Alias } from '../identity/reference.js';
import type { Context } from '../workspace/open.js';
import type { TokenChannel, Unsubscription } from './token.js';

/** What a message of a channel is sent to. */
export function addressKind(channel: TokenChannel): 'email' | 'phone' {
  return channel === 'email' ? 'email' : 'phone';
}

/**
 * By what the recipients of a list are met again, in a statement a source: an account by its row; who has none, a guest
 * who ordered for instance, by the address in the row, as in a search. Where the row is gone or bears another address
 * by now, the row alone remains. Undefined where the map has no such source any more.
 */
export async function recipientAliases(
  session: Session,
  { model, keys }: Context,
  tokens: readonly Unsubscription[],
): Promise<(Alias | undefined)[]> {
  const sources = model.map.marketing?.sources ?? {};
  const accounts = new Set(Object.values(model.map.persons).map(({ table }) => canonicalName(table)));
  const catalog = await readCatalog(session);
  const aliases: (Alias | undefined)[] = tokens.map(({ source, key }) => {
    const table = Object.hasOwn(sources, source) ? sources[source]?.table : undefined;
    // A row without a key has no name but its place, where another may stand by now.
    if (table !== undefined && catalog.get(canonicalName(table))?.key.length === 0) return undefined;
    return table === undefined ? undefined : { kind: 'row', value: rowId({ table: canonicalName(table), key }) };
  });
  const numbered = tokens.map((token, i) => ({ ...token, i }));
  const guests = numbered.filter(({ source, i }) => {
    const table = sources[source]?.table;
    return aliases[i] !== undefined && table !== undefined && !accounts.has(canonicalName(table));
  });
  if (guests.length === 0) return aliases;
  for (const [id, group] of groupBy(guests, ({ source }) => source)) {
    const source = sources[id];
    if (source === undefined) continue;
    const table = model.table(canonicalName(source.table));
    const live = catalog.get(table.name);
    // Stopping must not wait until map and database agree again.
    if (live === undefined || live.key.length === 0) continue;
    const parts = keyOf(table, catalog);
    const here = group.filter(({ key }) => key.length === parts.length);
    for (const [kind, column] of [['email', source.email] as const, ['phone', source.phone] as const]) {
      if (column === undefined || !live.columns.has(column)) continue;
      const wanted = here.filter(({ channel }) => addressKind(channel) === kind);
      const names = parts.map((_, n) => `k${n + 1}`);
      const rows = await session.query<{ n: number; address: string | null }>(
        `SELECT h.n, t.${quoteIdentifier(column)}::text AS address
         FROM unnest($1::integer[], ${names.map((_, n) => `$${n + 2}::text[]`).join(', ')}) h (n, ${names.join(', ')})
         JOIN ${fromTable(table, catalog)} t ON ${parts.map(({ expression }, n) => `${expression}::text = h.k${n + 1}`).join(' AND ')}`,
        [wanted.map(({ i }) => i), ...parts.map((_, n) => wanted.map(({ key }) => key[n] ?? ''))],
      );
      for (const { n, address } of rows) {
        const sent = tokens[n]?.address;
        const value = parse(kind, address ?? '', spellingOf(model)).find(
          (form) => keys.hmac('suppression', `${kind}\n${form}`, sent?.version) === sent?.hmac,
        );
        if (value !== undefined) aliases[n] = { kind, value };
      }
    }
  }
  return aliases;
}
