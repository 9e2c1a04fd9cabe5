import type { Notified } from '../customer/recipients.js';
import { textTable } from './table.js';

/** Whom to tell of a change, for people to read. */
export function notifyLines(what: string, notify: readonly Notified[]): string[] {
  if (notify.length === 0) return ['', 'No recipient of the data map is to be told.'];
  return [
    '',
    what,
    ...textTable(
      ['RECIPIENT', 'AS', 'AGREEMENT'],
      notify.map(({ name, role, agreement }) => [name, role, agreement ?? '']),
    ),
  ];
}
