import { readFile, writeFile } from 'node:fs/promises';
import type { Figures } from './measure.js';
import type { Report, Row } from './report.js';

/**
 * Draws cost against size from the figures of a run, a chart a job that was measured at several sizes:
 * `node --import tsx bench/charts.ts figures.json docs/images/performance.svg`.
 */
const [figures = '', target = ''] = process.argv.slice(2);

const WIDTH = 320;
const HEIGHT = 220;
const COLUMNS = 3;
const PLOT = { left: 54, right: 34, top: 44, bottom: 36 };
const OURS = { colour: '#0b5cad', dashes: 'none' };
const THEIRS = { colour: '#8a5a00', dashes: '5 4' };
const INK = '#1f2328';
const LINES = '#d8dce1';

type Scale = (value: number) => number;

/** Powers of ten that enclose the values. */
function decades(values: readonly number[]): [number, number] {
  const low = Math.floor(Math.log10(Math.min(...values)) + 1e-9);
  const high = Math.ceil(Math.log10(Math.max(...values)) - 1e-9);
  return [low, Math.max(high, low + 1)];
}

function scale([low, high]: readonly [number, number], from: number, to: number): Scale {
  return (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from);
}

function powers([low, high]: readonly [number, number]): number[] {
  return Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
}

function time(seconds: number): string {
  if (seconds >= 1) return `${seconds} s`;
  return seconds >= 0.001
    ? `${Number((seconds * 1000).toPrecision(3))} ms`
    : `${Number((seconds * 1e6).toPrecision(3))} µs`;
}

function text(x: number, y: number, content: string, more = ''): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${escaped}</text>`;
}

function line(points: readonly (readonly [number, number])[], { colour, dashes }: typeof OURS): string {
  const path = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
  const dots = points.map(([x, y]) => `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="3.5" fill="${colour}"/>`);
  return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2" stroke-dasharray="${dashes}"/>${dots.join('')}`;
}

function chart(rows: readonly Row[], left: number, top: number): string {
  const [first] = rows;
  if (first === undefined) return '';
  const cost = (of: Figures) => (first.measured === 'wall' ? of.seconds : (of.databaseSeconds ?? Number.NaN));
  const values = rows.flatMap(({ ours, theirs }) => [cost(ours), cost(theirs)]);
  const [across, up] = [decades(rows.map(({ size }) => size)), decades(values)];
  const x = scale(across, left + PLOT.left, left + WIDTH - PLOT.right);
  const y = scale(up, top + HEIGHT - PLOT.bottom, top + PLOT.top);
  const edge = { left: left + PLOT.left, right: left + WIDTH - PLOT.right, bottom: top + HEIGHT - PLOT.bottom };
  const parts = [
    text(left + 10, top + 20, first.job, 'font-weight="600"'),
    text(left + 10, top + 35, `beside ${first.rival}`),
  ];
  for (const value of powers(up)) {
    const at = y(value).toFixed(1);
    parts.push(`<line x1="${edge.left}" x2="${edge.right}" y1="${at}" y2="${at}" stroke="${LINES}"/>`);
    parts.push(text(edge.left - 6, y(value) + 4, time(value), 'text-anchor="end"'));
  }
  for (const { size } of rows) {
    parts.push(text(x(size), edge.bottom + 16, size.toLocaleString('en'), 'text-anchor="middle"'));
  }
  parts.push(text(edge.right, edge.bottom + 30, first.unit ?? '', 'text-anchor="end"'));
  parts.push(
    line(
      rows.map(({ size, theirs }) => [x(size), y(cost(theirs))] as const),
      THEIRS,
    ),
  );
  parts.push(
    line(
      rows.map(({ size, ours }) => [x(size), y(cost(ours))] as const),
      OURS,
    ),
  );
  return parts.join('\n');
}

function drawing({ machine, rows }: Report): string {
  const jobs = [...new Set(rows.map(({ job }) => job))];
  const curves = jobs.map((job) => rows.filter((row) => row.job === job)).filter((points) => points.length > 1);
  const height = 40 + Math.ceil(curves.length / COLUMNS) * HEIGHT;
  const charts = curves.map((points, i) => chart(points, (i % COLUMNS) * WIDTH, 40 + Math.floor(i / COLUMNS) * HEIGHT));
  const key = [
    line(
      [
        [16, 20],
        [46, 20],
      ],
      OURS,
    ),
    text(54, 24, 'gdpr'),
    line(
      [
        [100, 20],
        [130, 20],
      ],
      THEIRS,
    ),
    text(138, 24, 'what one would do instead'),
    text(WIDTH * COLUMNS - 12, 24, `medians; ${machine.at.slice(0, 10)}, ${machine.commit}`, 'text-anchor="end"'),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH * COLUMNS} ${height}" font-family="system-ui, sans-serif" font-size="11" fill="${INK}">`,
    '<title>Cost against size, on logarithmic axes</title>',
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    ...key,
    ...charts,
    '</svg>',
    '',
  ].join('\n');
}

await writeFile(target, drawing(JSON.parse(await readFile(figures, 'utf8')) as Report));
