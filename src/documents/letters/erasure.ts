import { html, isolated } from '../escape.js';
import type { ErasureModel, KeptLine } from './model.js';
import {
  askedArticles,
  type Body,
  contactPart,
  dayText,
  factLines,
  IF_NOT_CONTENT,
  IF_UNCLEAR,
  remedies,
  requestLines,
  speaker,
} from './parts.js';

/** That the data is erased, and of what is kept: each field, the ground and when it goes (Art. 17(3), 12(4)). */
export function erasureBody(model: ErasureModel): Body {
  const { language, kept } = model;
  const say = speaker(language);
  const content = html`<p>${say({
    lv: `${model.request ? 'Izpildījām Jūsu lūgumu: ' : ''}Jūsu personas datus esam dzēsuši no savas datubāzes.`,
    en: `${model.request ? 'We have done as you asked: your' : 'Your'} personal data are erased from our database.`,
  })}</p>
${factLines(requestLines(model))}<h2>${say({ lv: 'Ko vēl glabājam', en: 'What is still kept' })}</h2>
${
  kept.length === 0
    ? html`<p>${say({ lv: 'Jūsu datus vairs neglabājam.', en: 'None of your data is kept any longer.' })}</p>
`
    : html`<p>${say({
        lv: 'Šos datus mums ir tiesības vai pienākums paturēt. Citam nolūkam tos neizmantojam, un katrs no tiem tiks dzēsts norādītajā laikā.',
        en: 'These data we may or must keep. We use them for nothing else, and each of them will be erased at the time that is given.',
      })}</p>
${kept.map((line) => keptLines(model, line))}`
}<h2>${say({ lv: 'Rezerves kopijas', en: 'Backups' })}</h2>
<p>${say({
    lv: 'Rezerves kopijās dzēstie dati var palikt, līdz kopija tiek pārrakstīta; ja kādu kopiju nāktos atjaunot, dzēšanu atkārtosim.',
    en: 'Backups may hold the erased data until they are overwritten; should a backup ever be restored, we repeat the erasure.',
  })}</p>
<p>${say({
    lv: 'No Jūsu identifikatoriem (piemēram, e-pasta adreses) glabājam ar slepenu atslēgu aprēķinātus kodus, no kuriem pašus identifikatorus nolasīt nevar. Tie vajadzīgi, lai Jūsu dati neatgrieztos un lai varētu Jums atbildēt, ja vēlreiz vērsīsieties pie mums.',
    en: 'Of your identifiers (such as your e-mail address) we keep codes computed with a secret key, from which the identifiers themselves cannot be read. They are needed so that your data do not come back, and so that we can answer you should you write to us again.',
  })}</p>
${remedies(model, IF_NOT_CONTENT)}`;
  return {
    subject:
      kept.length === 0
        ? say({ lv: 'Jūsu dati ir dzēsti', en: 'Your data are erased' })
        : say({ lv: 'Jūsu dati ir dzēsti; ko vēl glabājam', en: 'Your data are erased; what is still kept' }),
    content,
    contact: contactPart(model, IF_UNCLEAR),
    articles: ['17(1)', ...(kept.length === 0 ? [] : ['17(3)']), '12(3)', ...askedArticles(model), '77', '79'],
  };
}

function keptLines({ language }: ErasureModel, { what, fields, because, law, until, untilWords }: KeptLine) {
  const say = speaker(language);
  const day = until === undefined ? undefined : dayText(language, 'the day until which data are kept', until, 'dative');
  return html`<div class="whole"><h3>${what[language]}</h3>
${factLines([
  [say({ lv: 'Dati', en: 'Data' }), fields.map((field) => field[language]).join(', ')],
  [say({ lv: 'Pamats', en: 'Ground' }), html`${because[language]} <span class="small">(${isolated(law)})</span>`],
  [
    say({ lv: 'Cik ilgi', en: 'How long' }),
    day === undefined ? untilWords?.[language] : say({ lv: `līdz ${day}`, en: `until ${day}` }),
  ],
])}</div>`;
}
