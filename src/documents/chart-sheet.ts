import { type Html, html, isolated } from './escape.js';
import { LETTER_STYLE } from './letters/style.js';
import { pageHead } from './page-head.js';
import { paperStyle } from './page-style.js';

const STYLE = `
.chart { display: grid; grid-template-columns: minmax(9rem, 22rem) minmax(0, 1fr) auto; gap: 0.35rem 0.9rem; align-items: center; margin-top: 1rem; }
.chart > p { display: contents; }
.track { position: relative; height: 1.1rem; background: var(--tint); }
.track svg { position: absolute; inset: 0; width: 100%; height: 100%; }
.track rect { fill: var(--soft); }
.kept .track rect { fill: var(--accent); }
.kept { font-weight: 600; }
.figure { text-align: right; font-variant-numeric: tabular-nums; }
.months { grid-template-columns: max-content minmax(3.5rem, 1fr) max-content; }
@media (max-width: 30rem) { .months { font-size: 0.8125rem; gap: 0.35rem 0.6rem; } }
.track .went, .legend .went { fill: var(--accent); }
.track .waits, .legend .waits { fill: none; stroke: var(--soft); stroke-width: 1.5; }
.track .left, .legend .left { fill: var(--soft); fill-opacity: 0.45; }
.run + .run { break-before: page; }
.legend { display: flex; flex-wrap: wrap; gap: 0.2rem 1.4rem; }
.legend svg { width: 0.9em; height: 0.9em; margin-right: 0.45em; vertical-align: -0.08em; }
.chart, .facts { break-inside: auto; }
.chart + h3, .chart + h2 { margin-top: 1.6rem; }
h2, h3 { break-after: avoid; }
`;

/** A sheet of figures with charts, for the shop's own people; `parts` are its sections, each marked with its language. */
export function chartSheet(
  head: { readonly controller: string; readonly operation: string; readonly title: string },
  parts: readonly Html[],
): string {
  const paper = paperStyle(head.controller, head.operation);
  const styles = [paper, LETTER_STYLE, STYLE];
  return html`${pageHead({ language: 'en', title: `${head.title} ${head.operation}`, styles })}
<body>
<div class="sheet">
<header class="head"><p class="name">${isolated(head.controller)}</p></header>
<main>
${parts}
</main>
</div>
</body>
</html>
`.markup;
}

/** A line of a chart: `count` of `total` from `start` on, and the figure beside it. */
export function bar(
  label: Html | string,
  total: number,
  start: number,
  count: number,
  figure: string,
  kind = '',
): Html {
  const share = (n: number) => percent(n, total);
  return html`<p class="${kind}"><span>${label}</span><span class="track"><svg preserveAspectRatio="none" aria-hidden="true"><rect x="${share(start)}%" y="0" width="${share(count)}%" height="100%"/></svg></span><span class="figure">${figure}</span></p>
`;
}

/** A line of a chart whose parts stand one after the other; each has a class that gives it its colour. */
export function stacked(
  label: Html | string,
  total: number,
  parts: readonly { readonly kind: string; readonly count: number }[],
  figure: string,
): Html {
  let start = 0;
  const rects = parts.map(({ kind, count }) => {
    const x = start;
    start += count;
    return count === 0
      ? undefined
      : html`<rect class="${kind}" x="${percent(x, total)}%" y="0" width="${percent(count, total)}%" height="100%"/>`;
  });
  return html`<p><span>${label}</span><span class="track"><svg preserveAspectRatio="none" aria-hidden="true">${rects}</svg></span><span class="figure">${figure}</span></p>
`;
}

function percent(n: number, total: number): number {
  return total === 0 ? 0 : Math.round((n / total) * 10_000) / 100;
}
