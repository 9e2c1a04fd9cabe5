import type { PersonalTable } from '../../datamap/schema.js';
import { UNNAMED } from './disclosures.js';
import { ASKED, NOTED, type OwnTable, PERSON, RESTRAINTS, STAFF } from './words.js';

const restriction: PersonalTable = {
  title: { lv: 'Jūsu datu apstrādes ierobežojumi', en: 'Restrictions of the processing of your data' },
  description: {
    lv: 'Kad un kāpēc Jūsu datus tikai glabājam, bet neizmantojam. Ierobežojumu atceļam tikai pēc tam, kad esam par to Jums paziņojuši.',
    en: 'When and why we only store your data and do not use them. A restriction is lifted only after we have told you so.',
  },
  ...PERSON,
  erase: 'columns',
  keptBecause: RESTRAINTS,
  columns: {
    ground: {
      ...NOTED,
      title: { lv: 'Iemesls', en: 'Reason' },
      codes: {
        '18(1)(a)': { lv: 'datu precizitāte apstrīdēta', en: 'the accuracy of the data is contested' },
        '18(1)(b)': { lv: 'iebilsts pret dzēšanu', en: 'erasure is opposed' },
        '18(1)(c)': { lv: 'dati vajadzīgi likumīgām prasībām', en: 'the data are needed for legal claims' },
        '18(1)(d)': { lv: 'iebildums tiek izvērtēts', en: 'an objection is being weighed' },
      },
    },
    since: { ...NOTED, title: { lv: 'Spēkā kopš', en: 'In force since' } },
    request: { ...NOTED, title: { lv: 'Pieprasījuma numurs', en: 'Number of the request' } },
    informed: { ...NOTED, title: { lv: 'Par atcelšanu paziņots', en: 'You were told of the lifting on' } },
    lifted_at: { ...NOTED, title: { lv: 'Atcelts', en: 'Lifted' } },
    placed_by: { ...NOTED, ...STAFF },
    lifted_by: { ...NOTED, ...STAFF },
  },
};

const objection: PersonalTable = {
  title: { lv: 'Jūsu iebildumi', en: 'Your objections' },
  description: {
    lv: 'Pret ko esat iebildis. Iebildums attiecas uz visiem saziņas veidiem un ir spēkā uzreiz.',
    en: 'What you have objected to. An objection covers every way of contact and takes effect at once.',
  },
  ...PERSON,
  erase: 'columns',
  keptBecause: RESTRAINTS,
  columns: {
    purpose: {
      ...ASKED,
      title: { lv: 'Pret ko', en: 'Against' },
      codes: {
        marketing: { lv: 'reklāmas sūtīšanu', en: 'being sent advertising' },
        insight: { lv: 'profilēšanu un vēlmju izpēti', en: 'profiling and the study of your wishes' },
      },
    },
    objected_at: { ...NOTED, title: { lv: 'Kad', en: 'When' } },
    request: { ...NOTED, title: { lv: 'Pieprasījuma numurs', en: 'Number of the request' } },
    noted_by: { ...NOTED, ...STAFF },
  },
};

const rectification: PersonalTable = {
  title: { lv: 'Jūsu datu labojumi', en: 'Corrections of your data' },
  description: {
    lv: 'Kad un kuri lauki laboti. Ne vecās, ne jaunās vērtības šeit neglabājam, tikai ar slepenu atslēgu aprēķinātus kodus, kurus nerādām.',
    en: 'When which fields were corrected. Neither the old nor the new values are kept here, only codes computed with a secret key, which are not shown.',
  },
  ...PERSON,
  erase: 'columns',
  keptBecause: RESTRAINTS,
  columns: {
    fields: { ...NOTED, title: { lv: 'Kas labots', en: 'What was corrected' } },
    rectified_at: { ...NOTED, title: { lv: 'Kad', en: 'When' } },
    request: { ...NOTED, title: { lv: 'Pieprasījuma numurs', en: 'Number of the request' } },
    rectified_by: { ...NOTED, ...STAFF },
  },
};

const suppression: PersonalTable = {
  title: { lv: 'Adreses, uz kurām neko nesūtām', en: 'Addresses to which we send nothing' },
  description: {
    lv: 'Lai pēc dzēšanas vai iebilduma Jūsu adrese nenonāktu atpakaļ adresātu sarakstā, glabājam ar slepenu atslēgu aprēķinātu kodu, no kura pašu adresi nolasīt nevar. Kodus šeit nerādām.',
    en: 'So that after an erasure or an objection your address does not come back onto a mailing list, we keep a code computed with a secret key, from which the address itself cannot be read. The codes are not shown here.',
  },
  ...PERSON,
  erase: 'columns',
  keptBecause: RESTRAINTS,
  columns: {
    kind: {
      ...NOTED,
      title: { lv: 'Adreses veids', en: 'Kind of address' },
      codes: { email: { lv: 'e-pasts', en: 'e-mail' }, phone: { lv: 'tālrunis', en: 'phone' } },
    },
    channel: {
      ...NOTED,
      title: { lv: 'Kam neizmantojam', en: 'Not used for' },
      codes: {
        all: { lv: 'nekādai reklāmai', en: 'advertising of any kind' },
        email: { lv: 'e-pastam', en: 'e-mail' },
        sms: { lv: 'īsziņām', en: 'text messages' },
        phone: { lv: 'zvaniem', en: 'calls' },
        post: { lv: 'pasta sūtījumiem', en: 'post' },
        insight: { lv: 'profilēšanai', en: 'profiling' },
      },
    },
    source: {
      ...NOTED,
      title: { lv: 'Pamats', en: 'Because of' },
      codes: {
        erasure: { lv: 'datu dzēšana', en: 'an erasure' },
        objection: { lv: 'Jūsu iebildums', en: 'your objection' },
        complaint: { lv: 'sūdzība', en: 'a complaint' },
        unsubscribe: { lv: 'Jūsu atteikšanās no ziņām', en: 'your unsubscribing' },
        bounce: { lv: 'nepiegādājama vēstule', en: 'mail that could not be delivered' },
      },
    },
    suppressed_at: { ...NOTED, title: { lv: 'Kopš', en: 'Since' } },
  },
};

