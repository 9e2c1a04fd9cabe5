import type { Text } from '../page-model.js';
import { invalid } from './check.js';
import type { Asked, RefusalGround } from './model.js';

interface Ground {
  readonly text: Text;
  /** Where it stands, by what was asked; `any` fits every request, and another law needs no article. */
  readonly articles: Partial<Record<Asked | 'any', string>> | undefined;
}

/** The grounds on which a request may be refused. */
export const REFUSAL_GROUNDS: Readonly<Record<RefusalGround, Ground>> = {
  unidentified: {
    text: {
      lv: 'Nevaram noteikt, uz kuru personu pieprasījums attiecas.',
      en: 'We are not in a position to identify the person whom the request is about.',
    },
    articles: { any: '12(2)' },
  },
  unfounded: {
    text: { lv: 'Pieprasījums ir acīmredzami nepamatots.', en: 'The request is manifestly unfounded.' },
    articles: { any: '12(5)(b)' },
  },
  excessive: {
    text: { lv: 'Pieprasījums ir pārmērīgs.', en: 'The request is excessive.' },
    articles: { any: '12(5)(b)' },
  },
  'rights-of-others': {
    text: {
      lv: 'Izpildot pieprasījumu, tiktu aizskartas citu personu tiesības un brīvības.',
      en: 'Acting on the request would adversely affect the rights and freedoms of others.',
    },
    articles: { access: '15(4)', portability: '20(4)' },
  },
  'no-ground-to-erase': {
    text: {
      lv: 'Neviens no pamatiem, kuru dēļ dati būtu jādzēš, šeit nav konstatēts.',
      en: 'None of the grounds on which data must be erased is present here.',
    },
    articles: { erasure: '17(1)' },
  },
  'legal-duty': {
    text: { lv: 'Šos datus mums liek glabāt likums.', en: 'The law obliges us to keep these data.' },
    articles: { erasure: '17(3)(b)' },
  },
  'legal-claims': {
    text: {
      lv: 'Dati ir vajadzīgi likumīgu prasību celšanai, īstenošanai vai aizstāvēšanai.',
      en: 'The data are necessary for making, exercising or defending legal claims.',
    },
    articles: { erasure: '17(3)(e)', objection: '21(1)' },
  },
  accurate: {
    text: {
      lv: 'Datus pārbaudījām un nekonstatējām, ka tie būtu neprecīzi vai nepilnīgi.',
      en: 'We checked the data and did not find them inaccurate or incomplete.',
    },
    articles: { rectification: '16' },
  },
  'compelling-grounds': {
    text: {
      lv: 'Datu izmantošanai ir pārliecinoši leģitīmi iemesli, kas ir svarīgāki par Jūsu interesēm, tiesībām un brīvībām.',
      en: 'There are compelling legitimate grounds for using the data, which override your interests, rights and freedoms.',
    },
    articles: { objection: '21(1)' },
  },
  'other-law': {
    text: {
      lv: 'Pieprasījumu izpildīt neļauj cits likums.',
      en: 'Another law does not allow us to act on the request.',
    },
    articles: undefined,
  },
};

/**
 * The article behind a ground, undefined where another law is the ground.
 * @throws GdprError INPUT_INVALID when the ground is no answer to what was asked.
 */
export function groundArticle(ground: RefusalGround, asked: readonly Asked[]): string | undefined {
  const { articles } = REFUSAL_GROUNDS[ground];
  if (articles === undefined) return undefined;
  const article = asked.map((right) => articles[right]).find((found) => found !== undefined) ?? articles.any;
  if (article !== undefined) return article;
  throw invalid(
    `the ground ${ground} is no answer to what was asked`,
    'choose another ground, or give the law behind it',
  );
}
