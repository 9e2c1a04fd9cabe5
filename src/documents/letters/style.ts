import { DARK, LIGHT } from '../page-style.js';

function variables(colours: Readonly<Record<keyof typeof LIGHT, string>>): string {
  return Object.entries(colours)
    .map(([name, value]) => `--${name}: ${value};`)
    .join(' ');
}

const BASE = `
:root { color-scheme: light dark; ${variables(LIGHT)}
  --text: "Segoe UI", Roboto, "Helvetica Neue", Arial, "Liberation Sans", "Noto Sans", system-ui, sans-serif;
  --title: "Iowan Old Style", "Palatino Linotype", Palatino, "Noto Serif", Georgia, serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Consolas, "Noto Sans Mono", monospace; }
@media screen and (prefers-color-scheme: dark) { :root { ${variables(DARK)} } }
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.55 var(--text); overflow-wrap: break-word; }
h1, h2, h3, p, dl, dd, ul, ol, address { margin: 0; }
h1, h2, .name { font-family: var(--title); font-weight: 600; text-wrap: balance; }
h1 { margin-top: 2rem; font-size: 1.6rem; line-height: 1.2; }
h1 + p { margin-top: 1.1rem; }
h2 { margin-top: 1.6rem; font-size: 1.1rem; line-height: 1.3; }
h3 { margin-top: 1.1rem; font-size: 1rem; line-height: 1.3; }
p, ul, ol, dl, .box, main address { margin-top: 0.7rem; }
h2 + p, h2 + ul, h2 + ol, h2 + dl, h3 + dl, h2 + .whole > p:first-child { margin-top: 0.4rem; }
p { text-wrap: pretty; }
a { color: var(--accent); text-underline-offset: 0.18em; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
address { font-style: normal; }
ul, ol { padding-left: 1.3rem; }
li + li { margin-top: 0.35rem; }
bdi.long, code, dd { overflow-wrap: anywhere; }
.own { white-space: pre-line; overflow-wrap: anywhere; }
.small, dt { font-size: 0.875rem; line-height: 1.45; color: var(--soft); }
.sheet { width: min(100%, 50rem); margin-inline: auto; padding: clamp(1.25rem, 5vw, 4rem); background: var(--card); }
.head { padding-bottom: 0.9rem; border-bottom: 2px solid var(--accent); }
.head p { margin: 0; }
.head .name { font-size: 1.35rem; line-height: 1.25; color: var(--accent); }
.head .small { margin-top: 0.3rem; }
.to { display: grid; grid-template-columns: minmax(0, 1fr) fit-content(50%); gap: 1rem 2rem; align-items: start; margin-top: 1.8rem; }
.to > * { margin: 0; }
.to .own { display: block; }
.day { text-align: right; }
.blank { display: block; border-bottom: 1px solid var(--soft); height: 2rem; }
.under { display: block; font-size: 0.75rem; line-height: 1.4; color: var(--soft); }
.facts { border-block: 1px solid var(--line); padding-block: 0.5rem; }
.facts > div { display: grid; grid-template-columns: 11.5rem minmax(0, 1fr); gap: 0 1rem; align-items: baseline; padding-block: 0.15rem; }
.line { display: block; }
.one { white-space: nowrap; }
blockquote { margin: 0.4rem 0 0; padding-left: 0.9rem; border-left: 3px solid var(--line); }
.box { padding: 0.8rem 1rem; background: var(--tint); border-left: 3px solid var(--accent); }
.box p { margin: 0; }
.box p + p { margin-top: 0.4rem; }
main .place { padding-left: 1.3rem; }
code { font-family: var(--mono); font-size: 0.9em; }
.print { font-size: 0.85em; letter-spacing: 0.02em; line-height: 1.6; }
.print span { margin-right: 0.5em; white-space: nowrap; }
.close { margin-top: 1.8rem; }
.signature { display: grid; grid-template-columns: 1fr 1fr 1fr; gap: 1.5rem; align-items: end; margin-top: 2.2rem; }
.signature > div { display: grid; grid-template-rows: auto 1.2rem; }
.signature > div > span:first-child { border-bottom: 1px solid var(--soft); min-height: 1.6em; }
.signature .filled > span:first-child { border-bottom-color: transparent; }
.law { margin-top: 2rem; padding-top: 0.6rem; border-top: 1px solid var(--line); font-size: 0.8125rem; line-height: 1.45; color: var(--soft); }
.law p { margin: 0; }
`;

const SCREEN = `
@media screen and (max-width: 34rem) {
.to { grid-template-columns: minmax(0, 1fr); }
.day { text-align: left; order: -1; }
.facts > div, .signature { grid-template-columns: minmax(0, 1fr); }
}
@media screen and (min-width: 50.01rem) {
body { padding-block: 2rem; }
.sheet { border: 1px solid var(--line); border-radius: 0.4rem; }
}
`;

const PRINT = `
@page { margin: 15mm 20mm 16mm 25mm; }
@media print {
:root { color-scheme: light; --ground: #fff; --card: #fff; --tint: #f3f3f1; --ink: #000; --soft: #444; --line: #bbb; --accent: #0b3f3b; }
html { font-size: 10pt; }
body { line-height: 1.38; }
.sheet { width: 100%; padding: 0; }
h1 { margin-top: 4mm; font-size: 15pt; }
h2 { margin-top: 4.2mm; font-size: 11.5pt; }
h3 { margin-top: 3mm; font-size: 10pt; }
h1, h2, h3 { break-after: avoid; }
p, ul, ol, dl, .box, main address { margin-top: 2.2mm; }
h1 + p { margin-top: 3.2mm; }
h2 + p, h2 + ul, h2 + ol, h2 + dl, h3 + dl, h2 + .whole > p:first-child { margin-top: 1mm; }
li + li { margin-top: 0.8mm; }
p, li { orphans: 3; widows: 3; }
p, li, address, .box, .whole, .facts > div, .law { break-inside: avoid; }
a { color: inherit; text-decoration: none; }
.small, dt { font-size: 8.5pt; }
.box { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
.head .name { font-size: 14pt; }
.to { margin-top: 6mm; min-height: 19mm; }
.close { margin-top: 5mm; }
.signature { margin-top: 7mm; }
.blank { height: 7mm; }
.under { font-size: 7.5pt; }
.law { margin-top: 4mm; font-size: 7.5pt; }
}
`;

/** The style sheet of every letter; the same for all, so that its digest is too. */
export const LETTER_STYLE = BASE + SCREEN + PRINT;
