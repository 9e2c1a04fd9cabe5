import { instantIn } from './dates.js';
import { type Html, html, isolated } from './escape.js';
import type { LetterModel } from './letters/model.js';
import { factLines, joined, lawText, own, type Say, speaker, unbroken } from './letters/parts.js';
import { letterhead, paper } from './letters/sheet.js';
import { zoneText } from './letters/zone.js';
import type { Language, Text } from './page-model.js';

/** What the page tells of one thing that the person said. */
export interface ConsentPageEvent {
  /** Null where nobody knows when. */
  readonly at: string | null;
  readonly recordedAt: string | null;
  readonly purpose: Text;
  readonly channel: string;
  /** Who may be given data, by name; null where that is not what was said. */
  readonly party: string | null;
  readonly categories: readonly Text[] | null;
  readonly what: string;
  readonly mechanism: string | null;
  readonly wording: string | null;
  readonly evidence: string | null;
  readonly guardian: string | null;
  /** Where the shop keeps it, if not in the ledger. */
  readonly place: Text | null;
  readonly after: string;
}

/** A wording that an event names. */
export interface ConsentPageWording {
  readonly id: string;
  readonly language: string;
  readonly text: string;
  readonly sha256: string;
  readonly doubleOptIn: boolean;
  readonly shownFrom: string;
  readonly shownUntil: string | null;
}

export interface ConsentPageModel {
  readonly language: Language;
  readonly controller: LetterModel['controller'];
  readonly timeZone: string;
  /** The instant at which everything was read. */
  readonly snapshot: string;
  readonly subject: string;
  readonly names: readonly string[];
  readonly addresses: readonly string[];
  readonly standings: readonly {
    readonly purpose: Text;
    readonly channel: string;
    readonly party: string | null;
    readonly state: string;
    readonly since: string | null;
  }[];
  readonly events: readonly ConsentPageEvent[];
  readonly wordings: readonly ConsentPageWording[];
}

type Words = Readonly<Record<string, Text>>;

/** The ways of reaching somebody. */
export const CHANNEL_WORDS: Words = {
  email: { lv: 'e-pasts', en: 'e-mail' },
  sms: { lv: 'īsziņas', en: 'text messages' },
  phone: { lv: 'zvani', en: 'calls' },
  post: { lv: 'pasta sūtījumi', en: 'post' },
  disclosure: { lv: 'datu nodošana', en: 'giving data to a party' },
};

/** What can be said. */
export const SAID_WORDS: Words = {
  given: { lv: 'piekrita', en: 'agreed' },
  renewed: { lv: 'piekrita atkārtoti', en: 'agreed again' },
  confirmed: { lv: 'apstiprināja piekrišanu', en: 'confirmed the agreement' },
  expired: { lv: 'piekrišana beidzās', en: 'the agreement ran out' },
  withdrawn: { lv: 'atsauca piekrišanu', en: 'withdrew the agreement' },
  objected: { lv: 'iebilda', en: 'objected' },
};

/** How it was said. */
export const MECHANISM_WORDS: Words = {
  'web-form': { lv: 'veidlapa vietnē', en: 'form on the website' },
  checkout: { lv: 'pasūtījuma noformēšana', en: 'checkout' },
  paper: { lv: 'uz papīra', en: 'on paper' },
  phone: { lv: 'pa tālruni', en: 'by phone' },
  email: { lv: 'e-pastā', en: 'by e-mail' },
  'in-person': { lv: 'klātienē', en: 'in person' },
  'unsubscribe-link': { lv: 'atteikšanās saite vēstulē', en: 'unsubscribe link in a message' },
  bounce: { lv: 'vēstuli nevarēja piegādāt', en: 'the message could not be delivered' },
  complaint: { lv: 'sūdzība par vēstuli', en: 'complaint about a message' },
  rule: { lv: 'beidzās noteiktais laiks', en: 'the set time ran out' },
};

const STATES: Words = {
  none: { lv: 'nekas nav teikts', en: 'nothing was said' },
  given: { lv: 'piekrīt', en: 'agrees' },
  unconfirmed: { lv: 'piekrišana vēl nav apstiprināta', en: 'the agreement is not confirmed yet' },
  unproven: { lv: 'piekrišanu nevar pierādīt', en: 'the agreement cannot be proved' },
  expired: { lv: 'piekrišana ir beigusies', en: 'the agreement has run out' },
  withdrawn: { lv: 'piekrišana ir atsaukta', en: 'the agreement is withdrawn' },
  objected: { lv: 'iebilst', en: 'objects' },
};

/**
 * One person's consent with everything that proves it (Art. 7(1); EDPB 05/2020, §§104–108), as a whole page in one
 * language, to be read or printed. Pure: the same model gives the same bytes.
 */
