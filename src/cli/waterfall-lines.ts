import { type Left, REASON_TITLES } from '../marketing/reasons.js';

const BAR = 20;

/** The waterfall for the terminal: everybody, who was left out for which one reason, and who remains. */
export function waterfallLines(total: number, left: readonly Left[], rows: number): string[] {
  const width = Math.max(...[total, rows].map((n) => String(n).length)) + 1;
  const line = (figure: string, start: number, length: number, label: string) => {
    const cell = (n: number) => (total === 0 ? 0 : Math.round((n / total) * BAR));
    const from = cell(start);
    const to = length > 0 ? Math.max(cell(start + length), from + 1) : from;
    const bar = `${' '.repeat(Math.min(from, BAR - 1))}${'█'.repeat(Math.min(to - from, BAR))}`;
    return `${figure.padStart(width)}  ${bar.padEnd(BAR)}  ${label}`.trimEnd();
  };
  let remaining = total;
  const steps = left.map(({ reason, count }) => {
    remaining -= count;
    return line(`−${count}`, remaining, count, REASON_TITLES[reason].en);
  });
  return [line(String(total), 0, total, 'looked at'), ...steps, line(String(rows), 0, rows, 'in the list')];
}
