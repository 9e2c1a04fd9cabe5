import type { PersonalTable } from '../../datamap/schema.js';
import { CHANNEL_WORDS, MECHANISM_WORDS, SAID_WORDS } from '../../documents/consent-page.js';
import { ASKED, NOTED, type OwnTable, PERSON, PROOF, STAFF } from './words.js';

const event: PersonalTable = {
  title: { lv: 'Jūsu piekrišanas un atsaukumi', en: 'Your consents and withdrawals' },
  description: {
    lv: 'Kam un kad esat piekritis, ko atsaucis un pret ko iebildis, un jautājuma teksts tieši tāds, kāds tas Jums tika rādīts. Spēkā ir pēdējais teiktais.',
    en: 'What you agreed to and when, what you withdrew and objected to, and the text of the question exactly as it was shown to you. What was said last counts.',
  },
  ...PERSON,
  erase: 'columns',
  keptBecause: PROOF,
  columns: {
    event_at: { ...ASKED, title: { lv: 'Kad teikts', en: 'Said at' } },
    what: { ...ASKED, title: { lv: 'Kas teikts', en: 'What was said' }, codes: SAID_WORDS },
    channel: { ...ASKED, title: { lv: 'Saziņas veids', en: 'Way of contact' }, codes: CHANNEL_WORDS },
    party: { ...ASKED, title: { lv: 'Kam drīkst nodot datus', en: 'Who may be given data' } },
    categories: { ...ASKED, title: { lv: 'Kādus datus', en: 'Which data' } },
    purpose: { ...NOTED, title: { lv: 'Nolūks', en: 'Purpose' } },
    mechanism: { ...NOTED, title: { lv: 'Kā', en: 'How' }, codes: MECHANISM_WORDS },
    wording: { ...NOTED, title: { lv: 'Jautājuma teksta apzīmējums', en: 'Id of the text of the question' } },
    wording_text: { ...NOTED, title: { lv: 'Jautājuma teksts', en: 'Text of the question' } },
    evidence: { ...NOTED, title: { lv: 'Pierādījums', en: 'Evidence' } },
    guardian: { ...NOTED, title: { lv: 'Vecāku piekrišana', en: "A parent's agreement" } },
    recorded_at: { ...NOTED, title: { lv: 'Kad pierakstīts', en: 'Written down at' } },
    recorded_by: { ...NOTED, ...STAFF },
  },
};

/** The ledger's events about a person, each with the text that they were shown. */
export const CONSENT_TABLE: OwnTable = {
  table: 'consent_event',
  entry: event,
  types: { event_at: 'timestamp with time zone', recorded_at: 'timestamp with time zone' },
  rows: `SELECT p.person, e.id, e.event_at, e.what, e.channel, e.party, array_to_string(e.categories, ', ') AS categories, e.purpose,
      e.mechanism, e.wording, w.text AS wording_text, e.evidence, e.guardian, e.recorded_at, e.recorded_by FROM person p JOIN gdpr.consent_event e ON e.subject = p.reference
    LEFT JOIN gdpr.wording w ON w.id = e.wording`,
  order: ['event_at', 'id'],
};
