import { html, isolated } from '../escape.js';
import type { CorrectedLine, RectificationModel } from './model.js';
import {
  askedArticles,
  type Body,
  contactPart,
  factLines,
  IF_NOT_CONTENT,
  IF_UNCLEAR,
  recipientsPart,
  remedies,
  requestLines,
  speaker,
} from './parts.js';

/** What was corrected, by the names of the fields, what stays as it was issued, and who is told (Art. 16, 19). */
export function rectificationBody(model: RectificationModel): Body {
  const { language, corrected, left, held, recipients } = model;
  const say = speaker(language);
  const content = html`<p>${say({
    lv: model.request
      ? 'Izpildījām Jūsu lūgumu un izlabojām Jūsu personas datus.'
      : 'Jūsu personas datus esam izlabojuši.',
    en: model.request
      ? 'We have done as you asked and corrected your personal data.'
      : 'We have corrected your personal data.',
  })}</p>
${factLines(requestLines(model))}<h2>${say({ lv: 'Kas ir izlabots', en: 'What is corrected' })}</h2>
${
  corrected.length === 0
    ? html`<p>${say({
        lv: 'Dati jau bija tādi, kā norādījāt, tāpēc nekas nebija jāmaina.',
        en: 'The data were already as you say, so that nothing had to be changed.',
      })}</p>
`
    : factLines(corrected.map((line) => lineOf(model, line)))
}${
  left.length === 0
    ? undefined
    : html`<h2>${say({ lv: 'Kas paliek nemainīts', en: 'What stays as it was issued' })}</h2>
<p>${say({
        lv: 'Šajos dokumentos ierakstīts tas, kas bija zināms to izsniegšanas dienā, un likums neļauj tos pārrakstīt.',
        en: 'These documents record what was known on the day of issue, and the law does not let us write them anew.',
      })}</p>
${factLines(left.map((line) => lineOf(model, line)))}`
}${
  held.length === 0
    ? undefined
    : html`<h2>${say({ lv: 'Ko pagaidām nedrīkstam mainīt', en: 'What we have to leave as it is' })}</h2>
<p>${say({
        lv: 'Šos datus tiesa vai iestāde likusi saglabāt tādus, kādi tie ir. Kad šī prasība beigsies, lūdzam atgādināt, un tos izlabosim.',
        en: 'A court or an authority has ordered these data to be kept as they are. Once that order has ended, please remind us, and we shall correct them.',
      })}</p>
${factLines(held.map((line) => lineOf(model, line)))}`
}${recipientsPart(model, recipients, { lv: 'Par labojumu paziņojam', en: 'about the correction' })}${remedies(model, IF_NOT_CONTENT)}`;
  return {
    subject: say({ lv: 'Jūsu datu labošana', en: 'The correction of your data' }),
    content,
    contact: contactPart(model, IF_UNCLEAR),
    articles: ['16', ...(recipients.length === 0 ? [] : ['19']), '12(3)', ...askedArticles(model), '77', '79'],
  };
}

function lineOf({ language }: RectificationModel, { what, fields, law }: CorrectedLine) {
  const names = fields.map((field) => field[language]).join(', ');
  const value = law === undefined ? names : html`${names} <span class="small">(${isolated(law)})</span>`;
  return [what[language], value] as const;
}
