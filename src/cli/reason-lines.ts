import { rangesOf } from '../consent/import/tally.js';
import { count } from './table.js';

const WIDTH = 80;
/** More numbers than anybody reads from a screen. */
const MOST_RANGES = 200;

/** Reasons, each with the numbers of its lines below it, in 80 columns. */
export function reasonLines(
  reasons: readonly { readonly reason: string; readonly lines: readonly number[] }[],
): string[] {
  return reasons
    .filter(({ lines }) => lines.length > 0)
    .flatMap(({ reason, lines }) => [`${count(lines.length, 'line')}: ${reason}`, ...wrapped(lines)]);
}

function wrapped(lines: readonly number[]): string[] {
  const ranges = rangesOf(lines);
  const shown = ranges.slice(0, MOST_RANGES);
  const rows: string[] = [];
  let row = ' ';
  for (const [i, range] of shown.entries()) {
    const word = i === ranges.length - 1 ? range : `${range},`;
    if (row.length + 1 + word.length > WIDTH) {
      rows.push(row);
      row = ' ';
    }
    row += ` ${word}`;
  }
  return [...rows, row, ...(shown.length < ranges.length ? ['  … all of them with --json'] : [])];
}
