import type { PersonalTable } from '../../datamap/schema.js';
import { CLOCK } from '../../request/history.js';
import { ACTIONS, RESULTS } from './actions.js';
import { CONSENT_TABLE } from './consents.js';
import { DISCLOSURE_TABLE } from './disclosures.js';
import { ERASURE_TABLES } from './erasures.js';
import { RESTRAINT_TABLES, TOLD } from './restraints.js';
import { ASKED, LOG, LOGGED, NOTED, type OwnTable, PERSON, REQUESTS, SELF, STAFF } from './words.js';

const request: PersonalTable = {
  title: { lv: 'Jūsu pieprasījumi par datiem', en: 'Your requests about your data' },
  description: {
    lv: 'Pieprasījumi par Jūsu datiem mūsu reģistrā. Adresi, uz kuru sūtīt atbildi, izdzēšam, tiklīdz pieprasījums ir slēgts.',
    en: 'The requests about your data in our register. The address for the answer is removed as soon as a request is closed.',
  },
  ...PERSON,
  erase: 'columns',
  keptBecause: REQUESTS,
  columns: {
    number: { ...NOTED, title: { lv: 'Pieprasījuma numurs', en: 'Number of the request' } },
    kind: {
      ...ASKED,
      title: { lv: 'Veids', en: 'Kind' },
      codes: {
        access: { lv: 'piekļuve datiem', en: 'access to the data' },
        portability: { lv: 'datu pārnešana', en: 'data portability' },
        rectification: { lv: 'datu labošana', en: 'correction of the data' },
        erasure: { lv: 'datu dzēšana', en: 'erasure of the data' },
        restriction: { lv: 'apstrādes ierobežošana', en: 'restriction of processing' },
        objection: { lv: 'iebildums', en: 'objection' },
      },
    },
    state: {
      ...NOTED,
      title: { lv: 'Stāvoklis', en: 'State' },
      codes: {
        open: { lv: 'atvērts', en: 'open' },
        closed: { lv: 'atbildēts', en: 'answered' },
        refused: { lv: 'atteikts', en: 'refused' },
      },
    },
    received: { ...ASKED, title: { lv: 'Saņemts', en: 'Received on' } },
    channel: {
      ...ASKED,
      title: { lv: 'Kā saņemts', en: 'How it came' },
      codes: {
        email: { lv: 'pa e-pastu', en: 'by e-mail' },
        post: { lv: 'pa pastu', en: 'by post' },
        phone: { lv: 'pa tālruni', en: 'by phone' },
        'in-person': { lv: 'klātienē', en: 'in person' },
        form: { lv: 'ar veidlapu', en: 'through a form' },
      },
    },
    reply_to: { ...ASKED, title: { lv: 'Kurp sūtīt atbildi', en: 'Where the answer goes' }, erase: 'clear' },
    verified: {
      ...NOTED,
      title: { lv: 'Kā pārbaudīta identitāte', en: 'How the identity was checked' },
      freeText: true,
    },
    asked: {
      ...NOTED,
      title: { lv: 'Informāciju par identitāti gaidām kopš', en: 'Waiting for identification since' },
    },
    paused_days: {
      ...NOTED,
      title: { lv: 'Dienas, kurās termiņš bija apturēts', en: 'Days on which the period stood still' },
    },
    extended: { ...NOTED, title: { lv: 'Termiņš pagarināts', en: 'Period extended' } },
    opened_at: { ...NOTED, title: { lv: 'Reģistrēts', en: 'Registered' } },
    ended: { ...NOTED, title: { lv: 'Pabeigts', en: 'Ended on' } },
    handler: { ...NOTED, ...STAFF },
  },
};

