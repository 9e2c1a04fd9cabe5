import { html } from '../escape.js';
import type { AcknowledgementModel } from './model.js';
import {
  askedArticles,
  type Body,
  contactPart,
  type DayCase,
  dayText,
  factLines,
  own,
  requestLines,
  speaker,
} from './parts.js';

/** That the request came, what was understood, and by when it is answered (Art. 12(3)). */
export function acknowledgementBody(model: AcknowledgementModel): Body {
  const { language, request, quote } = model;
  const say = speaker(language);
  const received = dayText(language, 'the day of receipt', request.received, 'locative');
  const due = (latvianCase: DayCase) => dayText(language, 'the day due', request.due, latvianCase);
  const content = html`<p>${say({
    lv: `Apstiprinām, ka ${received} saņēmām Jūsu pieprasījumu par Jūsu personas datiem.`,
    en: `We confirm that we received your request about your personal data on ${received}.`,
  })}</p>
${factLines([
  ...requestLines(model),
  [say({ lv: 'Atbildes termiņš', en: 'We answer by' }), html`<strong>${due('nominative')}</strong>`],
])}${
  quote === undefined
    ? undefined
    : html`<p>${say({ lv: 'Jūsu vārdiem:', en: 'In your own words:' })}</p>
<blockquote>${own(quote)}</blockquote>
`
}<h2>${say({ lv: 'Kad atbildēsim', en: 'When we answer' })}</h2>
<p>${say({
    lv: `Atbildēsim bez nepamatotas kavēšanās un ne vēlāk kā ${due('locative')}. Termiņš ir viens mēnesis no pieprasījuma saņemšanas; ja tā pēdējā diena ir brīvdiena vai svētku diena, tas beidzas nākamajā darba dienā.`,
    en: `We answer without undue delay and no later than ${due('nominative')}. The period is one month from the receipt of the request; if its last day is a weekend or a public holiday, it ends on the next working day.`,
  })}</p>
<p>${say({
    lv: 'Ja pieprasījums izrādīsies sarežģīts vai pieprasījumu būs daudz, drīkstam šo termiņu pagarināt vēl par diviem mēnešiem. Par to un par iemesliem Jums paziņosim, pirms pirmais mēnesis ir beidzies.',
    en: 'If the request proves complex, or there are many requests, we may extend this period by two further months. We would tell you so, and why, before the first month has ended.',
  })}</p>
<h2>${say({ lv: 'Kas jādara Jums', en: 'What you need to do' })}</h2>
<p>${say({
    lv: 'Šobrīd nekas, un par pieprasījuma izskatīšanu nav jāmaksā. Ja mums būs pamatotas šaubas, vai pieprasījumu iesniedzāt Jūs, par to jautāsim atsevišķi. Pases vai personas apliecības kopiju, lūdzu, nesūtiet.',
    en: 'Nothing at present, and there is no charge for dealing with the request. If we have reasonable doubts whether the request came from you, we will ask you separately. Please do not send a copy of a passport or identity card.',
  })}</p>
`;
  return {
    subject: say({ lv: 'Jūsu pieprasījums ir saņemts', en: 'We have received your request' }),
    content,
    contact: contactPart(model, {
      lv: 'Ja pieprasījumu sapratām nepareizi vai vēlaties to papildināt vai atsaukt, paziņojiet mums:',
      en: 'If we misunderstood the request, or you wish to add to it or withdraw it, please tell us:',
    }),
    articles: ['12(3)', '12(5)', '12(6)', ...askedArticles(model)],
  };
}
