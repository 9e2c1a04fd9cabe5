import type { PersonalTable, Text } from '../../datamap/schema.js';
import { NOTED, type OwnTable, PERSON, STAFF } from './words.js';

/** What stands in place of a body that the law forbids to name to the person (FPDAL s.27). */
export const UNNAMED: Text = {
  lv: 'iestāde, kuru likums neļauj nosaukt',
  en: 'a body that the law does not allow us to name',
};

/** What each kind of disclosure is to the person. */
export const DISCLOSURE_KINDS: Readonly<Record<string, Text>> = {
  court: { lv: 'tiesa', en: 'court' },
  authority: { lv: 'iestāde', en: 'authority' },
  processor: { lv: 'pakalpojumu sniedzējs ar līgumu', en: 'service provider under an agreement' },
  consented: { lv: 'saņēmējs, kuram piekritāt', en: 'a recipient to whom you agreed' },
};

const disclosure: PersonalTable = {
  title: { lv: 'Kam Jūsu dati izsniegti', en: 'To whom your data were given' },
  description: {
    lv: 'Katra rinda ir viena reize, kad Jūsu dati izsniegti ārpus mūsu organizācijas: kam, kad, uz kāda pamata un cik ierakstu. Rādām to, par ko drīkstam Jums ziņot.',
    en: 'Each line is one time that your data were given to somebody outside: to whom, when, on what ground and how many records. Shown is what we may tell you of.',
  },
  ...PERSON,
  erase: 'columns',
  keptBecause: {
    lv: 'Glabājam, lai varētu pateikt, kam dati izsniegti, un pierādīt, ka tas darīts likumīgi (Regulas 5. panta 2. punkts un 15. panta 1. punkta c) apakšpunkts).',
    en: 'Kept so that we can say to whom data were given and show that it was lawful (Articles 5(2) and 15(1)(c) of the Regulation).',
  },
  columns: {
    disclosed_at: { ...NOTED, title: { lv: 'Kad', en: 'When' } },
    recipient: { ...NOTED, title: { lv: 'Kam', en: 'To whom' }, codes: { '[unnamed]': UNNAMED } },
    kind: {
      ...NOTED,
      title: { lv: 'Saņēmēja veids', en: 'Kind of recipient' },
      codes: DISCLOSURE_KINDS,
    },
    basis: { ...NOTED, title: { lv: 'Pamats', en: 'Ground' } },
    case_number: { ...NOTED, title: { lv: 'Lietas numurs', en: 'Case number' } },
    request_number: { ...NOTED, title: { lv: 'Pieprasījuma numurs', en: 'Number of their request' } },
    request_date: { ...NOTED, title: { lv: 'Pieprasījuma datums', en: 'Date of their request' } },
    agreement: { ...NOTED, title: { lv: 'Līgums', en: 'Agreement' } },
    categories: { ...NOTED, title: { lv: 'Kas izsniegts', en: 'What was given' } },
    rows: { ...NOTED, title: { lv: 'Ieraksti par Jums', en: 'Records about you' } },
    // About whom or what else was asked is not the person's.
    asked: { ...NOTED, title: { lv: 'Pieprasījuma vārdi', en: 'Words of their request' }, owner: 'other' },
    official: { ...NOTED, title: { lv: 'Amatpersona', en: 'Official' }, owner: 'other' },
    disclosed_by: { ...NOTED, ...STAFF },
    approved_by: { ...NOTED, ...STAFF },
  },
};

/** The disclosures of a person's data, as far as they may be told of. */
export const DISCLOSURE_TABLE: OwnTable = {
  table: 'disclosure',
  entry: disclosure,
  types: { disclosed_at: 'timestamp with time zone', request_date: 'date', rows: 'bigint' },
  rows: `SELECT s.person, d.number, d.disclosed_at, d.kind, d.agreement, s.rows, d.official, d.asked, d.disclosed_by, d.approved_by,
      array_to_string(d.categories, ', ') AS categories,
      CASE WHEN d.unnamed THEN '[unnamed]' ELSE d.recipient END AS recipient,
      CASE WHEN NOT d.unnamed THEN d.basis END AS basis,
      CASE WHEN NOT d.unnamed THEN d.case_number END AS case_number,
      CASE WHEN NOT d.unnamed THEN d.request_number END AS request_number,
      CASE WHEN NOT d.unnamed THEN d.request_date END AS request_date
    FROM (SELECT p.person, s.disclosure, sum(s.rows)::bigint AS rows FROM person p
        JOIN gdpr.disclosure_subject s ON s.subject = p.reference GROUP BY p.person, s.disclosure) s
      JOIN gdpr.disclosure d ON d.number = s.disclosure
    WHERE d.gag_until IS NULL OR d.gag_until < ($2::timestamptz)::date`,
  order: ['disclosed_at', 'number'],
};