const event: PersonalTable = {
  title: { lv: 'Jūsu pieprasījumu gaita', en: 'The course of your requests' },
  description: {
    lv: 'Kas ar katru pieprasījumu noticis. Diena ir tā, uz kuru notikums attiecas; pagarinājumam tas ir jaunais termiņš.',
    en: 'What happened to each request. The day is the one that the event is about; of an extension, the new date.',
  },
  ...PERSON,
  erase: 'columns',
  keptBecause: REQUESTS,
  columns: {
    number: { ...NOTED, title: { lv: 'Pieprasījuma numurs', en: 'Number of the request' } },
    at: { ...NOTED, title: { lv: 'Kad ierakstīts', en: 'Recorded' } },
    what: {
      ...NOTED,
      title: { lv: 'Notikums', en: 'Event' },
      codes: {
        opened: { lv: 'saņemts', en: 'received' },
        identified: { lv: 'noskaidrots, kas pieprasa', en: 'it became known who asks' },
        verified: { lv: 'identitāte pārbaudīta', en: 'identity checked' },
        asked: { lv: 'lūgta informācija par identitāti', en: 'identification asked for' },
        answered: { lv: 'saņemta informācija par identitāti', en: 'identification received' },
        extended: { lv: 'termiņš pagarināts', en: 'period extended' },
        refused: { lv: 'atteikts', en: 'refused' },
        closed: { lv: 'atbildēts', en: 'answered' },
      },
    },
    day: { ...NOTED, title: { lv: 'Diena', en: 'Day' } },
    note: {
      ...NOTED,
      title: { lv: 'Kā vai kāpēc', en: 'How, or why' },
      freeText: true,
      codes: {
        [CLOCK.stands]: { lv: 'termiņa skaitīšana apturēta', en: 'the clock stands still' },
        [CLOCK.runs]: { lv: 'lūgta vēlu: termiņa skaitīšana turpinās', en: 'asked for late: the clock runs on' },
      },
    },
    operator: { ...NOTED, ...STAFF },
  },
};

const access: PersonalTable = {
  title: { lv: 'Kad un kāpēc piekļūts Jūsu datiem', en: 'When and why your data were accessed' },
  description: {
    lv: 'Katra rinda ir viena reize, kad ar datu aizsardzības programmu, kas sagatavoja šo lapu, meklēja, lasīja vai mainīja Jūsu datus vai apstrādāja Jūsu pieprasījumu. Darbinieku vārdus nenorādām. Sarakstā ir arī šīs kopijas sagatavošana: kad datus nolasīja, tā vēl nebija pabeigta.',
    en: 'Each line is one time that the data-protection program which made this page searched, read or changed your data or dealt with your request. We do not give the names of employees. Preparing this very copy is in the list too: it had not ended when the data were read.',
  },
  ...PERSON,
  erase: 'columns',
  keptBecause: LOG,
  columns: {
    at: { ...LOGGED, title: { lv: 'Kad', en: 'When' } },
    action: {
      ...LOGGED,
      title: { lv: 'Kas darīts un kādam nolūkam', en: 'What was done, and for what' },
      codes: ACTIONS,
    },
    request: { ...LOGGED, title: { lv: 'Pieprasījuma numurs', en: 'Number of the request' } },
    basis: {
      ...LOGGED,
      title: { lv: 'Pamats un kā pārbaudīta identitāte', en: 'Ground, and how the identity was checked' },
      freeText: true,
    },
    result: { ...LOGGED, title: { lv: 'Iznākums', en: 'Outcome' }, codes: RESULTS },
    operator: { ...LOGGED, ...STAFF },
  },
};

