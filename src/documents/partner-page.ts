import { instantIn } from './dates.js';
import { html, isolated } from './escape.js';
import type { LetterModel } from './letters/model.js';
import { factLines, speaker, unbroken } from './letters/parts.js';
import { letterhead, paper } from './letters/sheet.js';
import { zoneText } from './letters/zone.js';
import type { Language, Text } from './page-model.js';

/** A disclosure as the page in its archive tells of it. */
export interface PartnerPageModel {
  readonly language: Language;
  readonly controller: LetterModel['controller'];
  readonly timeZone: string;
  /** The instant at which everything was read. */
  readonly at: string;
  readonly operation: string;
  readonly recipient: string;
  readonly ground: Text;
  readonly purpose: Text;
  readonly categories: readonly Text[];
  /** The files that are given, by what they hold. */
  readonly given: readonly { readonly what: string; readonly rows: number; readonly sha256: string }[];
  readonly people: number;
  readonly left: readonly { readonly why: Text; readonly rows: number }[];
}

/** What was given to whom and why, as a whole page to be read or printed. Pure: the same model gives the same bytes. */
export function partnerPage(model: PartnerPageModel): string {
  const { language, controller, at, timeZone } = model;
  const say = speaker(language);
  const title = say({ lv: 'Datu nodošana', en: 'Disclosure of data' });
  const left = model.left.filter(({ rows }) => rows > 0);
  const content = html`${letterhead(model)}
<main>
<h1>${title}</h1>
${factLines([
  [say({ lv: 'Kam', en: 'To' }), isolated(model.recipient)],
  [say({ lv: 'Pamats', en: 'Ground' }), model.ground[language]],
  [say({ lv: 'Nolūks', en: 'Purpose' }), model.purpose[language]],
  [
    say({ lv: 'Datu kategorijas', en: 'Categories of data' }),
    model.categories.map((each) => each[language]).join(', '),
  ],
  [say({ lv: 'Personu skaits', en: 'People' }), String(model.people)],
  [
    say({ lv: 'Dati nolasīti', en: 'Data as of' }),
    html`${instantIn(at, timeZone)[language]} <span class="small">(${zoneText(timeZone)[language]})</span>`,
  ],
  [say({ lv: 'Darbības numurs', en: 'Operation' }), unbroken(model.operation)],
])}<h2>${say({ lv: 'Kas nodots', en: 'What was given' })}</h2>
${model.given.map(
  ({ what, rows, sha256 }) => html`<div class="whole">${factLines([
    [say({ lv: 'Saturs', en: 'Holds' }), isolated(what)],
    [say({ lv: 'Rindas', en: 'Rows' }), String(rows)],
    ['SHA-256', html`<code>${sha256}</code>`],
  ])}</div>
`,
)}${
  left.length === 0
    ? undefined
    : html`<h2>${say({ lv: 'Kas nav nodots', en: 'What was not given' })}</h2>
${factLines(left.map(({ why, rows }) => [why[language], String(rows)] as const))}`
}</main>`;
  return paper({ language, controller, title, mark: undefined }, content);
}