export function consentPage(model: ConsentPageModel): string {
  const { language, controller, snapshot, timeZone, standings, events, wordings } = model;
  const say = speaker(language);
  const title = say({ lv: 'Apliecinājums par piekrišanu', en: 'Proof of consent' });
  const content = html`${letterhead(model)}
<main>
<h1>${title}</h1>
<p>${say({
    lv: 'Šeit ir viss, kas pie mums pierakstīts par to, kam šī persona piekritusi, ko atsaukusi un pret ko iebildusi, un katra jautājuma teksts tieši tāds, kāds tas viņai tika rādīts.',
    en: 'This is everything that we have on record of what this person agreed to, withdrew and objected to, and the text of each question exactly as it was shown to them.',
  })}</p>
${factLines([
  [say({ lv: 'Persona', en: 'Person' }), lines(model.names)],
  [say({ lv: 'Adreses un tālruņi', en: 'Addresses and phones' }), lines(model.addresses)],
  [say({ lv: 'Apzīmējums pie mums', en: 'Our reference' }), unbroken(model.subject)],
  [
    say({ lv: 'Stāvoklis', en: 'As of' }),
    html`${instantIn(snapshot, timeZone)[language]} <span class="small">(${zoneText(timeZone)[language]})</span>`,
  ],
])}<h2>${say({ lv: 'Kas ir spēkā', en: 'What stands' })}</h2>
${
  standings.length === 0
    ? html`<p>${say({ lv: 'Nekas nav pierakstīts.', en: 'Nothing is on record.' })}</p>`
    : html`<ul>${standings.map(
        ({ purpose, channel, party, state, since }) =>
          html`<li>${word(CHANNEL_WORDS, channel, say)}${party === null ? undefined : html` (${isolated(party)})`}: <strong>${word(STATES, state, say)}</strong>${
            since === null
              ? undefined
              : html`, ${say({ lv: 'kopš', en: 'since' })} ${instantIn(since, timeZone)[language]}`
          } <span class="small">(${purpose[language]})</span></li>
`,
      )}</ul>`
}
${
  events.length === 0
    ? undefined
    : html`<h2>${say({ lv: 'Kas kad teikts', en: 'What was said, and when' })}</h2>
${events.map((event) => eventPart(model, event, say))}`
}${
  wordings.length === 0
    ? undefined
    : html`<h2>${say({ lv: 'Ko persona redzēja', en: 'What the person was shown' })}</h2>
${wordings.map((wording) => wordingPart(model, wording, say))}`
}</main>
<footer class="law">${lawText(language, { subject: title, content: html``, contact: html``, articles: ['7(1)', '7(3)', '8(1)', '21(2)'] })}</footer>`;
  return paper({ language, controller, title, mark: undefined }, content);
}

function lines(texts: readonly string[]): Html | undefined {
  if (texts.length === 0) return undefined;
  return joined(
    texts.map((text) => html`<span class="line">${unbroken(text)}</span>`),
    ' ',
  );
}

function word(words: Words, code: string, say: Say): string {
  const text = words[code];
  return text === undefined ? code : say(text);
}

function eventPart({ language, timeZone }: ConsentPageModel, event: ConsentPageEvent, say: Say): Html {
  const { at, recordedAt, channel, what, mechanism, wording, evidence, guardian, place, purpose, after } = event;
  const moment = (instant: string) => instantIn(instant, timeZone)[language];
  return html`<div class="whole">${factLines([
    [
      say({ lv: 'Teikts', en: 'Said' }),
      at === null ? say({ lv: 'laiks nav zināms', en: 'at a time that nobody knows' }) : moment(at),
    ],
    [
      say({ lv: 'Kas', en: 'What' }),
      html`<strong>${word(SAID_WORDS, what, say)}</strong>: ${word(CHANNEL_WORDS, channel, say)}`,
    ],
    [say({ lv: 'Saņēmējs', en: 'Recipient' }), event.party === null ? undefined : isolated(event.party)],
    [
      say({ lv: 'Datu kategorijas', en: 'Categories of data' }),
      event.categories === null ? undefined : event.categories.map((each) => each[language]).join(', '),
    ],
    [say({ lv: 'Nolūks', en: 'Purpose' }), purpose[language]],
    [say({ lv: 'Kā', en: 'How' }), mechanism === null ? undefined : word(MECHANISM_WORDS, mechanism, say)],
    [say({ lv: 'Jautājuma teksts', en: 'Text of the question' }), wording === null ? undefined : unbroken(wording)],
    [say({ lv: 'Pierādījums', en: 'Evidence' }), evidence === null ? undefined : isolated(evidence)],
    [say({ lv: 'Vecāku piekrišana', en: "A parent's agreement" }), guardian === null ? undefined : isolated(guardian)],
    [say({ lv: 'Kur pierakstīts', en: 'Where it stands' }), place === null ? undefined : place[language]],
    [say({ lv: 'Pierakstīts', en: 'Written down' }), recordedAt === null ? undefined : moment(recordedAt)],
    [say({ lv: 'Pēc tam', en: 'After it' }), word(STATES, after, say)],
  ])}</div>
`;
}

function wordingPart({ language, timeZone }: ConsentPageModel, wording: ConsentPageWording, say: Say): Html {
  const moment = (instant: string) => instantIn(instant, timeZone)[language];
  const until = wording.shownUntil === null ? undefined : moment(wording.shownUntil);
  return html`<div class="whole">${factLines([
    [say({ lv: 'Apzīmējums', en: 'Id' }), unbroken(wording.id)],
    [say({ lv: 'Rādīts no', en: 'Shown from' }), moment(wording.shownFrom)],
    [say({ lv: 'Rādīts līdz', en: 'Shown until' }), until],
    [
      say({ lv: 'Apstiprināšana', en: 'Confirmation' }),
      wording.doubleOptIn
        ? say({ lv: 'piekrišana bija jāapstiprina otrreiz', en: 'the agreement had to be confirmed a second time' })
        : undefined,
    ],
    ['SHA-256', html`<code>${wording.sha256}</code>`],
  ])}<blockquote lang="${wording.language}">${own(wording.text)}</blockquote></div>
`;
}
