import type { Session } from '../database/session.js';
import type { Catalog } from '../datamap/catalog.js';
import type { RowKey } from '../datamap/collect-plan.js';
import type { Node } from '../datamap/graph.js';
import { spellingOf } from '../datamap/match.js';
import type { DataMapModel, PersonalTableModel } from '../datamap/model.js';
import { occurrencesOf, occurrenceText } from '../datamap/occurrences.js';
import { conditions, equal, fromTable, keyOf, live, operand } from '../datamap/sql.js';
import { GdprError } from '../foundation/errors.js';
import { parse } from '../identity/kinds.js';
import type { Hit } from './search.js';

/** What a row of a person leads to: their own row, a value that identifies them, or nothing but itself. */
export type Anchor =
  | { readonly kind: 'root'; readonly person: string; readonly row: RowKey }
  | {
      readonly kind: 'identifier';
      readonly identifier: string;
      readonly value: string;
      /** The name that the row bears under which the value stands. */
      readonly name?: string | undefined;
    }
  | { readonly kind: 'row'; readonly row: RowKey; readonly owner: string };

/** One text per anchor, by which equal ones are told. */
export function anchorKey(anchor: Anchor): string {
  if (anchor.kind === 'identifier') return JSON.stringify([anchor.identifier, anchor.value, anchor.name ?? null]);
  return `${anchor.kind} ${anchor.row.table} ${JSON.stringify(anchor.row.key)}`;
}

/**
 * Follows every reach upwards from the rows, a statement a reach and level, until it ends at persons.
 * @returns for each hit the anchors that it leads to; none for a row that leads nowhere
 */
export async function followUp(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  hits: readonly Hit[],
): Promise<Anchor[][]> {
  const anchors = hits.map(() => new Map<string, Anchor>());
  const seen = new Set<string>();
  const idOf = ({ node, row }: Hit) => `${node.table.name}#${node.owner.id} ${JSON.stringify(row.key)}`;
  /** Hits by the position of the row that they came from. */
  let level = hits.map((hit, origin) => ({ hit, origin }));
  while (level.length > 0) {
    const next: typeof level = [];
    const fresh = level.filter(({ hit, origin }) => {
      const id = `${idOf(hit)} < ${origin}`;
      return !seen.has(id) && seen.add(id);
    });
    const nodes = new Map(fresh.map(({ hit }) => [`${hit.node.table.name}#${hit.node.owner.id}`, hit.node]));
    for (const [name, node] of nodes) {
      const here = fresh.filter(({ hit }) => `${hit.node.table.name}#${hit.node.owner.id}` === name);
      for (const found of await stepUp(
        session,
        model,
        catalog,
        node,
        here.map(({ hit }) => hit.row),
      )) {
        const from = here[found.from];
        if (from === undefined) continue;
        if ('anchor' in found) anchors[from.origin]?.set(anchorKey(found.anchor), found.anchor);
        else next.push({ hit: found.hit, origin: from.origin });
      }
    }
    level = next;
  }
  return anchors.map((led) => [...led.values()]);
}

/**
 * The same, where a row that leads nowhere (a guest order without an e-mail) is its own anchor.
 * @throws GdprError REFUSED when such a row has no key
 */
export async function anchorsOf(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  hits: readonly Hit[],
): Promise<Anchor[][]> {
  const anchors = await followUp(session, model, catalog, hits);
  return hits.map((hit, i) => {
    const led = anchors[i] ?? [];
    if (led.length > 0) return led;
    if (live(hit.node.table, catalog).key.length === 0) {
      throw new GdprError(
        'REFUSED',
        `a row of ${hit.node.table.name} matches that leads to nobody, and the table has no key by which to name it`,
        {
          hint: 'give the table a primary key, or look at the row by hand',
        },
      );
    }
    return [{ kind: 'row', row: hit.row, owner: hit.node.owner.id }];
  });
}

type Step = { readonly from: number } & ({ readonly anchor: Anchor } | { readonly hit: Hit });

/** One level up for rows of one node; `from` is the position of the row it came from. */
async function stepUp(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  node: Node,
  rows: readonly RowKey[],
): Promise<Step[]> {
  const { table, owner } = node;
  const steps: Step[] = [];
  const { values, from } = keyedRows(table, catalog, rows);
  for (const reach of owner.reaches) {
    if (reach.kind === 'self') {
      rows.forEach((row, i) => {
        steps.push({ from: i, anchor: { kind: 'root', person: reach.person, row } });
      });
      continue;
    }
    const when = conditions(reach.when);
    if (reach.kind === 'identifier') {
      const place = occurrencesOf(model).find(
        (each) => each.kind === 'name' && each.node.table === table && each.node.owner === owner,
      );
      const name = place === undefined ? 'NULL::text' : occurrenceText(place, catalog);
      for (const pair of reach.identifier) {
        const identifier = model.map.identifiers[pair.is];
        if (identifier?.links !== true) continue;
        const value = `${operand(table, catalog, 't', pair).sql}::text`;
        const found = await session.query<{ n: number; value: string; name: string | null }>(
          `SELECT h.n, ${value} AS value, ${name} AS name FROM ${from} WHERE ${[`${value} IS NOT NULL`, ...when].join(' AND ')}`,
          values,
        );
        for (const row of found) {
          for (const normal of parse(identifier.kind, row.value, spellingOf(model))) {
            const bearer = (row.name ?? '').trim() === '' ? undefined : (row.name ?? undefined);
            steps.push({
              from: row.n,
              anchor: { kind: 'identifier', identifier: pair.is, value: normal, name: bearer },
            });
          }
        }
      }
      continue;
    }
    const parent = model.table(reach.table);
    const parentOwner = parent.owners.find((candidate) => candidate.id === reach.owner);
    if (parentOwner === undefined) continue;
    const key = keyOf(parent, catalog).map((part, i) => `${part.expression.replace(/^t\./, 'u.')}::text AS k${i + 1}`);
    const on = reach.on.map((pair) =>
      equal(operand(table, catalog, 't', pair), operand(parent, catalog, 'u', { column: pair.to })),
    );
    const found = await session.query<{ n: number } & Record<`k${number}`, string>>(
      `SELECT h.n, ${key.join(', ')} FROM ${from} JOIN ${fromTable(parent, catalog)} u ON ${on.join(' AND ')}${when.length === 0 ? '' : ` WHERE ${when.join(' AND ')}`}`,
      values,
    );
    for (const row of found) {
      steps.push({
        from: row.n,
        hit: {
          node: { table: parent, owner: parentOwner },
          certain: true,
          row: { table: parent.name, key: key.map((_, i) => row[`k${i + 1}`] ?? '') },
        },
      });
    }
  }
  return steps;
}

/** The given rows of a table as alias `t`, each with its position `h.n`. */
export function keyedRows(
  table: PersonalTableModel,
  catalog: Catalog,
  rows: readonly RowKey[],
): { from: string; values: unknown[] } {
  const key = keyOf(table, catalog);
  const names = key.map((_, i) => `k${i + 1}`).join(', ');
  // Each part is cast on its own, since an array of arrays would be taken apart.
  const join = key.map((part, i) => `${part.expression} = h.k${i + 1}::${part.type}`).join(' AND ');
  const arrays = key.map((_, i) => `$${i + 2}::text[]`).join(', ');
  return {
    from: `unnest($1::integer[], ${arrays}) h (n, ${names}) JOIN ${fromTable(table, catalog)} t ON ${join}`,
    values: [rows.map((_, i) => i), ...key.map((_, i) => rows.map((row) => row.key[i] ?? null))],
  };
}
