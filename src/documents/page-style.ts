import { cssString } from './escape.js';

/** Colours, each pair of text and ground with a contrast of 4.5:1 or more. */
export const LIGHT = {
  ground: '#faf8f4',
  card: '#ffffff',
  ink: '#1f2326',
  soft: '#565c61',
  line: '#dcd6cb',
  accent: '#0b5a55',
  tint: '#e9f1ee',
} as const;

export const DARK = {
  ground: '#14181a',
  card: '#1c2124',
  ink: '#e7e5df',
  soft: '#a9afb2',
  line: '#363d41',
  accent: '#7fcfc4',
  tint: '#1d2b2a',
} as const;

function variables(colours: Readonly<Record<keyof typeof LIGHT, string>>): string {
  return Object.entries(colours)
    .map(([name, value]) => `--${name}: ${value};`)
    .join(' ');
}

const BASE = `
:root { color-scheme: light dark; ${variables(LIGHT)}
  --text: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, sans-serif;
  --title: "Iowan Old Style", "Palatino Linotype", Palatino, "Noto Serif", Georgia, serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Consolas, "Noto Sans Mono", monospace; }
@media screen and (prefers-color-scheme: dark) { :root { ${variables(DARK)} } }
*, *::before, *::after { box-sizing: border-box; }
html { scroll-padding-top: 4.5rem; -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.6 var(--text); overflow-wrap: break-word; }
h1, h2, h3, p, dl, dd, ul, ol, table, pre, address { margin: 0; }
h1, h2, h3 { font-family: var(--title); font-weight: 600; line-height: 1.2; text-wrap: balance; }
h1 { font-size: clamp(2.1rem, 1.4rem + 3.2vw, 3.4rem); letter-spacing: -0.015em; }
h2 { font-size: clamp(1.5rem, 1.25rem + 1.1vw, 2rem); letter-spacing: -0.01em; }
h3 { font-size: 1.2rem; }
a { color: var(--accent); text-underline-offset: 0.18em; text-decoration-thickness: 0.06em; }
a:hover { text-decoration-thickness: 0.12em; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 0.2rem; }
address { font-style: normal; }
ul, ol { padding: 0; }
bdi.long, dd { overflow-wrap: anywhere; }
td bdi { white-space: pre-wrap; }
td bdi.whole, .hero small { white-space: nowrap; }
.small, .article, .count, small { font-size: 0.875rem; line-height: 1.5; color: var(--soft); }
.prose { max-width: 44rem; text-wrap: pretty; }
.raw { color: var(--soft); font-size: 0.8125em; }
.note, .nil { color: var(--soft); }
.note { font-style: italic; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
#lang-lv:checked ~ * [lang="en"]:not(.keep), #lang-en:checked ~ * [lang="lv"]:not(.keep) { display: none; }
`;

