import { canonicalName } from '../../datamap/names.js';
import type { DataMap, PersonalTable, Text } from '../../datamap/schema.js';
import { HOLD } from '../erase/letter.js';
import { isTold } from '../hold/told.js';
import { NOTED, type OwnTable, PERSON, RESTRAINTS } from './words.js';

const tombstone: PersonalTable = {
  title: { lv: 'Jūsu datu dzēšana', en: 'The erasure of your data' },
  description: {
    lv: 'Kad un uz kāda pamata esam dzēsuši Jūsu datus. Lai tie neatgrieztos no rezerves kopijas un lai Jūs saņemtu atbildi, ja vēlreiz vērsīsieties pie mums, glabājam kodus, kas ar slepenu atslēgu aprēķināti no tā, pēc kā Jūs pazinām; pašu adresi vai numuru no koda nolasīt nevar. Kodus šeit nerādām, tikai to skaitu.',
    en: 'When and on which ground we erased your data. So that they do not come back from a backup, and so that you get an answer if you turn to us again, we keep codes that were calculated with a secret key from what we knew you by; the address or number itself cannot be read from a code. The codes are not shown here, only how many there are.',
  },
  ...PERSON,
  erase: 'columns',
  keptBecause: RESTRAINTS,
  columns: {
    erased_at: { ...NOTED, title: { lv: 'Kad dzēsts', en: 'Erased' } },
    ground: {
      ...NOTED,
      title: { lv: 'Pamats', en: 'Ground' },
      codes: {
        'Art. 17(1)(a)': { lv: 'dati vairs nav vajadzīgi', en: 'the data are no longer needed' },
        'Art. 17(1)(b)': { lv: 'piekrišana atsaukta', en: 'consent was withdrawn' },
        'Art. 17(1)(c)': { lv: 'iebildums pret apstrādi', en: 'an objection to the processing' },
        'Art. 17(1)(d)': { lv: 'dati apstrādāti nelikumīgi', en: 'the data were processed unlawfully' },
        'Art. 17(1)(e)': { lv: 'dzēst prasa likums', en: 'the law requires the erasure' },
        'Art. 17(1)(f)': {
          lv: 'dati iegūti, piedāvājot pakalpojumu bērnam internetā',
          en: 'the data were collected by a service offered to a child online',
        },
      },
    },
    codes: { ...NOTED, title: { lv: 'Kodu skaits', en: 'Number of codes' } },
  },
};

const kept: PersonalTable = {
  title: { lv: 'Kas pēc dzēšanas saglabāts un kāpēc', en: 'What was kept after the erasure, and why' },
  description: {
    lv: 'Katra rinda ir viens lauks, ko pēc dzēšanas vēl glabājam, ar pamatu un dienu, kurā to izdzēsīsim. Paši ieraksti ir šajā pašā kopijā.',
    en: 'Each line is a field that we still keep after the erasure, with the ground and the day on which we shall erase it. The records themselves are in this same copy.',
  },
  ...PERSON,
  erase: 'columns',
  keptBecause: {
    lv: 'Sarakstu glabājam tik ilgi, kamēr glabājam to, kas tajā minēts.',
    en: 'The list is kept for as long as what it names.',
  },
  columns: {
    data: { ...NOTED, title: { lv: 'Dati', en: 'Data' } },
    field: { ...NOTED, title: { lv: 'Lauks', en: 'Field' } },
    records: { ...NOTED, title: { lv: 'Ierakstu numuri', en: 'Numbers of the records' } },
    reason: { ...NOTED, title: { lv: 'Pamats', en: 'Ground' } },
    until: { ...NOTED, title: { lv: 'Izdzēsīsim', en: 'To be erased on' } },
    term: { ...NOTED, title: { lv: 'Ja dienas vēl nav', en: 'Where there is no day yet' } },
  },
};

/** What an erasure left behind about the person. */
export const ERASURE_TABLES: readonly OwnTable[] = [
  {
    table: 'tombstone',
    entry: tombstone,
    types: { erased_at: 'timestamp with time zone', codes: 'integer' },
    rows: `SELECT p.person, t.erased_at, t.ground, count(i.hmac)::integer AS codes, t.operation FROM person p
      JOIN gdpr.tombstone t ON t.subject = p.reference LEFT JOIN gdpr.tombstone_identifier i USING (subject, operation)
      GROUP BY p.person, t.subject, t.operation, t.erased_at, t.ground`,
    order: ['erased_at', 'operation'],
  },
  {
    table: 'kept_row',
    entry: kept,
    types: { until: 'date' },
    rows: `SELECT p.person, k.table_name AS data, k.table_name || '.' || c.name AS field, k.until,
        string_agg(array_to_string(ARRAY(SELECT json_array_elements_text(k.key::json)), '/'), ', ' ORDER BY k.id) AS records,
        CASE k.source WHEN 'hold' THEN 'hold' ELSE k.source || ' ' || k.reason END AS reason,
        CASE WHEN k.until IS NULL THEN k.source || ' ' || k.reason END AS term
      FROM person p JOIN gdpr.kept_row k ON k.subject = p.reference, unnest(k.columns) c (name)
      WHERE ${isTold('k', '$2')}
      GROUP BY p.person, k.table_name, c.name, k.source, k.reason, k.until`,
    order: ['data', 'field', 'until', 'reason'],
    codes: keptCodes,
  },
];

/** The words of the controller's map for what was kept, and why. */
function keptCodes({ tables, retention, keptGrounds = {} }: DataMap): Record<string, Record<string, Text>> {
  const data: Record<string, Text> = {};
  const field: Record<string, Text> = {};
  for (const [written, table] of Object.entries(tables)) {
    if ('impersonal' in table) continue;
    data[canonicalName(written)] = table.title;
    for (const [name, { title }] of Object.entries(table.columns)) field[`${canonicalName(written)}.${name}`] = title;
  }
  const reason: Record<string, Text> = { hold: HOLD.title };
  const term: Record<string, Text> = {};
  for (const [id, { title, law, criterion }] of Object.entries(retention)) {
    reason[`rule ${id}`] = withLaw(title, law);
    term[`rule ${id}`] = criterion;
  }
  for (const [id, { title, law, until }] of Object.entries(keptGrounds)) {
    reason[`ground ${id}`] = withLaw(title, law);
    term[`ground ${id}`] = until;
  }
  return { data, field, reason, term };
}

function withLaw({ lv, en }: Text, law: string): Text {
  return { lv: `${lv} (${law})`, en: `${en} (${law})` };
}
