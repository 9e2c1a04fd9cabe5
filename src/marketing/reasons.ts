import type { Text } from '../datamap/schema.js';

/** Why a row is left out of a list, in the order in which the reasons count: the first that applies is the reason. */
export const REASON_TITLES = {
  'outside-segment': { lv: 'neietilpst segmentā', en: 'outside the segment' },
  'no-explicit-consent': {
    lv: 'segments balstās uz nepārprotamu piekrišanu, kuras nav',
    en: 'the segment rests on explicit consent, which was not given',
  },
  'profiling-objected': {
    lv: 'iebilst pret profilēšanu, tāpēc nav nevienā segmentā',
    en: 'objected to profiling, so in no segment',
  },
  closed: { lv: 'konts ir slēgts', en: 'the account is closed' },
  'no-address': { lv: 'šim saziņas veidam nav adreses', en: 'has no address for this channel' },
  'shop-no': { lv: 'atteicies, kā liecina veikala ieraksti', en: "refused, by the shop's own records" },
  withdrawn: { lv: 'atsaucis piekrišanu', en: 'withdrew consent' },
  expired: { lv: 'piekrišanas termiņš beidzies', en: 'the consent has expired' },
  unproven: { lv: 'piekrita, bet nav zināms, kad vai kam', en: 'said yes, but when or to what is not known' },
  unconfirmed: { lv: 'neapstiprināja otro soli', en: 'did not confirm the second step' },
  'no-consent': { lv: 'nav piekritis, un cita pamata nav', en: 'never consented, and nothing else allows it' },
  'below-age': {
    lv: 'nebija sasniedzis piekrišanas vecumu, un aizbildnis neatļāva',
    en: 'was below the age of consent, and no guardian agreed',
  },
  objected: { lv: 'iebilst pret reklāmu', en: 'objected to marketing' },
  suppressed: { lv: 'adrese ir bloķēto sarakstā', en: 'the address is suppressed' },
  restricted: { lv: 'datu apstrāde ir ierobežota', en: 'their data is restricted' },
  erased: { lv: 'dati ir dzēsti', en: 'was erased' },
  'invalid-address': { lv: 'adrese nav derīga', en: 'the address is not valid' },
  'not-mobile': { lv: 'numurs nav mobilais', en: 'the number is not a mobile one' },
  duplicate: { lv: 'adrese sarakstā jau ir', en: 'the address is in the list already' },
} as const satisfies Record<string, Text>;

export type Reason = keyof typeof REASON_TITLES;

export const WATERFALL_ORDER = Object.keys(REASON_TITLES) as Reason[];

/** How many were left out for a reason. */
export interface Left {
  readonly reason: Reason;
  readonly count: number;
}

/** On what a message to somebody rests: consent, an address of a firm that is nobody's own, or the soft opt-in. */
export type Basis = 'consent' | 'legal-person' | 'soft-opt-in';