const subject: PersonalTable = {
  title: { lv: 'Jūsu apzīmējums žurnālos', en: 'What our logs call you' },
  description: {
    lv: 'Lai žurnālos nebūtu Jūsu vārda vai adreses, tajos stāv nejauši izvēlēts apzīmējums. Lai Jūs pēc tā atpazītu nākamreiz, glabājam kodus, kas ar slepenu atslēgu aprēķināti no Jūsu ierakstu numuriem un, piemēram, e-pasta adreses; pašu adresi no koda nolasīt nevar. Kodus šeit nerādām, tikai to skaitu.',
    en: 'So that our logs do not hold your name or address, they call you by a reference chosen at random. To know you by it the next time, we keep codes that were calculated with a secret key from the numbers of your records and from, for example, your e-mail address; the address cannot be read from the code. The codes are not shown here, only how many there are.',
  },
  ...PERSON,
  erase: 'delete',
  keptBecause: SELF,
  columns: {
    reference: { ...LOGGED, title: { lv: 'Apzīmējums', en: 'Reference' }, erase: 'with-row' },
    created_at: { ...LOGGED, title: { lv: 'Izveidots', en: 'Made' }, erase: 'with-row' },
    codes: { ...LOGGED, title: { lv: 'Kodu skaits', en: 'Number of codes' }, erase: 'with-row' },
  },
};

/**
 * What the schema `gdpr` holds about a person, described as a data map describes a shop's tables. Columns of another
 * owner are listed as withheld and never read. A row of `rows` belongs to the person of `person (reference, person)`.
 */
export const OWN_TABLES: readonly OwnTable[] = [
  {
    table: 'request',
    entry: request,
    types: {
      received: 'date',
      asked: 'date',
      paused_days: 'integer',
      extended: 'boolean',
      opened_at: 'timestamp with time zone',
      ended: 'date',
    },
    rows: 'SELECT p.person, r.* FROM person p JOIN gdpr.request r ON r.subject = p.reference',
    order: ['number'],
  },
  {
    table: 'request_event',
    entry: event,
    types: { at: 'timestamp with time zone', day: 'date' },
    rows: `SELECT p.person, e.* FROM person p JOIN gdpr.request r ON r.subject = p.reference
      JOIN gdpr.request_event e ON e.number = r.number`,
    order: ['number', 'id'],
  },
  {
    table: 'access',
    entry: access,
    types: { at: 'timestamp with time zone' },
    // By the log, which only grows; what was done about a request before anybody knew whose it is counts too, and a
    // hold or a disclosure whose entry names nobody as long as it may not be told of.
    rows: `SELECT a.person, min(e.time) AS at, min(e.action) AS action, max(e.sequence) AS last,
        max(e.entry::jsonb ->> 'request') AS request, coalesce(max(e.result), 'started') AS result,
        nullif(concat_ws('; ', max(e.entry::jsonb ->> 'ground'), max(e.entry::jsonb ->> 'verified')), '') AS basis
      FROM (
        SELECT p.person, e.operation FROM person p JOIN gdpr.audit_entry e ON e.subjects @> ARRAY[p.reference]
        UNION
        SELECT p.person, o.id FROM person p JOIN gdpr.request r ON r.subject = p.reference
        JOIN gdpr.operation o ON o.request = r.number
        UNION
        SELECT p.person, o.id FROM person p JOIN gdpr.hold h ON h.subjects @> ARRAY[p.reference]
        JOIN gdpr.operation o ON o.id IN (h.operation, h.release_operation) WHERE ${TOLD}
        UNION
        SELECT p.person, d.operation FROM person p JOIN gdpr.disclosure_subject s ON s.subject = p.reference
        JOIN gdpr.disclosure d ON d.number = s.disclosure WHERE d.gag_until IS NULL OR d.gag_until < ($2::timestamptz)::date
      ) a JOIN gdpr.audit_entry e ON e.operation = a.operation AND e.entry <> '' GROUP BY a.person, a.operation`,
    order: ['at', 'last'],
  },
  ...RESTRAINT_TABLES,
  ...ERASURE_TABLES,
  CONSENT_TABLE,
  DISCLOSURE_TABLE,
  {
    table: 'subject',
    entry: subject,
    types: { created_at: 'timestamp with time zone', codes: 'integer' },
    rows: `SELECT p.person, s.reference, s.created_at, count(a.hmac)::integer AS codes FROM person p
      JOIN gdpr.subject s USING (reference) LEFT JOIN gdpr.subject_alias a USING (reference)
      GROUP BY p.person, s.reference`,
    order: ['reference'],
  },
];