const hold: PersonalTable = {
  title: { lv: 'Prasības Jūsu datus saglabāt', en: 'Orders to keep your data' },
  description: {
    lv: 'Tiesas vai iestādes prasības, kuru dēļ datus nedrīkstam dzēst, un to beigu diena. Rādām tās prasības, par kurām drīkstam Jums ziņot.',
    en: 'Orders of a court or an authority for which we may not erase data, and the day on which each ends. Shown are those of which we may tell you.',
  },
  ...PERSON,
  erase: 'columns',
  keptBecause: RESTRAINTS,
  columns: {
    scope: {
      ...NOTED,
      title: { lv: 'Kas jāsaglabā', en: 'What is kept' },
      codes: {
        person: { lv: 'visi dati par Jums', en: 'all data about you' },
        order: { lv: 'viens pasūtījums', en: 'one order' },
        rows: { lv: 'atsevišķi ieraksti', en: 'single records' },
      },
    },
    authority: {
      ...NOTED,
      title: { lv: 'Kas prasa', en: 'By whose order' },
      codes: { '[unnamed]': UNNAMED },
    },
    reference: { ...NOTED, title: { lv: 'Lietas numurs', en: 'Case number' } },
    placed_at: { ...NOTED, title: { lv: 'Kopš', en: 'Since' } },
    until: { ...NOTED, title: { lv: 'Pēdējā diena', en: 'Last day' } },
    released_at: { ...NOTED, title: { lv: 'Atcelta', en: 'Released' } },
    release_reason: { ...NOTED, title: { lv: 'Kāpēc atcelta', en: 'Why it was released' }, freeText: true },
    placed_by: { ...NOTED, ...STAFF },
    released_by: { ...NOTED, ...STAFF },
  },
};

/** That a hold `h` may be told of at `$2`, the instant of the reading, in the map's zone. */
export const TOLD = '(h.gag_until IS NULL OR h.gag_until < ($2::timestamptz)::date)';

/** What stands against operations on a person's data. */
export const RESTRAINT_TABLES: readonly OwnTable[] = [
  {
    table: 'restriction',
    entry: restriction,
    types: { since: 'date', informed: 'date', lifted_at: 'timestamp with time zone' },
    rows: 'SELECT p.person, r.* FROM person p JOIN gdpr.restriction r ON r.subject = p.reference',
    order: ['since', 'operation'],
  },
  {
    table: 'objection',
    entry: objection,
    types: { objected_at: 'timestamp with time zone' },
    rows: 'SELECT p.person, o.* FROM person p JOIN gdpr.objection o ON o.subject = p.reference',
    order: ['objected_at', 'operation'],
  },
  {
    table: 'rectification',
    entry: rectification,
    types: { rectified_at: 'timestamp with time zone' },
    rows: `SELECT p.person, c.operation, c.rectified_at, c.request, c.rectified_by,
        (SELECT string_agg(DISTINCT f ->> 'field', ', ' ORDER BY f ->> 'field') FROM jsonb_array_elements(c.fields) f) AS fields
      FROM person p JOIN gdpr.rectification c ON c.subject = p.reference`,
    order: ['rectified_at', 'operation'],
  },
  {
    table: 'suppression',
    entry: suppression,
    types: { suppressed_at: 'timestamp with time zone' },
    rows: 'SELECT p.person, s.* FROM person p JOIN gdpr.suppression s ON s.subject = p.reference',
    order: ['suppressed_at', 'hmac', 'channel'],
  },
  {
    table: 'hold',
    entry: hold,
    types: { placed_at: 'timestamp with time zone', until: 'date', released_at: 'timestamp with time zone' },
    // The hold on what was given to a body that may not be named does not name it either.
    rows: `SELECT p.person, h.id, h.scope, h.placed_at, h.until, h.released_at, h.release_reason, h.placed_by, h.released_by,
        CASE WHEN u.unnamed THEN '[unnamed]' ELSE h.authority END AS authority,
        CASE WHEN NOT u.unnamed THEN h.reference END AS reference
      FROM (SELECT DISTINCT p.person, h.id FROM person p JOIN gdpr.hold h ON h.subjects @> ARRAY[p.reference]) p
      JOIN gdpr.hold h USING (id)
      CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM gdpr.disclosure d WHERE d.hold = h.id AND d.unnamed)) u (unnamed)
      WHERE ${TOLD}`,
    order: ['placed_at', 'id'],
  },
];
