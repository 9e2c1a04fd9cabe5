import type { Catalog } from './catalog.js';
import type { Hop } from './paths.js';
import { conditions, equal, fromTable, operand } from './sql.js';

/**
 * The rows that alias `start` leads up to, hop by hop, under the aliases `u1`, `u2`, … (or another letter), as FROM and
 * WHERE. `end`: the alias of a row that is joined already and that the last hop is to lead to.
 */
export function hopsSql(
  hops: readonly Hop[],
  catalog: Catalog,
  start = 't',
  letter = 'u',
  end?: string,
): { readonly from: string; readonly where: string } {
  const aliasOf = (i: number) => (i === hops.length && end !== undefined ? end : `${letter}${i}`);
  const joined = end === undefined ? hops : hops.slice(0, -1);
  const from = joined.map((hop, i) => `${fromTable(hop.to, catalog)} ${letter}${i + 1}`);
  const where = hops.flatMap(({ from, to, reach }, i) => {
    const alias = i === 0 ? start : aliasOf(i);
    const on = reach.on.map((pair) =>
      equal(operand(from, catalog, alias, pair), operand(to, catalog, aliasOf(i + 1), { column: pair.to })),
    );
    return [...on, ...conditions(reach.when, alias)];
  });
  return { from: from.join(', '), where: where.join(' AND ') };
}
