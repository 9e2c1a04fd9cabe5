import { createHash } from 'node:crypto';
import { Html, html, isolated } from './escape.js';
import { LETTER_STYLE } from './letters/style.js';
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
`;

/** A sheet of figures with charts, for the shop's own people; `parts` are its sections, each marked with its language. */
export function chartSheet(
  head: { readonly controller: string; readonly operation: string; readonly title: string },
  parts: readonly Html[],
): string {
  const paper = paperStyle(head.controller, head.operation);
  const styles = [paper, LETTER_STYLE, STYLE];
  const policy = `default-src 'none'; style-src ${styles.map(digest).join(' ')}; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex, nofollow">
<title>${head.title} ${head.operation}</title>
${new Html(styles.map((style) => `<style>${style}</style>`).join('\n'))}
</head>
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
  const percent = (n: number) => (total === 0 ? 0 : Math.round((n / total) * 10_000) / 100);
  return html`<p class="${kind}"><span>${label}</span><span class="track"><svg preserveAspectRatio="none" aria-hidden="true"><rect x="${percent(start)}%" y="0" width="${percent(count)}%" height="100%"/></svg></span><span class="figure">${figure}</span></p>
`;
}

function digest(style: string): string {
  return `'sha256-${createHash('sha256').update(style, 'utf8').digest('base64')}'`;
}
