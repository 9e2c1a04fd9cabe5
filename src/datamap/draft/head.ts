import { TO_DECIDE } from '../undecided.js';

/** The categories that columns are proposed for. */
const CATEGORIES: Readonly<Record<string, readonly [lv: string, en: string]>> = {
  record: ['Ierakstu numuri un statuss', 'Record numbers and status'],
  identity: ['Vārds un identitāte', 'Name and identity'],
  contact: ['Saziņas dati', 'Contact data'],
  account: ['Konta dati', 'Account data'],
  purchases: ['Pirkumi', 'Purchases'],
  payment: ['Maksājumi un rēķini', 'Payments and invoices'],
  delivery: ['Piegāde', 'Delivery'],
  correspondence: ['Sarakste un piezīmes', 'Correspondence and remarks'],
  interests: ['Intereses un uzvedība veikalā', 'Interests and behaviour in the shop'],
  consent: ['Piekrišanas saņemt ziņas', 'Agreement to receive news'],
  technical: ['Tehniskie dati', 'Technical data'],
  staff: ['Darbinieku vārdi', 'Names of staff'],
};

const PURPOSES: readonly (readonly [id: string, lv: string, en: string, remark: string])[] = [
  ['order', 'Pasūtījuma izpilde', 'Fulfilling the order', 'often 6(1)(b), a contract'],
  ['accounting', 'Grāmatvedība', 'Accounting', 'often 6(1)(c), with the law: key "law"'],
  [
    'rights',
    'Pārkāptu vai apstrīdētu tiesību aizsardzība',
    'Protecting violated or contested rights',
    'with 6(1)(f) the interest is named: key "interest"',
  ],
  [
    'wishes',
    'Klienta vēlmju izprašana',
    "Understanding the customer's wishes",
    '6(1)(f) with its interest, or 6(1)(a)',
  ],
  ['marketing', 'Ziņas par akcijām', 'News of promotions', '6(1)(a) for SMS'],
];

/**
 * Everything of a map that no database tells. What the controller must decide reads `to-decide`, which the loader
 * refuses; what is proposed is the operator's to check.
 */
export function headText(persons: readonly string[], withOrderNumbers: boolean): string {
  const both = `{ lv: ${TO_DECIDE}, en: ${TO_DECIDE} }`;
  return `# yaml-language-server: $schema=datamap.schema.json
# A draft: every "${TO_DECIDE}" is a question to you, and the map is refused until each has its answer. What is filled in
# was guessed from names and types; read it too. "gdpr datamap schema > datamap.schema.json" lets an editor help.
version: 1

# Who answers for the data, as it stands on letters. Optional besides: registration, email, phone, website, officer.
controller:
  name: ${TO_DECIDE}
  address: ${TO_DECIDE}
supervisor:
  name: { lv: Datu valsts inspekcija, en: Data State Inspectorate of Latvia }
  address: Elijas iela 17, Rīga, LV-1050
  email: pasts@dvi.gov.lv
  website: https://www.dvi.gov.lv
timeZone: Europe/Riga
# The country whose phone numbers are written without a prefix.
country: LV
# The last day of the financial year, MM-DD, e.g. "12-31".
financialYearEnd: ${TO_DECIDE}
# Art. 22: are decisions with legal or similar effect made by a computer alone? true or false, and what people are told.
automatedDecisions:
  exist: ${TO_DECIDE}
  text: ${both}
# Art. 15(2): which data go outside the European Economic Area, to whom and under which safeguard; or that none do.
transfers: ${both}

# Why data are held. Strike out what does not apply, add what is missing. "basis" is a point of Art. 6(1).
purposes:
${PURPOSES.map(([id, lv, en, remark]) => `  ${id}:\n    title: { lv: ${lv}, en: ${en} }\n    basis: ${TO_DECIDE} # ${remark}`).join('\n')}

# Kinds of data, as people read them. Mark those that may reveal what Art. 9 protects: special: true.
categories:
${Object.entries(CATEGORIES)
  .map(([id, [lv, en]]) => `  ${id}: { title: { lv: ${lv}, en: ${en} } }`)
  .join('\n')}

# Everyone who receives data, by name: carriers, payment and mail services, host, accountant. One entry each.
recipients:
  hosting:
    name: ${TO_DECIDE}
    kind: { lv: Serveru nomas uzņēmums, en: Hosting company }
    role: processor
    agreement: ${TO_DECIDE}
    country: ${TO_DECIDE} # two letters, e.g. LV; outside the EEA also "transfer"
    purposes: [${TO_DECIDE}]
    categories: [${TO_DECIDE}]

# How long. Periods are your decision, taken after reading the law. A rule looks like this:
#   source-documents:
#     title: { lv: Attaisnojuma dokumenti, en: Source documents }
#     period: P5Y
#     from: financial-year-end        # or: event
#     law: Grāmatvedības likums, 28. pants
#     criterion: { lv: Piecus gadus pēc finanšu gada beigām, en: Five years from the end of the financial year }
#     confirmedBy: valde, 2026-01-15
retention: {}

# What people are found by. "links: true" means that an equal value is the same person.
identifiers:
  email: { title: { lv: E-pasta adrese, en: E-mail address }, kind: email, links: true }
  phone: { title: { lv: Tālruņa numurs, en: Phone number }, kind: phone, links: false }
  name: { title: { lv: Vārds un uzvārds, en: Full name }, kind: name, links: false }
  personas-kods: { title: { lv: Personas kods, en: Personal code }, kind: personas-kods, links: true }
${withOrderNumbers ? '  order-number: { title: { lv: Pasūtījuma numurs, en: Order number }, kind: code, links: false }\n' : ''}
# Kinds of people with a row of their own.
${persons.length > 0 ? `persons:\n${persons.join('\n')}` : `# No table looks like one: name it here and give it an owner with the reach {self: …}.\npersons: {}`}
`;
}
