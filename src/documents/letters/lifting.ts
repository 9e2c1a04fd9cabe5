import { html } from '../escape.js';
import type { Text } from '../page-model.js';
import { requireSome } from './check.js';
import type { LiftingModel } from './model.js';
import { type Body, contactPart, dayText, factLines, IF_UNCLEAR, remedies, requestLines, speaker } from './parts.js';

const WHY: Readonly<Record<LiftingModel['restricted'][number]['ground'], Text>> = {
  '18(1)(a)': {
    lv: 'Jūs apstrīdējāt datu precizitāti; to esam pārbaudījuši.',
    en: 'You contested the accuracy of the data; we have checked it.',
  },
  '18(1)(b)': {
    lv: 'Jūs iebildāt pret datu dzēšanu un lūdzāt to izmantošanu ierobežot.',
    en: 'You opposed the erasure of the data and asked us to restrict their use instead.',
  },
  '18(1)(c)': {
    lv: 'Dati Jums bija vajadzīgi, lai celtu, īstenotu vai aizstāvētu likumīgas prasības.',
    en: 'You needed the data to establish, exercise or defend legal claims.',
  },
  '18(1)(d)': {
    lv: 'Jūs iebildāt pret apstrādi; esam izvērtējuši, kura leģitīmie iemesli ir svarīgāki.',
    en: 'You objected to the processing; we have weighed whose legitimate grounds prevail.',
  },
};

/** That a restriction is about to be lifted; sent before it is (Art. 18(3)). */
export function liftingBody(model: LiftingModel): Body {
  const { language, restricted } = model;
  requireSome('restriction', restricted);
  const say = speaker(language);
  const content = html`<p>${say({
    lv: 'Jūsu personas datu apstrāde mūsu datubāzē ir ierobežota: datus glabājam, bet neizmantojam. Ierobežojumu drīz atcelsim un par to paziņojam Jums iepriekš.',
    en: 'The processing of your personal data in our database is restricted: we store the data but do not use them. We are about to lift this restriction, and inform you of it beforehand.',
  })}</p>
${factLines(requestLines(model))}<h2>${say({ lv: 'Ko atcelsim', en: 'What we lift' })}</h2>
${restricted.map(({ ground, since }) =>
  factLines([
    [say({ lv: 'Iemesls', en: 'Reason' }), WHY[ground][language]],
    [
      say({ lv: 'Ierobežots kopš', en: 'Restricted since' }),
      dayText(language, 'the day of the restriction', since, 'genitive'),
    ],
  ]),
)}<p>${say({
    lv: 'Pēc tam datus atkal izmantosim tiem mērķiem, kuriem tie vākti. Ja vēlaties, lai dati arī turpmāk paliktu neizmantoti, vai ja lēmumam nepiekrītat, lūdzam mums uzrakstīt. Iebildumus pret reklāmu šī vēstule neskar: tie paliek spēkā.',
    en: 'After that we use the data again for the purposes for which they were collected. If you still need them to be left unused, or do not agree, please write to us. This letter does not affect objections to advertising, which remain in force.',
  })}</p>
${remedies(model, {
  lv: 'Ja šis lēmums Jūs neapmierina, varat sūdzēties uzraudzības iestādei:',
  en: 'If you are not content with this decision, you can complain to the supervisory authority:',
})}`;
  return {
    subject: say({ lv: 'Apstrādes ierobežojums tiks atcelts', en: 'The restriction of processing will be lifted' }),
    content,
    contact: contactPart(model, IF_UNCLEAR),
    articles: [...new Set(restricted.map(({ ground }) => ground)), '18(3)', '77', '79'],
  };
}
