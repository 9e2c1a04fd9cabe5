import type { LetterKind, LetterModels, RequestLetterModel } from '../../../src/documents/letters/letter.js';
import type { Language } from '../../../src/documents/page-model.js';

const KINDS = [
  'acknowledgement',
  'identity',
  'extension',
  'refusal',
  'negative',
  'access',
] as const satisfies readonly LetterKind[];

export const LANGUAGES = ['lv', 'en'] as const satisfies readonly Language[];

/** Every letter in every language, for `it.each`. */
export const ALL = KINDS.flatMap((kind) => LANGUAGES.map((language) => [kind, language] as const));

export const CONTROLLER = {
  name: 'Biedrība "Grāmatu draugi"',
  registration: '40000000000',
  address: 'Kr. Valdemāra iela 20-2, Rīga, LV-1010',
  email: 'dati@gramatas.example',
  phone: '+371 60000000',
  website: 'https://gramatas.example',
  officer: 'Līga Ozola',
};

export const SUPERVISOR = {
  name: { lv: 'Datu valsts inspekcija', en: 'Data State Inspectorate of Latvia' },
  address: 'Elijas iela 17, Rīga, LV-1050',
  email: 'pasts@dvi.gov.lv',
  website: 'https://www.dvi.gov.lv',
};

export const FINGERPRINT = '3f9a0c11d2b84e5577aa90fe1c2d3e4f5061728394a5b6c7d8e9fa0b1c2d3e4f';

export const DIGEST = '9b1f0e2d3c4b5a69788796a5b4c3d2e1f00112233445566778899aabbccddeef';

function base(language: Language): RequestLetterModel {
  return {
    language,
    date: '2026-03-09',
    request: { number: '2026-014', asked: ['access'], received: '2026-03-05', due: '2026-04-07' },
    controller: CONTROLLER,
    supervisor: SUPERVISOR,
    addressee: { name: 'Anna Kalniņa', address: 'Brīvības iela 100-12\nRīga, LV-1001' },
    signatory: { name: 'Pēteris Bērziņš', role: language === 'lv' ? 'Valdes priekšsēdētājs' : 'Chair of the board' },
  };
}

/** A plausible model of each letter. */
export function sample(language: Language): LetterModels {
  const letter = base(language);
  const say = (lv: string, en: string) => (language === 'lv' ? lv : en);
  return {
    acknowledgement: {
      ...letter,
      request: { ...letter.request, asked: ['access', 'marketing-objection'] },
      quote: say(
        'Labdien! Ko jūs par mani zināt? Un vairs nesūtiet man reklāmu.',
        'Hello! What do you know about me? And stop sending me advertising.',
      ),
    },
    lifting: { ...letter, restricted: [{ ground: '18(1)(a)', since: '2026-02-02' }] },
    restriction: {
      ...letter,
      request: { ...letter.request, asked: ['restriction'] },
      restricted: { ground: '18(1)(a)', since: '2026-03-06' },
      recipients: ['Omniva SIA', 'Pasta Serviss SIA'],
    },
    objection: {
      ...letter,
      request: { ...letter.request, asked: ['marketing-objection'] },
      to: 'marketing',
      since: '2026-03-06',
      recipients: ['Pasta Serviss SIA'],
    },
    rectification: {
      ...letter,
      request: { ...letter.request, asked: ['rectification'] },
      corrected: [
        {
          what: { lv: 'Klienta konts', en: 'Customer account' },
          fields: [{ lv: 'E-pasts', en: 'E-mail' }],
        },
      ],
      left: [
        {
          what: { lv: 'Rēķini', en: 'Invoices' },
          fields: [{ lv: 'Pircējs rēķinā', en: 'Buyer on the invoice' }],
          law: 'Grāmatvedības likums, 28. pants',
        },
      ],
      held: [
        {
          what: { lv: 'Sūtījumi', en: 'Shipments' },
          fields: [{ lv: 'Saņēmēja tālrunis', en: "Recipient's phone" }],
        },
      ],
      recipients: ['Omniva SIA'],
    },
    erasure: {
      ...letter,
      request: { ...letter.request, asked: ['erasure'] },
      kept: [
        {
          what: { lv: 'Rēķini', en: 'Invoices' },
          fields: [
            { lv: 'Pircējs rēķinā', en: 'Buyer on the invoice' },
            { lv: 'Pircēja adrese rēķinā', en: "Buyer's address on the invoice" },
          ],
          because: { lv: 'Attaisnojuma dokumenti', en: 'Source documents' },
          law: 'Grāmatvedības likums, 28. pants',
          until: '2032-01-01',
        },
        {
          what: { lv: 'Sūtījumi', en: 'Shipments' },
          fields: [{ lv: 'Saņēmējs', en: 'Recipient' }],
          because: { lv: 'Neizpildīts pasūtījums', en: 'An order that is not fulfilled yet' },
          law: 'Regula (ES) 2016/679, 6. panta 1. punkta b) apakšpunkts',
          untilWords: { lv: 'līdz pasūtījums ir izpildīts', en: 'until the order is fulfilled' },
        },
      ],
    },
    identity: {
      ...letter,
      doubts: ['unknown-channel'],
      sufficient: ['known-email', 'account', 'order', 'known-phone', 'visit'],
      clock: 'suspended',
    },
    extension: {
      ...letter,
      date: '2026-04-02',
      grounds: ['complexity'],
      explanation: say(
        'Jūs pie mums iepirkāties divpadsmit gadus ar trim e-pasta adresēm, un pirms 2019. gada veiktie pasūtījumi ir tikai papīra dokumentos, kas jāpārskata ar roku.',
        'You have bought from us for twelve years under three e-mail addresses, and the orders before 2019 exist only on paper, which has to be gone through by hand.',
      ),
      extendedDue: '2026-06-05',
    },
    refusal: {
      ...letter,
      date: '2026-03-20',
      request: { ...letter.request, asked: ['erasure'] },
      granted: say(
        'Dzēsām Jūsu kontu, tālruņa numuru, piegādes adreses un iepirkumu grozus.',
        'We have erased your account, phone number, delivery addresses and shopping carts.',
      ),
      reasons: [
        {
          ground: 'legal-duty',
          what: say('2024. un 2025. gada rēķini', 'the invoices of 2024 and 2025'),
          facts: say(
            'Rēķini ir attaisnojuma dokumenti, kas jāglabā piecus gadus pēc finanšu gada beigām.',
            'Invoices are source documents, which must be kept for five years after the end of the financial year.',
          ),
          until: '2030-12-31',
          law: say('Grāmatvedības likums, 28. pants', 'Law on Accounting (Grāmatvedības likums), section 28'),
        },
        {
          ground: 'legal-claims',
          what: say('pasūtījums Nr. 10482 un sarakste par to', 'order no. 10482 and the correspondence about it'),
          facts: say(
            'Par šo pasūtījumu notiek strīds, ko ierosinājāt 2026. gada janvārī.',
            'There is a dispute about this order, which you raised in January 2026.',
          ),
        },
      ],
    },
    negative: {
      ...letter,
      search: {
        at: '2026-03-09T12:05:33Z',
        timeZone: 'Europe/Riga',
        tables: 21,
        groups: [
          { lv: 'klienti', en: 'customers' },
          { lv: 'pasūtījumi', en: 'orders' },
          { lv: 'rēķini', en: 'invoices' },
          { lv: 'saņēmēju adreses', en: 'delivery addresses' },
          { lv: 'jaunumu abonementi', en: 'newsletter subscriptions' },
          { lv: 'vietnes apmeklējumi', en: 'visits to the website' },
        ],
        identifiers: [
          { kind: { lv: 'E-pasta adrese', en: 'E-mail address' }, masked: 'a***a@p***.example' },
          { kind: { lv: 'Tālruņa numurs', en: 'Phone number' }, masked: '***56' },
          { kind: { lv: 'Vārds un uzvārds', en: 'Name' }, masked: 'A. K.' },
          { kind: { lv: 'Pasūtījuma numurs', en: 'Order number' } },
        ],
      },
    },
    access: {
      ...letter,
      date: '2026-03-16',
      snapshotAt: '2026-03-16T08:05:06.123456Z',
      timeZone: 'Europe/Riga',
      records: 131,
      groups: 9,
      withheld: [
        { reason: 'third-party', fields: 2 },
        { reason: 'secret', fields: 1 },
      ],
      archive: { file: 'export-20260316-k7q2m4x5n3b6c2da.asice', sha256: DIGEST },
      enclosure: { form: 'page', file: 'atbilde-2026-014.html', sentBy: 'email', codeBy: 'sms' },
      certificate: { sha256: FINGERPRINT, selfMade: true },
    },
  };
}

