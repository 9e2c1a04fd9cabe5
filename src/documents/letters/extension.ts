import { html } from '../escape.js';
import type { Text } from '../page-model.js';
import { dayOf, invalid, refused, requireSome, requireText } from './check.js';
import type { ExtensionModel } from './model.js';
import {
  askedArticles,
  type Body,
  contactPart,
  type DayCase,
  dayText,
  factLines,
  own,
  remedies,
  requestLines,
  speaker,
} from './parts.js';

/** Three months have 92 days at most; a last day that is no working day moves by a week at most. */
const MOST_DAYS = 92 + 7;

const GROUNDS: Readonly<Record<ExtensionModel['grounds'][number], Text>> = {
  complexity: { lv: 'Pieprasījums ir sarežģīts.', en: 'The request is complex.' },
  number: { lv: 'Pieprasījumu skaits ir liels.', en: 'The number of requests is high.' },
};

/** That the answer takes longer, why, and until when; sent inside the first month (Art. 12(3)). */
export function extensionBody(model: ExtensionModel): Body {
  const { language, grounds, explanation, request, extendedDue } = model;
  check(model);
  const say = speaker(language);
  const due = (latvianCase: DayCase) => dayText(language, 'the day due', request.due, latvianCase);
  const extended = (latvianCase: DayCase) => dayText(language, 'the new day due', extendedDue, latvianCase);
  const content = html`<p>${say({
    lv: `Uz Jūsu pieprasījumu mums jāatbild līdz ${due('dative')}. Šo termiņu pagarinām: atbildēsim ne vēlāk kā ${extended('locative')}.`,
    en: `We have to answer your request by ${due('nominative')}. We extend this period: we answer no later than ${extended('nominative')}.`,
  })}</p>
${factLines([
  ...requestLines(model),
  [say({ lv: 'Sākotnējais termiņš', en: 'First period until' }), due('nominative')],
  [say({ lv: 'Jaunais termiņš', en: 'New period until' }), html`<strong>${extended('nominative')}</strong>`],
])}<h2>${say({ lv: 'Kāpēc vajadzīgs ilgāks laiks', en: 'Why we need more time' })}</h2>
<p>${grounds.map((ground) => GROUNDS[ground][language]).join(' ')} ${own(explanation)}</p>
<p>${say({
    lv: 'Mēneša termiņu drīkst pagarināt ne vairāk kā par diviem mēnešiem, un par to un par iemesliem jāpaziņo pirmā mēneša laikā; to darām ar šo vēstuli. Ja varēsim, atbildēsim agrāk. Par atbildi nav jāmaksā.',
    en: 'The period of one month may be extended by two further months at most, and we must tell you so, and why, within the first month; we do this with this letter. If we can answer earlier, we will. There is no charge for the answer.',
  })}</p>
${remedies(model, {
  lv: 'Ja uzskatāt, ka pagarinājums nav pamatots, varat sūdzēties uzraudzības iestādei:',
  en: 'If you think that the extension is not justified, you can complain to the supervisory authority:',
})}`;
  return {
    subject: say({ lv: 'Atbildes termiņš ir pagarināts', en: 'We need more time to answer' }),
    content,
    contact: contactPart(model, {
      lv: 'Ja Jums ir jautājumi, vērsieties pie mums:',
      en: 'If you have questions, please contact us:',
    }),
    articles: ['12(3)', '12(5)', ...askedArticles(model), '77', '79', '82'],
  };
}

function check({ grounds, explanation, request, date, extendedDue }: ExtensionModel): void {
  requireSome('ground for the extension', grounds);
  requireText('an explanation of why the answer takes longer', explanation);
  for (const [field, day] of [
    ['the day of the letter', date],
    ['the day due', request.due],
    ['the new day due', extendedDue],
    ['the day of receipt', request.received],
  ] as const) {
    dayOf(field, day);
  }
  if (date > request.due) {
    throw refused(
      'an extension must be sent within the first month, which is over',
      'answer the request now; a late extension has no effect (Art. 12(3))',
    );
  }
  if (extendedDue <= request.due) throw invalid('the new day due is not after the first one');
  if (Date.parse(extendedDue) - Date.parse(request.received) > MOST_DAYS * 86_400_000) {
    throw refused('the extension is longer than two further months', 'choose an earlier day (Art. 12(3))');
  }
}
