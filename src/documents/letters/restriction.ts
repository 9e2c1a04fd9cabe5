import { html } from '../escape.js';
import type { Text } from '../page-model.js';
import type { RestrictionModel } from './model.js';
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

const WHY: Readonly<Record<RestrictionModel['restricted']['ground'], Text>> = {
  '18(1)(a)': {
    lv: 'Jūs apstrīdat datu precizitāti; ierobežojums ir spēkā, kamēr to pārbaudām.',
    en: 'You contest the accuracy of the data; the restriction lasts while we check it.',
  },
  '18(1)(b)': {
    lv: 'Apstrāde ir nelikumīga, bet Jūs iebilstat pret datu dzēšanu un lūdzat to izmantošanu ierobežot.',
    en: 'The processing is unlawful, but you oppose the erasure of the data and ask us to restrict their use instead.',
  },
  '18(1)(c)': {
    lv: 'Mums dati vairs nav vajadzīgi, bet tie vajadzīgi Jums, lai celtu, īstenotu vai aizstāvētu likumīgas prasības.',
    en: 'We no longer need the data, but you need them to establish, exercise or defend legal claims.',
  },
  '18(1)(d)': {
    lv: 'Jūs iebilstat pret apstrādi; ierobežojums ir spēkā, kamēr izvērtējam, kura leģitīmie iemesli ir svarīgāki.',
    en: 'You object to the processing; the restriction lasts while we weigh whose legitimate grounds prevail.',
  },
};

/** That the processing is restricted from now on, why, and what that means (Art. 18(1), (2), 12(3)). */
export function restrictionBody(model: RestrictionModel): Body {
  const { language, restricted, recipients } = model;
  const say = speaker(language);
  const content = html`<p>${say({
    lv: 'Jūsu personas datu apstrādi esam ierobežojuši: datus glabājam, bet neizmantojam.',
    en: 'We have restricted the processing of your personal data: we store the data, but do not use them.',
  })}</p>
${factLines([
  ...requestLines(model),
  [say({ lv: 'Iemesls', en: 'Reason' }), WHY[restricted.ground][language]],
  [
    say({ lv: 'Ierobežots kopš', en: 'Restricted since' }),
    dayText(language, 'the day of the restriction', restricted.since, 'genitive'),
  ],
])}<h2>${say({ lv: 'Ko tas nozīmē', en: 'What this means' })}</h2>
<p>${say({
    lv: 'Ierobežotus datus drīkstam izmantot tikai ar Jūsu piekrišanu, likumīgu prasību celšanai, īstenošanai vai aizstāvēšanai, citas personas tiesību aizsardzībai vai svarīgu sabiedrības interešu dēļ. Pirms ierobežojumu atcelsim, par to Jums paziņosim.',
    en: 'Restricted data we may use only with your consent, to establish, exercise or defend legal claims, to protect the rights of another person, or for reasons of important public interest. Before we lift the restriction, we shall tell you.',
  })}</p>
${recipientsPart(model, recipients, {
  lv: 'Par ierobežojumu paziņojam',
  en: 'about the restriction',
})}${remedies(model, IF_NOT_CONTENT)}`;
  return {
    subject: say({ lv: 'Jūsu datu apstrāde ir ierobežota', en: 'The processing of your data is restricted' }),
    content,
    contact: contactPart(model, IF_UNCLEAR),
    articles: [
      restricted.ground,
      '18(2)',
      '18(3)',
      ...(recipients.length === 0 ? [] : ['19']),
      '12(3)',
      ...askedArticles(model),
      '77',
      '79',
    ],
  };
}
