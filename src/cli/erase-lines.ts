import type { Rehearsal } from '../customer/erase/engine.js';
import type { ErasureResult } from '../customer/erase/run.js';
import { count, textTable } from './table.js';

type Effect = Pick<Rehearsal, 'tables' | 'kept' | 'unreadable'>;

/** What an erasure would do, for people to read. */
export function plannedLines(effect: Effect): string[] {
  return [...tableLines(effect), ...keptLines(effect)];
}

/** What an erasure did, for people to read. */
export function erasedLines(result: ErasureResult): string[] {
  const { residue } = result;
  return [
    ...tableLines(result),
    ...keptLines(result),
    '',
    residue.clean
      ? 'Proof     nothing else is left'
      : `Proof     ${count(residue.hits.filter((hit) => hit.class === 'residue').length, 'place')} still hold something of the person`,
    ...residue.hits
      .filter((hit) => hit.class === 'residue')
      .map(({ table, column, kind }) => `          ${[table, column].filter(Boolean).join('.')}: ${kind}`),
    `Archive   ${result.certificate}`,
    `SHA-256   ${result.sha256}`,
    `Audit     entry ${result.audit.sequence}, operation ${result.operation}`,
  ];
}

function tableLines({ tables }: Effect): string[] {
  const rows = tables.filter(({ deleted, changed, kept }) => deleted + changed + kept > 0);
  if (rows.length === 0) return ['Nothing of the person is left to erase.'];
  return textTable(
    ['TABLE', 'DELETED', 'CHANGED', 'KEPT'],
    rows.map(({ table, deleted, changed, kept }) => [table, String(deleted), String(changed), String(kept)]),
  );
}

function keptLines({ kept, unreadable }: Effect): string[] {
  const because = textTable(
    ['KEPT', 'COLUMNS', 'UNDER', 'ROWS', 'UNTIL'],
    kept.map(({ table, columns, source, id, rows, last }) => [
      table,
      columns.join(', '),
      `${source} ${id}`,
      String(rows),
      last ?? 'it ends',
    ]),
  );
  return [
    ...(kept.length === 0 ? [] : ['', ...because]),
    ...unreadable.map(
      ({ table, column, cleared, left }) =>
        `${table}.${column}: ${count(cleared + left, 'document')} cannot be read as JSON; ${cleared} emptied, ${left} left`,
    ),
  ];
}
