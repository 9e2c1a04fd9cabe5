import { instantIn } from '../dates.js';
import { html, isolated } from '../escape.js';
import { counted, type Noun } from '../format.js';
import { invalid, requireCount, requireInstant, requireSome } from './check.js';
import type { NegativeModel } from './model.js';
import { askedArticles, type Body, contactPart, factLines, remedies, requestLines, speaker } from './parts.js';
import { zoneText } from './zone.js';

/** Locative in Latvian, as it answers "where". */
const TABLES: Noun = {
  lv: { zero: 'datubāzes tabulās', one: 'datubāzes tabulā', other: 'datubāzes tabulās' },
  en: { one: 'database table', other: 'database tables' },
};

/** Shows stars, or nothing but initials. */
const MASKED = /\*{3}|^[\p{L}\p{N}]{1,3}\.(?: [\p{L}\p{N}]{1,3}\.)*$/u;

/** That nothing is held, and what was searched, by what, when and where (Art. 15(1): the answer is owed also then). */
export function negativeBody(model: NegativeModel): Body {
  const { language, search } = model;
  check(model);
  const say = speaker(language);
  const groups = search.groups ?? [];
  const identifiers = search.identifiers.map(
    ({ kind, masked }) => html`${kind[language]}${masked === undefined ? undefined : html`: ${isolated(masked)}`}`,
  );
  const content = html`<p>${say({
    lv: 'Izskatot Jūsu pieprasījumu, pārbaudījām savus datus un neatradām nevienu ierakstu par Jums.',
    en: 'To answer your request we searched our data and found no record about you.',
  })}</p>
<p>${say({
    lv: 'Tātad Jūsu personas datus neapstrādājam, izņemot šo pieprasījumu un saraksti par to. Tos glabājam, lai varētu parādīt, ka Jums atbildējām.',
    en: 'So we do not process personal data about you, other than this request and the correspondence about it. We keep these to be able to show that we answered you.',
  })}</p>
${factLines(requestLines(model))}<h2>${say({ lv: 'Kā meklējām', en: 'How we searched' })}</h2>
${factLines([
  [
    say({ lv: 'Kad', en: 'When' }),
    html`${instantIn(search.at, search.timeZone)[language]} <span class="small">(${zoneText(search.timeZone)[language]})</span>`,
  ],
  [
    say({ lv: 'Kur', en: 'Where' }),
    say({ lv: counted(search.tables, TABLES).lv, en: `in ${counted(search.tables, TABLES).en}` }),
  ],
  [
    say({ lv: 'Kas tajās glabājas', en: 'What they hold' }),
    groups.length === 0
      ? undefined
      : html`<span class="small">${groups.map((group) => group[language]).join(', ')}</span>`,
  ],
  [say({ lv: 'Pēc kā', en: 'By what' }), html`${identifiers.map((line) => html`<span class="line">${line}</span> `)}`],
])}${
  search.identifiers.some(({ masked }) => masked !== undefined)
    ? html`<p class="small">${say({
        lv: 'Vērtības šeit parādītas saīsināti, lai vēstulē nebūtu pilnu datu; meklējām pēc pilnajām.',
        en: 'The values are shortened here so that the letter does not hold them in full; we searched by the full ones.',
      })}</p>
`
    : undefined
}<h2>${say({ lv: 'Ja domājat, ka dati tomēr ir', en: 'If you think that there are data after all' })}</h2>
<p>${say({
    lv: 'Varbūt agrāk lietojāt citu e-pasta adresi, tālruņa numuru vai uzvārdu. Norādiet to, un mēs meklēsim vēlreiz. Par to, tāpat kā par šo atbildi, nav jāmaksā.',
    en: 'Perhaps you used another e-mail address, phone number or surname before. Tell us, and we search again. There is no charge for that, nor for this answer.',
  })}</p>
${remedies(model, {
  lv: 'Ja uzskatāt, ka atbilde nav pareiza vai pilnīga, varat sūdzēties uzraudzības iestādei:',
  en: 'If you think that this answer is not correct or complete, you can complain to the supervisory authority:',
})}`;
  return {
    subject: say({ lv: 'Datus par Jums neatradām', en: 'We found no data about you' }),
    content,
    contact: contactPart(model, {
      lv: 'Lai lūgtu meklēt vēlreiz vai kaut ko noskaidrotu, vērsieties pie mums:',
      en: 'To have us search again, or to ask something, please contact us:',
    }),
    articles: ['15(1)', '12(3)', '12(5)', ...askedArticles(model), '77', '79', '82'],
  };
}

function check({ search }: NegativeModel): void {
  requireInstant('the time of the search', search.at);
  requireCount('the number of tables', search.tables, 1);
  requireSome('identifier that was searched by', search.identifiers);
  if (search.identifiers.some(({ masked }) => masked !== undefined && !MASKED.test(masked))) {
    throw invalid(
      'an identifier of the letter is not masked',
      'give its kind alone or a masked value, as j***s@p***.lv',
    );
  }
}
