import { createHash } from 'node:crypto';
import { instantIn } from './dates.js';
import { Html, html, isolated } from './escape.js';
import { LETTER_STYLE } from './letters/style.js';
import type { Text } from './page-model.js';
import { paperStyle } from './page-style.js';

/** What the page of a send list tells; no recipient. Instants are UTC with microseconds. */
export interface WaterfallModel {
  readonly controller: string;
  readonly operation: string;
  readonly timeZone: string;
  readonly channel: 'email' | 'sms';
  readonly campaign: string | null;
  readonly segment: string | null;
  readonly snapshot: string;
  readonly expires: string;
  readonly sha256: string;
  readonly rows: number;
  readonly total: number;
  /** Who was left out, in the order in which it was asked. */
  readonly left: readonly { readonly title: Text; readonly count: number }[];
}

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

const CHANNELS: Readonly<Record<WaterfallModel['channel'], Text>> = {
  email: { lv: 'e-pasts', en: 'e-mail' },
  sms: { lv: 'īsziņas', en: 'text messages' },
};

/** The page of a send list: what it was made with, and as a chart how many were left out for which one reason. */
export function waterfallPage(model: WaterfallModel): string {
  const paper = paperStyle(model.controller, model.operation);
  const styles = [paper, LETTER_STYLE, STYLE];
  const policy = `default-src 'none'; style-src ${styles.map(digest).join(' ')}; base-uri 'none'; form-action 'none'`;
  const title: Text = { lv: 'Adresātu saraksts', en: 'Send list' };
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex, nofollow">
<title>${title.en} ${model.operation}</title>
${new Html(styles.map((style) => `<style>${style}</style>`).join('\n'))}
</head>
<body>
<div class="sheet">
<header class="head"><p class="name">${isolated(model.controller)}</p></header>
<main>
${PARTS.map((language) => part(model, language))}
</main>
</div>
</body>
</html>
`.markup;
}

const PARTS = ['en', 'lv'] as const;

function part(model: WaterfallModel, language: 'lv' | 'en'): Html {
  const say = (text: Text) => text[language];
  const rows: readonly (readonly [Text, string | null])[] = [
    [{ lv: 'Saziņas veids', en: 'Channel' }, say(CHANNELS[model.channel])],
    [{ lv: 'Kampaņa', en: 'Campaign' }, model.campaign],
    [{ lv: 'Segments', en: 'Segment' }, model.segment],
    [{ lv: 'Dati uz', en: 'Data as of' }, say(instantIn(model.snapshot, model.timeZone))],
    [{ lv: 'Izmantojams līdz', en: 'To be used until' }, say(instantIn(model.expires, model.timeZone))],
    [{ lv: 'Saraksta SHA-256', en: 'SHA-256 of the list' }, model.sha256],
    [{ lv: 'Operācija', en: 'Operation' }, model.operation],
  ];
  let remaining = model.total;
  const steps = model.left.map(({ title, count }) => {
    const start = remaining - count;
    remaining = start;
    return bar(say(title), model.total, start, count, `−${count}`);
  });
  return html`<section lang="${language}"><h1>${say({ lv: 'Adresātu saraksts', en: 'Send list' })}</h1>
<p>${say({
    lv: `No ${model.total} ierakstiem sarakstā ir ${model.rows}. Pārējiem norādīts viens iemesls, kāpēc to tajā nav.`,
    en: `Of ${model.total} records ${model.rows} are in the list. Each of the others has one reason why it is not.`,
  })}</p>
<dl class="facts">${rows.flatMap(([label, value]) =>
    value === null ? [] : [html`<div><dt>${say(label)}</dt><dd>${value}</dd></div>`],
  )}</dl>
<div class="chart" role="img" aria-label="${say({ lv: 'Cik ierakstu palika pēc katra iemesla', en: 'How many records remained after each reason' })}">
${bar(say({ lv: 'aplūkoti', en: 'looked at' }), model.total, 0, model.total, String(model.total))}
${steps}
${bar(say({ lv: 'sarakstā', en: 'in the list' }), model.total, 0, model.rows, String(model.rows), 'kept')}
</div></section>
`;
}

function bar(label: string, total: number, start: number, count: number, figure: string, kind = ''): Html {
  const percent = (n: number) => (total === 0 ? 0 : Math.round((n / total) * 10_000) / 100);
  return html`<p class="${kind}"><span>${label}</span><span class="track"><svg preserveAspectRatio="none" aria-hidden="true"><rect x="${percent(start)}%" y="0" width="${percent(count)}%" height="100%"/></svg></span><span class="figure">${figure}</span></p>
`;
}

function digest(style: string): string {
  return `'sha256-${createHash('sha256').update(style, 'utf8').digest('base64')}'`;
}
