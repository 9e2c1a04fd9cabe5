import type { ErasedMatch } from '../customer/erase/find-erased.js';
import { textTable } from './table.js';

type Kept = ErasedMatch['kept'];

/** What earlier erasures kept, for people to read: by table, columns and reason. */
export function keptTable(kept: Kept): string[] {
  return textTable(
    ['TABLE', 'COLUMNS', 'UNDER', 'ROWS', 'UNTIL'],
    kept.map(({ table, columns, source, id, rows, until }) => [
      table,
      columns.join(', '),
      `${source} ${id}`,
      String(rows),
      until ?? 'it ends',
    ]),
  );
}

/** The same under a line of its own; nothing when nothing was kept. */
export function keptLines(kept: Kept | undefined): string[] {
  return kept === undefined ? [] : ['', 'Kept by an earlier erasure:', ...keptTable(kept), ''];
}