/** Letters as long as they plausibly get: every proof, many reasons, a data map of many tables. */
export function longest(language: Language): LetterModels {
  const letters = sample(language);
  const say = (lv: string, en: string) => (language === 'lv' ? lv : en);
  const facts = say(
    'Pārbaudījām katru ierakstu un visu saraksti, un šis pamats attiecas uz visiem turpmāk nosauktajiem datiem.',
    'We went through every record and all the correspondence, and this ground applies to all the data named here.',
  );
  return {
    ...letters,
    acknowledgement: {
      ...letters.acknowledgement,
      request: { ...letters.acknowledgement.request, asked: ['access', 'rectification', 'erasure', 'restriction'] },
      quote: Array.from({ length: 12 }, () => facts).join(' '),
    },
    identity: {
      ...letters.identity,
      doubts: ['unknown-channel', 'unclear-person', 'representative'],
      sufficient: [
        'known-email',
        'known-phone',
        'account',
        'order',
        'electronic-signature',
        'visit',
        'authorisation',
        { text: say('nosauciet, kura grāmata bija pēdējā', 'tell us which book was the last one') },
      ],
    },
    extension: {
      ...letters.extension,
      grounds: ['complexity', 'number'],
      explanation: `${facts}\n\n${facts} ${facts}`,
    },
    refusal: {
      ...letters.refusal,
      reasons: (['legal-duty', 'legal-claims', 'no-ground-to-erase', 'other-law'] as const).map((ground) => ({
        ground,
        facts,
        what: say('rēķini un sarakste', 'invoices and correspondence'),
        until: '2030-12-31',
        law: say('Grāmatvedības likums, 28. pants', 'Law on Accounting, section 28'),
      })),
    },
    negative: {
      ...letters.negative,
      search: {
        ...letters.negative.search,
        tables: 60,
        groups: Array.from({ length: 60 }, (_, index) => ({
          lv: `datu grupa numurs ${index}`,
          en: `group of data number ${index}`,
        })),
      },
    },
  };
}

/** A letter's text without markup, white space made plain. */
export function textOf(markup: string): string {
  return markup
    .slice(markup.indexOf('<body>'))
    .replace(/<wbr>/g, '')
    .replace(/<[^>]+>/g, ' ')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ')
    .replace(/ ([.,;:!?)])/g, '$1');
}
