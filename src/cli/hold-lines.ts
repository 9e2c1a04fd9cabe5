import type { HoldView } from '../customer/hold/hold.js';
import { count } from './table.js';

/** A hold in a few lines. */
export function holdLines(hold: HoldView): string[] {
  const { scope, state, until, daysLeft, gagUntil, rows } = hold;
  const ends =
    daysLeft === null ? '' : daysLeft < 0 ? `, ended ${count(-daysLeft, 'day')} ago` : `, in ${count(daysLeft, 'day')}`;
  return [
    `Hold       ${hold.hold} (${scope}), ${state}`,
    `Order of   ${hold.authority}, ${hold.reference}`,
    `Until      ${until}${ends}`,
    ...(gagUntil === null ? [] : [`Untold     until ${gagUntil}`]),
    ...rows.map(({ table, rows: n }, i) => `${i === 0 ? 'Rows       ' : '           '}${count(n, 'row')} of ${table}`),
    `Placed by  ${hold.placedBy}`,
    ...(hold.releasedBy === null ? [] : [`Released   by ${hold.releasedBy}: ${hold.reason}`]),
  ];
}
