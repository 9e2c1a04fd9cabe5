import type { Text } from '../../documents/page-model.js';

/** Why a text is withheld, as the person reads it (Art. 15(4) and recital 63; Art. 23 leaves others to national law). */
export const REASONS = {
  'third-party': {
    lv: 'Tekstā ir ziņas par citu personu, ko nevar nodalīt (15.\u00a0panta 4.\u00a0punkts).',
    en: 'The text tells of another person, and that cannot be separated (Article 15(4)).',
  },
  source: {
    lv: 'Teksts atklātu, kurš mums uzticējās (15.\u00a0panta 4.\u00a0punkts).',
    en: 'The text would reveal who confided in us (Article 15(4)).',
  },
  'trade-secret': {
    lv: 'Tekstā ir komercnoslēpums (15.\u00a0panta 4.\u00a0punkts, 63.\u00a0apsvērums).',
    en: 'The text holds a trade secret (Article 15(4), recital 63).',
  },
  'legal-advice': {
    lv: 'Tekstā ir konfidenciāla juridiska palīdzība.',
    en: 'The text holds confidential legal advice.',
  },
} as const satisfies Record<string, Text>;

export type Reason = keyof typeof REASONS;
