import { dateText } from '../dates.js';
import { type Html, type HtmlValue, html, isolated, webAddress } from '../escape.js';
import { articleText } from '../format.js';
import type { Language, Text } from '../page-model.js';
import { RIGHTS_TEXTS } from '../rights.js';
import { ASKED } from './asked.js';
import { dayOf, requireSome } from './check.js';
import type { LetterModel, LetterRequest } from './model.js';

/** What a letter says between its subject and its closing, and the articles that it rests on. */
export interface Body {
  readonly subject: string;
  readonly content: Html;
  /** The closing paragraph, made by `contactPart`; stays on one page with the signature. */
  readonly contact: Html;
  /** Places in the Regulation, e.g. `12(3)`; doubles are dropped. */
  readonly articles: readonly string[];
  /** Further sources, named beside the articles. */
  readonly sources?: readonly string[];
}

/** Chooses the letter's language. */
export type Say = <T>(texts: { readonly lv: T; readonly en: T }) => T;

export function speaker(language: Language): Say {
  return (texts) => texts[language];
}

/** The cases in which letters name days. */
export type DayCase = NonNullable<Parameters<typeof dateText>[1]>;

/** `2026. gada 2. martā` (in the case asked for) or `2 March 2026`. @throws GdprError INPUT_INVALID for no day. */
export function dayText(language: Language, field: string, day: string, latvianCase: DayCase = 'nominative'): string {
  return dateText(dayOf(field, day), latvianCase)[language];
}

/** Label and value, a line each; lines without a value are left out, and the list with the last of them. */
export function factLines(rows: readonly (readonly [string, HtmlValue])[]): Html {
  const held = rows.filter(([, value]) => value !== undefined);
  if (held.length === 0) return html``;
  return html`<dl class="facts">${held.map(
    ([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>
`,
  )}</dl>
`;
}

/** A text of the operator, its line breaks kept. */
export function own(text: string): Html {
  return html`<bdi class="own">${text.trim()}</bdi>`;
}

/** `[number, receipt, what was asked]` as lines for `factLines`. */
export function requestLines({ language, request }: LetterModel): [string, HtmlValue][] {
  if (request === undefined) return [];
  const say = speaker(language);
  return [
    [say({ lv: 'Pieprasījuma numurs', en: 'Number of the request' }), isolated(request.number)],
    [say({ lv: 'Saņemts', en: 'Received on' }), dayText(language, 'the day of receipt', request.received)],
    [say({ lv: 'Jūs lūdzāt', en: 'You asked us to' }), askedLines(language, request)],
  ];
}

function askedLines(language: Language, { asked }: LetterRequest): Html {
  requireSome('thing that was asked', asked);
  return html`${asked.map((right) => html`<span class="line">${ASKED[right].text[language]}</span> `)}`;
}

export function askedArticles({ request }: LetterModel): string[] {
  return (request?.asked ?? []).map((asked) => ASKED[asked].article);
}

/** Characters that fit on a line of a telephone. */
const SHORT = 28;

/** An address, a number or a name of a file, broken only where a line has no room for it. */
export function unbroken(text: string): Html {
  return html`<bdi class="${text.length > SHORT ? 'long' : 'one'}">${text}</bdi>`;
}

/** A postal address whose short parts, such as a postcode, do not break at their hyphens. */
export function postal(address: string): Html {
  const parts = address.split(/(?<=,)\s+/).map((part) => {
    return part.length > SHORT ? html`${part}` : html`<span class="one">${part}</span>`;
  });
  return html`<bdi class="long">${joined(parts, ' ')}</bdi>`;
}

export function joined(parts: readonly Html[], separator: string): Html {
  return html`${parts.map((part, index) => html`${index === 0 ? undefined : separator}${part}`)}`;
}

export function mailLink(address: string): Html {
  return /^[^\s@<>"?&]+@[^\s@<>"?&]+$/.test(address)
    ? html`<a href="mailto:${encodeURI(address)}">${unbroken(address)}</a>`
    : unbroken(address);
}

export function siteLink(address: string): Html {
  const href = webAddress(address);
  return href === undefined ? unbroken(address) : html`<a href="${href}" rel="noreferrer">${unbroken(address)}</a>`;
}

/** How a letter that answers a right leads to the supervisor, and to the controller. */
export const IF_NOT_CONTENT: Text = {
  lv: 'Ja šī atbilde Jūs neapmierina, varat sūdzēties uzraudzības iestādei:',
  en: 'If you are not content with this answer, you can complain to the supervisory authority:',
};
export const IF_UNCLEAR: Text = {
  lv: 'Ja kaut kas nav skaidrs, vērsieties pie mums:',
  en: 'If anything is unclear, please contact us:',
};

/**
 * The last paragraph before the signature: how to reach the controller about this request, and by name whoever answers
 * for data protection. `opening` ends in a colon.
 */
export function contactPart({ language, controller, request, reference }: LetterModel, opening: Text): Html {
  const say = speaker(language);
  const ways = [
    controller.email === undefined ? undefined : mailLink(controller.email),
    controller.phone === undefined ? undefined : unbroken(controller.phone),
    postal(controller.address),
  ].filter((way) => way !== undefined);
  const ofRequest = { lv: 'Lūdzam norādīt pieprasījuma numuru', en: 'Please give the number of the request,' };
  const ofLetter = { lv: 'Lūdzam norādīt vēstules numuru', en: 'Please give the number of this letter,' };
  const number = request?.number ?? reference;
  const officer = say({ lv: 'Par datu aizsardzību atbild', en: 'Responsible for data protection:' });
  return html`<p>${opening[language]} ${joined(ways, '; ')}.${
    number === undefined ? undefined : html` ${say(request === undefined ? ofLetter : ofRequest)} ${unbroken(number)}.`
  }${controller.officer === undefined ? undefined : html` ${officer} ${isolated(controller.officer)}.`}</p>
