import type { Text } from '../page-model.js';
import type { Asked } from './model.js';

/** Completes „Jūs lūdzāt …” · “You asked us to …”; the article is the one that gives the right. */
export const ASKED: Readonly<Record<Asked, { readonly text: Text; readonly article: string }>> = {
  access: {
    text: {
      lv: 'izsniegt Jūsu personas datu kopiju un informāciju par to, kā mēs šos datus izmantojam',
      en: 'give you a copy of your personal data and tell you how we use them',
    },
    article: '15',
  },
  rectification: {
    text: { lv: 'labot vai papildināt Jūsu personas datus', en: 'correct or complete your personal data' },
    article: '16',
  },
  erasure: { text: { lv: 'dzēst Jūsu personas datus', en: 'erase your personal data' }, article: '17' },
  restriction: {
    text: { lv: 'ierobežot Jūsu personas datu izmantošanu', en: 'restrict the use of your personal data' },
    article: '18',
  },
  portability: {
    text: {
      lv: 'izsniegt Jūsu sniegtos personas datus datorlasāmā formātā',
      en: 'give you, in a machine-readable form, the personal data that you provided',
    },
    article: '20',
  },
  objection: {
    text: {
      lv: 'pārtraukt Jūsu personas datu izmantošanu, pret kuru iebilstat',
      en: 'stop the use of your personal data to which you object',
    },
    article: '21(1)',
  },
  'marketing-objection': {
    text: { lv: 'neizmantot Jūsu personas datus reklāmai', en: 'stop using your personal data for marketing' },
    article: '21(2)',
  },
  withdrawal: {
    text: { lv: 'ņemt vērā, ka atsaucat savu piekrišanu', en: 'take note that you withdraw your consent' },
    article: '7(3)',
  },
};
