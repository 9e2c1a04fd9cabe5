import type { DataMapModel } from '../../datamap/model.js';
import { digestOf, type Json } from '../../foundation/canonical-json.js';
import type { Plan } from '../plan.js';
import type { ColumnStep } from './change.js';
import type { Erasure, TableErase } from './compile.js';
import type { KeptSummary } from './kept-rows.js';
import { formatName } from './token.js';

/**
 * What an erasure will do, without counts or times: how each table's rows go or stay, what happens to each column of
 * a row that stays, and what keeps it. One more page view does not make another plan; another rule, ground or hold does,
 * unless the hold may not be told of.
 */
export function planErase(
  model: DataMapModel,
  { erasure, kept }: { readonly erasure: Erasure; readonly kept: readonly KeptSummary[] },
  subjects: readonly string[],
  ground: string,
): Plan {
  const holds = [...new Set(kept.flatMap(({ source, id }) => (source === 'hold' ? [id] : [])))].sort();
  const plan: Json = {
    operation: 'customer erase',
    ground,
    people: [...subjects].sort(),
    map: model.digest,
    steps: erasure.tables.map(stepOf),
    order: erasure.order.map((group) => group.map(({ table }) => table.name)),
    cuts: erasure.dependencies.flatMap(({ child, parent, key, cut }) =>
      cut.length === 0 ? [] : [{ table: child.table.name, columns: [...cut], key: key.name, of: parent.table.name }],
    ),
    ...(holds.length > 0 && { holds }),
    grounds: Object.entries(model.map.keptGrounds ?? {}).map(([id, { law, rows }]) => ({
      ground: id,
      law,
      covers: [...new Set(rows.flatMap(({ covers }) => covers.map(({ table }) => table)))],
    })),
  };
  return { plan, digest: digestOf(plan) };
}

function stepOf({ table, live, goesAlone, goesAnyway, columns }: TableErase): Json {
  const owners = (mask: number) => table.owners.filter(({ index }) => (mask & (1 << index)) !== 0).map(({ id }) => id);
  return {
    erase: table.name,
    ...(live.kind === 'view' && { refreshed: true }),
    deletedUnlessShared: owners(goesAlone),
    deleted: owners(goesAnyway),
    columns: columns.flatMap((step) => columnOf(step)),
  };
}

function columnOf(step: ColumnStep): Json[] {
  const does = wordOf(step);
  if (does === undefined && step.keep === undefined) return [];
  return [
    {
      column: step.column.name,
      owner: step.column.owner,
      does: does ?? 'leave',
      ...(step.keep && { keptUnder: step.keep.rule }),
    },
  ];
}

function wordOf({ change }: ColumnStep): Json | undefined {
  switch (change.kind) {
    case 'none':
      return undefined;
    case 'clear':
      return 'clear';
    case 'text':
      return { text: change.text };
    case 'token':
      return { pseudonym: change.formats.map(formatName) };
    case 'generalise':
      return { generalise: change.to };
    case 'json':
      return { places: change.edits.map(({ path, does }) => ({ path: [...path], does })) };
    case 'impossible':
      return 'with-row';
  }
}