`;
}

/** Art. 77: the complaint, and the authority with all that is needed to reach it. */
export function complaintPart({ language, supervisor }: LetterModel, opening: Text): Html {
  return html`<p>${opening[language]}</p>
<address class="place"><strong>${isolated(supervisor.name[language])}</strong><br>${postal(supervisor.address)}<br>${mailLink(supervisor.email)} · ${siteLink(supervisor.website)}</address>
`;
}

/** Art. 79 and 82. */
export function courtPart({ language }: LetterModel): Html {
  const where: Text = {
    lv: 'Prasību varat celt tās Eiropas Savienības dalībvalsts tiesā, kurā ir mūsu atrašanās vieta vai Jūsu pastāvīgā dzīvesvieta.',
    en: 'You can bring the claim in the courts of the Member State of the European Union where we are established or where you habitually live.',
  };
  return html`<p>${RIGHTS_TEXTS.court[language]} ${where[language]}</p>
`;
}

/**
 * The recipients who are told of a change (Art. 19), by name; nothing where there are none. `about` is how the sentence
 * begins in Latvian, and what they are told of in English.
 */
export function recipientsPart({ language }: LetterModel, recipients: readonly string[], about: Text): Html {
  if (recipients.length === 0) return html``;
  const say = speaker(language);
  return html`<div class="whole"><h2>${say({ lv: 'Kam par to paziņojam', en: 'Whom we tell' })}</h2>
<p>${say({
    lv: `${about.lv} šādiem datu saņēmējiem, ja vien tas nav neiespējami vai nesamērīgi grūti:`,
    en: `We tell these recipients of the data ${about.en}, unless that is impossible or takes disproportionate effort:`,
  })}</p>
<ul>${recipients.map((name) => html`<li>${isolated(name)}</li>`)}</ul></div>
`;
}

/** Complaint and court in a section of their own, for letters that are no refusal. */
export function remedies(model: LetterModel, opening: Text): Html {
  return html`<h2>${speaker(model.language)({ lv: 'Ja nepiekrītat', en: 'If you disagree' })}</h2>
${complaintPart(model, opening)}${courtPart(model)}`;
}

/** The small print: where in the Regulation what the letter says stands. */
export function lawText(language: Language, { articles, sources = [] }: Body): Html {
  const say = speaker(language);
  const order = new Intl.Collator('en', { numeric: true });
  const places = [...new Set(articles)]
    .filter((article) => !articles.some((other) => other.startsWith(`${article}(`)))
    .toSorted(order.compare);
  const list = say({
    lv: places.map((article) => articleText(article).lv).join('; '),
    en: `${places.length === 1 ? 'Article' : 'Articles'} ${places.join(', ')}`,
  });
  const regulation: Text = {
    lv: 'Eiropas Parlamenta un Padomes Regula (ES) 2016/679 (Vispārīgā datu aizsardzības regula, VDAR)',
    en: 'Regulation (EU) 2016/679 (General Data Protection Regulation, GDPR)',
  };
  const title = say({ lv: 'Atsauces', en: 'References' });
  return html`<p>${title}: ${regulation[language]}: ${list}.${sources.map((source) => html` ${source}.`)}</p>`;
}
