import { cellLabel } from '../marketing/insight-label.js';
import type { InsightResult, InsightTable } from '../marketing/insight-result.js';

const BAR = 20;
const LABEL = 28;

/** An insight for the terminal: a bar a value, and what is withheld named as such. */
export function insightLines({ people, minimum, segment, tables }: Omit<InsightResult, 'audit'>): string[] {
  const whom = segment === null ? 'People' : `People in the segment ${segment}`;
  return [
    people === null ? `${whom}: withheld, there are too few` : `${whom}: ${people}`,
    '',
    ...tables.flatMap((table) => [`By ${table.by}`, ...linesOf(table), '']),
    `Withheld: figures below ${minimum}, and others from which these could be computed.`,
    '',
  ];
}

function linesOf({ by, of, cells, withheld }: InsightTable): string[] {
  if (of === null) return ['  withheld, there are too few people'];
  const width = String(of).length;
  const line = (label: string, count: number | null, share: string) => {
    const letters = [...label];
    const name = letters.length > LABEL ? `${letters.slice(0, LABEL - 1).join('')}…` : label;
    const length = count === null ? 0 : Math.max(1, Math.round((count / of) * BAR));
    const figure = count === null ? 'withheld' : `${String(count).padStart(width)}  ${share}`;
    return `  ${name.padEnd(LABEL + name.length - [...name].length)}  ${'█'.repeat(length).padEnd(BAR)}  ${figure}`;
  };
  const percent = (share: number | null) => (share === null ? '' : `${(share * 100).toFixed(1)} %`.padStart(7));
  const rest =
    withheld === null
      ? []
      : [line(`${withheld.values} other${withheld.values === 1 ? '' : 's'} together`, withheld.people, '')];
  return [...cells.map(({ value, count, share }) => line(cellLabel(by, value).en, count, percent(share))), ...rest].map(
    (text) => text.trimEnd(),
  );
}
