import { html } from '../escape.js';
import type { ObjectionModel } from './model.js';
import {
  askedArticles,
  type Body,
  contactPart,
  dayText,
  factLines,
  IF_NOT_CONTENT,
  IF_UNCLEAR,
  recipientsPart,
  remedies,
  requestLines,
  speaker,
} from './parts.js';

/** That an objection has taken effect, for what and from which day (Art. 21(1)–(3), 12(3)). */
export function objectionBody(model: ObjectionModel): Body {
  const { language, to, since, recipients } = model;
  const say = speaker(language);
  const day = dayText(language, 'the day of the objection', since, 'genitive');
  const texts = {
    marketing: {
      lead: say({
        lv: 'Ņēmām vērā Jūsu iebildumu: Jūsu personas datus reklāmai vairs neizmantojam, arī ne tam, lai noskaidrotu, kas Jūs varētu interesēt.',
        en: 'We have acted on your objection: we no longer use your personal data for marketing, nor to work out what may interest you for it.',
      }),
      means: say({
        lv: `Iebildums ir spēkā no ${day} un attiecas uz visiem saziņas veidiem: e-pastu, īsziņām, zvaniem un pasta sūtījumiem. Ziņas par Jūsu pasūtījumiem, piemēram, par piegādi, saņemsiet arī turpmāk. Ja reklāmu vēlāk atkal vēlēsieties, to sāksim sūtīt tikai ar Jūsu jaunu piekrišanu.`,
        en: `The objection is in force from ${day} and covers every way of contact: e-mail, text messages, calls and post. Messages about your orders, such as their delivery, you will still receive. Should you want advertising again later, we begin to send it only with a new consent of yours.`,
      }),
    },
    insight: {
      lead: say({
        lv: 'Ņēmām vērā Jūsu iebildumu: Jūsu personas datus profilēšanai un vēlmju izpētei vairs neizmantojam.',
        en: 'We have acted on your objection: we no longer use your personal data for profiling or to study your wishes.',
      }),
      means: say({
        lv: `Iebildums ir spēkā no ${day}. Jūsu pasūtījumu izpildi tas neskar.`,
        en: `The objection is in force from ${day}. It does not affect the fulfilment of your orders.`,
      }),
    },
  }[to];
  const content = html`<p>${texts.lead}</p>
${factLines(requestLines(model))}<h2>${say({ lv: 'Ko tas nozīmē', en: 'What this means' })}</h2>
<p>${texts.means}</p>
<p>${say({
    lv: 'Lai iebildumu ievērotu arī tad, ja Jūsu adrese vai tālruņa numurs pie mums nonāktu no cita avota, glabājam ar slepenu atslēgu aprēķinātus kodus, no kuriem pašu adresi vai numuru nolasīt nevar.',
    en: 'So that we respect the objection even if your address or phone number should reach us from another source, we keep codes computed with a secret key, from which the address or number itself cannot be read.',
  })}</p>
${recipientsPart(model, recipients, {
  lv: 'Par iebildumu paziņojam',
  en: 'about the objection',
})}${remedies(model, IF_NOT_CONTENT)}`;
  return {
    subject: say({ lv: 'Jūsu iebildums ir ņemts vērā', en: 'Your objection has taken effect' }),
    content,
    contact: contactPart(model, IF_UNCLEAR),
    articles: [
      ...(to === 'marketing' ? ['21(2)', '21(3)'] : ['21(1)']),
      ...(recipients.length === 0 ? [] : ['19']),
      '12(3)',
      ...askedArticles(model),
      '77',
      '79',
    ],
  };
}
