import { bar, chartSheet } from './chart-sheet.js';
import { instantIn } from './dates.js';
import { type Html, html } from './escape.js';
import type { Text } from './page-model.js';

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

const CHANNELS: Readonly<Record<WaterfallModel['channel'], Text>> = {
  email: { lv: 'e-pasts', en: 'e-mail' },
  sms: { lv: 'īsziņas', en: 'text messages' },
};

/** The page of a send list: what it was made with, and as a chart how many were left out for which one reason. */
export function waterfallPage(model: WaterfallModel): string {
  return chartSheet(
    { controller: model.controller, operation: model.operation, title: 'Send list' },
    PARTS.map((language) => part(model, language)),
  );
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
