import type { ChangedPlace, HeldAsIs, LeftAsIs, Told } from '../customer/rectify/report.js';
import type { RectifyResult } from '../customer/rectify/run.js';
import { count, textTable } from './table.js';

/** What a correction comes to, without any value. */
export interface RectifyEffect {
  readonly places: readonly ChangedPlace[];
  readonly left: readonly LeftAsIs[];
  readonly held: readonly HeldAsIs[];
  readonly unreadable: readonly { readonly table: string; readonly column: string; readonly rows: number }[];
  readonly recipients: readonly Told[];
}

/** What would be corrected, for people to read. */
export function rectifyLines({ places, left, held, unreadable, recipients }: RectifyEffect): string[] {
  const changed = places.map((place) => [place.table, whereOf(place), place.field, String(place.rows)]);
  const kept = left.map((place) => [place.table, whereOf(place), place.law, String(place.rows)]);
  const onHold = held.map((place) => [place.table, whereOf(place), place.hold, place.until, String(place.rows)]);
  return [
    ...(changed.length === 0
      ? ['Nothing is to be changed: everything says so already.']
      : textTable(['TABLE', 'COLUMN', 'SET', 'ROWS'], changed)),
    ...(kept.length === 0 ? [] : ['', ...textTable(['LEFT AS ISSUED', 'COLUMN', 'LAW', 'ROWS'], kept)]),
    ...(onHold.length === 0 ? [] : ['', ...textTable(['ON HOLD', 'COLUMN', 'HOLD', 'UNTIL', 'ROWS'], onHold)]),
    ...unreadable.map(
      ({ table, column, rows }) => `${table}.${column}: ${count(rows, 'document')} cannot be read as JSON; left`,
    ),
    ...(recipients.length === 0
      ? []
      : [
          '',
          'Tell these recipients, unless it is impossible or disproportionate (Art. 19):',
          ...recipients.map(({ name }) => `  ${name}`),
        ]),
  ];
}

/** What was corrected, for people to read. */
export function rectifiedLines(result: RectifyResult): string[] {
  return [
    ...rectifyLines(result),
    '',
    `Archive   ${result.archive}`,
    `SHA-256   ${result.sha256}`,
    `Audit     entry ${result.audit.sequence}, operation ${result.operation}`,
  ];
}

function whereOf({ columns, path }: Pick<ChangedPlace, 'columns' | 'path'>): string {
  return [columns.join(', '), ...(path ?? [])].join('.');
}