const LAYOUT = `
.skip { position: fixed; z-index: 3; top: 0.5rem; left: 0.5rem; padding: 0.6rem 1rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 0.4rem; transform: translateY(-200%); }
.skip:focus { transform: none; }
input[name="language"] { position: fixed; top: 1rem; right: 1rem; width: 1px; height: 1px; margin: 0; opacity: 0; }
.bar { position: sticky; z-index: 2; top: 0; background: var(--ground); border-bottom: 1px solid var(--line); }
.bar > div, main, .end { width: min(100% - 2rem, 72rem); margin-inline: auto; }
.bar > div { display: flex; align-items: center; justify-content: space-between; gap: 1rem; min-height: 3.5rem; }
.owner { min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-size: 0.9375rem; color: var(--soft); }
.switch { flex: none; display: flex; gap: 0.25rem; }
.switch label { padding: 0.45rem 0.75rem; border: 1px solid transparent; border-radius: 2rem; font-size: 0.9375rem; line-height: 1.3; cursor: pointer; color: var(--accent); }
.switch label:hover { border-color: var(--line); }
#lang-lv:checked ~ .bar label[for="lang-lv"], #lang-en:checked ~ .bar label[for="lang-en"] { border-color: var(--accent); background: var(--tint); font-weight: 600; }
#lang-lv:focus-visible ~ .bar label[for="lang-lv"], #lang-en:focus-visible ~ .bar label[for="lang-en"] { outline: 3px solid var(--accent); outline-offset: 2px; }
.hero { padding-block: clamp(2rem, 6vw, 4.5rem) 2rem; }
.lede { margin-top: 1rem; max-width: 40rem; font-family: var(--title); font-size: clamp(1.2rem, 1.05rem + 0.7vw, 1.5rem); line-height: 1.4; text-wrap: pretty; }
.hero .prose { margin-top: 1rem; color: var(--soft); }
.hero .facts { margin-top: 2rem; }
.tally { margin-top: 1.25rem; font-size: 1.125rem; }
main > section { padding-block: clamp(2rem, 5vw, 3.25rem); border-top: 1px solid var(--line); }
main > section > * + *, section.group > * + * { margin-top: 1.25rem; }
.head { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: 0.25rem 1.5rem; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr)); gap: 1rem 2rem; }
dt { font-size: 0.875rem; line-height: 1.4; color: var(--soft); }
.brief, .cards { list-style: none; display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); }
.brief { gap: 0.75rem; margin-bottom: clamp(2rem, 5vw, 3.25rem); }
.brief a { display: block; height: 100%; padding: 0.9rem 1.1rem; background: var(--card); border: 1px solid var(--line); border-radius: 0.6rem; color: inherit; text-decoration: none; }
.brief a:hover { border-color: var(--accent); }
.brief .ask { display: block; font-size: 0.875rem; line-height: 1.4; color: var(--accent); }
.brief .answer { display: block; margin-top: 0.15rem; font-weight: 600; line-height: 1.4; }
.cards.wide { grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr)); }
.cards.rights { display: block; columns: 20rem 3; column-gap: 1rem; margin-bottom: -1rem; }
.cards.rights li { break-inside: avoid; margin-bottom: 1rem; }
.cards li { padding: 1.25rem; background: var(--card); border: 1px solid var(--line); border-radius: 0.6rem; }
.cards li > * + * { margin-top: 0.6rem; }
.cards .absolute { background: var(--tint); border-color: var(--accent); }
.cards .facts { grid-template-columns: 1fr; gap: 0.6rem; }
.contents, .plain { list-style: none; max-width: 44rem; border-top: 1px solid var(--line); }
.contents li, .plain li { padding-block: 0.65rem; border-bottom: 1px solid var(--line); }
.contents li { display: grid; grid-template-columns: 1fr auto; gap: 0 1rem; }
.files { white-space: nowrap; }
.files a { display: inline-block; padding: 0.1rem 0.4rem; }
.contents .small { grid-row: 2; }
.contents .files { grid-row: 1 / span 2; align-self: center; }
.steps { padding-left: 1.4rem; max-width: 44rem; }
.steps li + li { margin-top: 0.6rem; }
section.group { margin-top: clamp(2.5rem, 5vw, 3.5rem) !important; }
.group h3 { font-size: 1.4rem; }
.origins { display: grid; gap: 0.3rem; font-size: 0.9375rem; }
.origins div { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 0.5rem; }
.origins dt { font-size: inherit; }
.origins dt::after { content: ":"; }
.count { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0.5rem 1rem; }
.end { padding-block: 2rem 3rem; border-top: 1px solid var(--line); color: var(--soft); font-size: 0.875rem; }
code { font-family: var(--mono); font-size: 0.9em; overflow-wrap: anywhere; }
pre { font-family: var(--mono); font-size: 0.8125rem; line-height: 1.5; white-space: pre-wrap; overflow-wrap: anywhere; tab-size: 2; }
`;

const TABLE = `
.grid { width: 100%; border-collapse: collapse; font-size: 0.9375rem; line-height: 1.45; counter-reset: record; }
.grid th { padding: 0 1rem 0.5rem 0; text-align: left; vertical-align: bottom; font-size: 0.8125rem; font-weight: 600; line-height: 1.3;
  color: var(--soft); border-bottom: 2px solid var(--line); overflow-wrap: normal; }
.grid td { padding: 0.6rem 1rem 0.6rem 0; vertical-align: top; border-bottom: 1px solid var(--line); }
.grid th:last-child, .grid td:last-child { padding-right: 0; }
.grid .num { text-align: right; }
.grid td, .grid time, data { font-variant-numeric: tabular-nums; }
.grid tbody tr { counter-increment: record; }
.grid tbody tr:hover { background: var(--tint); }
.grid td p + p { margin-top: 0.2rem; }
.grid.told.slim tbody tr::before { content: none; }
.sheet { overflow-x: auto; }
`;

/** Cards: the table's head is hidden from sight only, each record is a box, each cell carries its column's title. */
function cards(width: string): string {
  return `${width}, ${width} tbody { display: block; }
${width} thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
${width} tbody tr { padding: 0.75rem 1rem; background: var(--card); border: 1px solid var(--line); border-radius: 0.6rem; }
${width} tbody tr + tr { margin-top: 0.75rem; }
${width} tbody tr::before { content: counter(record); font-size: 0.75rem; line-height: 1.2; color: var(--soft); }
${width} tbody td:nth-child(n) { padding: 0; border: 0; text-align: left; }
${width} tbody td::before { content: attr(data-lv); font-size: 0.8125rem; line-height: 1.4; color: var(--soft); }
#lang-en:checked ~ main ${width} tbody td::before { content: attr(data-en); }`;
}

/** Label and value side by side, a line each. */
function asLines(width: string): string {
  return `${cards(width)}
${width} tbody tr { display: block; }
${width} tbody td { display: grid; grid-template-columns: minmax(6rem, 34%) minmax(0, 1fr); gap: 0 0.75rem; align-items: baseline; }
${width} tbody td:nth-child(n) { padding-block: 0.4rem; }
${width} tbody td + td:nth-child(n) { border-top: 1px solid var(--line); }
${width} tbody td.doc { display: block; }
${width} tbody td.doc::before { display: block; }`;
}

/** Label above value, several to a line. */
function asBoxes(width: string, column: string): string {
  return `${cards(width)}
${width} tbody tr { display: grid; grid-template-columns: repeat(auto-fill, minmax(${column}, 1fr)); gap: 0.6rem 1.25rem; grid-auto-flow: row dense; }
${width} tbody tr::before { grid-column: 1 / -1; }
${width} tbody td { display: block; }
${width} tbody td::before { display: block; }
${width} tbody td.doc { grid-column: 1 / -1; }`;
}

const SCREEN = `
@media screen and (max-width: 46rem) {
.brief { gap: 0; border: 1px solid var(--line); border-radius: 0.6rem; overflow: hidden; background: var(--card); }
.brief a { border-width: 0 0 1px; border-radius: 0; padding: 0.7rem 1rem; }
.brief li:last-child a { border: 0; }
.brief :focus-visible { outline-offset: -3px; }
${asLines('.grid')}
}
@media screen and (min-width: 46.01rem) {
${asBoxes('.grid.record', '11rem')}
}
@media screen and (min-width: 46.01rem) and (max-width: 68rem) {
${asBoxes('.grid.broad', '11rem')}
}
`;

const PRINT = `
@media print {
:root { color-scheme: light; --ground: #fff; --card: #fff; --tint: #fff; --ink: #000; --soft: #444; --line: #bbb; --accent: #000; }
html { font-size: 10pt; }
body { line-height: 1.45; }
td bdi { overflow-wrap: anywhere; }
.bar, .skip, .top, input[name="language"] { display: none; }
.bar > div, main, .end { width: 100%; }
h1 { font-size: 28pt; }
h2 { font-size: 17pt; }
h3, .group h3 { font-size: 12.5pt; }
h1, h2, h3, .head, .origins, thead { break-after: avoid; }
.head, .origins, .prose { break-inside: avoid; }
p, li, dd { orphans: 3; widows: 3; }
.hero { padding-block: 0 6mm; }
.lede { font-size: 14pt; }
main > section { padding-block: 6mm; }
main > section > * + *, section.group > * + * { margin-top: 3mm; }
.brief, .cards, .cards.wide { display: grid; grid-template-columns: repeat(2, 1fr); gap: 3mm; }
.brief { grid-template-columns: repeat(3, 1fr); margin-bottom: 6mm; }
.cards.rights { columns: 2; column-gap: 3mm; margin-bottom: -3mm; }
.cards.rights li { margin-bottom: 3mm; }
.sheet { overflow: visible; }
.brief a, .cards li { padding: 3mm; border-radius: 1.5mm; }
.brief li, .cards li, .contents li, .plain li, .facts, .steps li, address { break-inside: avoid; }
.facts { grid-template-columns: repeat(2, 1fr); }
section.group { margin-top: 9mm !important; }
.grid { font-size: 9pt; line-height: 1.35; }
.grid th { font-size: 8pt; padding: 0 3mm 1.5mm 0; }
.grid td { padding: 1.5mm 3mm 1.5mm 0; }
.grid thead { display: table-header-group; }
.grid tr { break-inside: avoid; }
pre { font-size: 8pt; }
a { text-decoration: none; }
${asBoxes('.grid.broad', '36mm')}
${asBoxes('.grid.record', '36mm')}
.grid.broad tbody tr, .grid.record tbody tr { padding: 3mm; border-radius: 1.5mm; gap: 2mm 4mm; }
.grid.broad thead, .grid.record thead { display: none; }
}
`;

/** The page's style sheet; the same for every page, so that its digest is too. */
export const PAGE_STYLE = BASE + LAYOUT + TABLE + SCREEN + PRINT;

/**
 * A4 with the controller, the operation and the page number in the foot of every sheet. Both texts are escaped;
 * browsers without page-margin boxes leave the foot empty, the page itself repeats what it says.
 */
export function paperStyle(controller: string, operation: string): string {
  const characters = [...controller];
  const name = characters.length > 60 ? `${characters.slice(0, 59).join('')}…` : controller;
  const font = 'font: 7.5pt system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; color: #444;';
  return `
@page { size: A4; margin: 16mm 16mm 20mm;
  @bottom-left { content: ${cssString(`${name} · ${operation}`)}; ${font} }
  @bottom-right { content: counter(page) " / " counter(pages); ${font} } }
`;
}
