import {
  type Cell,
  type PageModel,
  type PageTable,
  pageBottom,
  pageTop,
  tableAnchor,
  tableBottom,
  tableRows,
  tableTop,
} from '../../src/documents/export-page.js';

export const HOSTILE = [
  '<img src=x onerror="alert(1)">',
  '</script><script>alert(2)</script>',
  '</style><style>body{display:none}</style>',
  '"><svg onload=alert(3)>',
  "' onmouseover='alert(4)",
  'Anna \u202egnp.exe\u2066',
  'שלום עולם',
  '👩🏽‍🚀 Žanna Ķēniņa Z\u0301a\u0300\u0302\u0323lgo',
  'pirmā rinda\notrā rinda',
  'zvans\u0007 un \u0000 nulle',
  'x'.repeat(400),
] as const;

const provided = 'provided' as const;
const observed = 'observed' as const;
const service = { lv: 'Pasūtījumu izpilde', en: 'Fulfilling orders' };
const wishes = { lv: 'Izpratne par pircēju vēlmēm', en: 'Understanding what customers want' };
const offers = { lv: 'Grāmatu jaunumi un piedāvājumi', en: 'Book news and offers' };

export const CUSTOMERS: PageTable = {
  name: 'shop.customer',
  title: { lv: 'Jūsu profils', en: 'Your profile' },
  description: {
    lv: 'Tas, ko norādījāt, kad pirmo reizi pasūtījāt grāmatu.',
    en: 'What you stated when you first ordered a book.',
  },
  purposes: [service, offers],
  columns: [
    { name: 'id', title: { lv: 'Klienta numurs', en: 'Customer number' }, source: observed, format: 'number' },
    { name: 'full_name', title: { lv: 'Vārds, uzvārds', en: 'Name' }, source: provided },
    { name: 'email', title: { lv: 'E-pasts', en: 'E-mail' }, source: provided },
    { name: 'password_hash', title: { lv: 'Parole', en: 'Password' }, source: provided },
    { name: 'newsletter', title: { lv: 'Jaunumi e-pastā', en: 'News by e-mail' }, source: provided, format: 'boolean' },
    {
      name: 'created_at',
      title: { lv: 'Profils izveidots', en: 'Profile created' },
      source: observed,
      format: 'timestamp',
    },
  ],
};

export const ORDERS: PageTable = {
  name: 'shop.order',
  title: { lv: 'Pasūtījumi', en: 'Orders' },
  purposes: [service],
  columns: [
    { name: 'number', title: { lv: 'Pasūtījuma numurs', en: 'Order number' }, source: observed },
    { name: 'placed_at', title: { lv: 'Pasūtīts', en: 'Placed' }, source: observed, format: 'timestamp' },
    {
      name: 'status',
      title: { lv: 'Stāvoklis', en: 'Status' },
      source: observed,
      codes: {
        delivered: { lv: 'Piegādāts', en: 'Delivered' },
        paid: { lv: 'Samaksāts, gaida nosūtīšanu', en: 'Paid, waiting to be sent' },
      },
    },
    { name: 'total', title: { lv: 'Summa, EUR', en: 'Total, EUR' }, source: observed, format: 'money' },
    { name: 'recipient', title: { lv: 'Saņēmējs', en: 'Recipient' }, source: provided },
    { name: 'address', title: { lv: 'Piegādes adrese', en: 'Delivery address' }, source: provided },
    { name: 'note', title: { lv: 'Piezīme', en: 'Note' }, source: provided },
    { name: 'due', title: { lv: 'Apmaksas termiņš', en: 'Payment due' }, source: observed, format: 'date' },
  ],
};

export const VISITS: PageTable = {
  name: 'shop.visit',
  title: { lv: 'Vietnes apmeklējumi', en: 'Visits to the site' },
  purposes: [wishes],
  columns: [
    { name: 'at', title: { lv: 'Laiks', en: 'Time' }, source: observed, format: 'timestamp' },
    { name: 'page', title: { lv: 'Lapa', en: 'Page' }, source: observed },
    { name: 'device', title: { lv: 'Ierīce', en: 'Device' }, source: observed },
    { name: 'country', title: { lv: 'Valsts', en: 'Country' }, source: 'inferred' },
    { name: 'city', title: { lv: 'Pilsēta', en: 'City' }, source: 'inferred' },
    { name: 'interest', title: { lv: 'Interešu joma', en: 'Field of interest' }, source: 'inferred' },
    { name: 'score', title: { lv: 'Intereses vērtējums', en: 'Interest score' }, source: 'inferred', format: 'number' },
    { name: 'seconds', title: { lv: 'Sekundes lapā', en: 'Seconds on page' }, source: observed, format: 'number' },
    { name: 'details', title: { lv: 'Sīkāk', en: 'Details' }, source: observed, format: 'json' },
    { name: 'valid_until', title: { lv: 'Derīgs līdz', en: 'Valid until' }, source: observed, format: 'timestamp' },
  ],
};

const v = (...values: (string | null)[]): Cell[] => values.map((value) => ({ value }));

const CUSTOMER_ROWS: Cell[][] = [
  [
    { value: '104422' },
    { value: 'Anna Bērziņa-Kļaviņa' },
    { value: 'anna.berzina@example.lv' },
    { withheld: 'secret' },
    { value: 't' },
    { value: '2021-11-30 23:59:59.999999+02' },
  ],
];

const ORDER_ROWS: Cell[][] = [
  v(
    'R-2024-0017',
    '2024-03-03 14:05:06.123456+02',
    'delivered',
    '24.90',
    'Anna Bērziņa',
    'Brīvības iela 214–17, Rīga, LV-1039',
    null,
    '2024-03-17',
  ),
  [
    ...v('R-2025-0108', '2025-07-14 08:30:00+03', 'delivered', '1234567.125'),
    { withheld: 'third-party' },
    { withheld: 'third-party' },
    { withheld: 'free-text' },
    { value: '2025-07-28' },
  ],
  v(
    'R-2026-0211',
    '2026-02-28 19:41:12+02',
    'paid',
    '-12.5',
    'Anna Bērziņa',
    'Pakomāts „Origo”, Stacijas laukums 2, Rīga',
    '',
    null,
  ),
  ...HOSTILE.map((value, index) =>
    v(`R-2026-${300 + index}`, '2026-03-01 10:00:00+02', 'lost_in_post', '9', value, value, value, 'infinity'),
  ),
];

const details =
  '{"referrer":"https://example.lv/","basket":[{"isbn":9789934000000000001,"title":"Dvēseļu putenis"},{}],"empty":[],"note":"</pre><b>x</b>"}';

export const VISIT_ROWS: Cell[][] = Array.from({ length: 14 }, (_, index) =>
  v(
    `2026-02-${String(index + 1).padStart(2, '0')} 21:15:${String(index).padStart(2, '0')}.5+02`,
    `/gramatas/dvēseļu-putenis-${index}`,
    'Chrome 133, Android 15',
    'Latvija',
    index % 3 === 0 ? null : 'Rīga',
    'Latviešu vēsturiskais romāns',
    '0.730',
    String(12 + index),
    index === 5 ? '{not json' : details,
    index === 2 ? 'infinity' : '2026-08-01 00:00:00+03',
  ),
);

export const MODEL: PageModel = {
  operation: 'export-01JQ7X4M9V3R8',
  createdAt: '2026-03-03T12:06:00.000Z',
  snapshotAt: '2026-03-03 14:05:06.123456+02',
  timeZone: 'Europe/Riga',
  language: 'lv',
  controller: {
    name: 'Biedrība "Paraugu grāmatnīca"',
    registration: '40008000000',
    address: 'Parauga iela 20–2, Rīga, LV-1010',
    email: 'dati@example.lv',
    phone: '+371 20000000',
    website: 'https://example.lv',
    officer: 'Ilze Paraudziņa',
  },
  supervisor: {
    name: { lv: 'Datu valsts inspekcija', en: 'Data State Inspectorate (Datu valsts inspekcija)' },
    address: 'Elijas iela 17, Rīga, LV-1050',
    email: 'pasts@dvi.gov.lv',
    website: 'https://www.dvi.gov.lv',
  },
  verifiedHow: {
    lv: 'Pieprasījums nosūtīts no Jūsu konta, kurā bijāt pieslēgusies ar paroli.',
    en: 'The request came from your account, in which you were signed in with your password.',
  },
  purposes: [
    {
      title: service,
      description: {
        lv: 'Pieņemt pasūtījumu, saņemt samaksu, piegādāt grāmatas.',
        en: 'To take the order, receive payment and deliver the books.',
      },
      basis: '6(1)(b)',
      categories: [
        { lv: 'saziņas dati', en: 'contact data' },
        { lv: 'pasūtījumi', en: 'orders' },
        { lv: 'maksājumi', en: 'payments' },
      ],
    },
    {
      title: { lv: 'Grāmatvedība', en: 'Bookkeeping' },
      basis: '6(1)(c)',
      law: 'Grāmatvedības likuma 28. pants',
      categories: [{ lv: 'rēķini', en: 'invoices' }],
    },
    {
      title: wishes,
      basis: '6(1)(f)',
      interest: { lv: 'Piedāvāt grāmatas, ko cilvēki vēlas lasīt.', en: 'To offer books that people want to read.' },
      categories: [{ lv: 'vietnes apmeklējumi', en: 'visits to the site' }],
    },
    {
      title: offers,
      basis: '6(1)(a)',
      law: 'Informācijas sabiedrības pakalpojumu likuma 9. pants',
      categories: [{ lv: 'e-pasts', en: 'e-mail' }],
    },
  ],
  recipients: [
    {
      name: 'VAS "Latvijas Pasts"',
      kind: { lv: 'Pasta sūtījumu piegāde', en: 'Delivery of parcels' },
      role: 'controller',
      country: 'LV',
      purposes: [service],
      categories: [{ lv: 'vārds, adrese, tālrunis', en: 'name, address, phone' }],
    },
    {
      name: 'Paraugu Mākonis GmbH',
      kind: { lv: 'Serveru noma', en: 'Server hosting' },
      role: 'processor',
      country: 'DE',
      purposes: [service, wishes, offers],
      categories: [{ lv: 'visi datu veidi', en: 'all kinds of data' }],
    },
    {
      name: 'Sample Mailer Inc.',
      kind: { lv: 'E-pasta izsūtīšana', en: 'Sending e-mail' },
      role: 'processor',
      country: 'US',
      purposes: [offers],
      categories: [{ lv: 'e-pasts', en: 'e-mail' }],
      transfer: {
        lv: 'Eiropas Komisijas standarta līguma klauzulas',
        en: 'Standard contractual clauses of the European Commission',
      },
    },
  ],
  retention: [
    {
      table: 'shop.order',
      tableTitle: ORDERS.title,
      rule: 'source-documents',
      title: { lv: 'Grāmatvedības attaisnojuma dokumenti', en: 'Accounting source documents' },
      law: 'Grāmatvedības likuma 28. pants',
      period: 'P5Y',
      rows: 14,
      first: '2027-05-12',
      last: '2031-01-03',
      undetermined: 1,
      criterion: {
        lv: 'Termiņš sākas, kad pasūtījums ir piegādāts.',
        en: 'The period starts when the order is delivered.',
      },
    },
    {
      table: 'shop.visit',
      tableTitle: VISITS.title,
      rule: 'visits',
      title: { lv: 'Apmeklējumu dati', en: 'Visit data' },
      law: 'VDAR 5. panta 1. punkta e) apakšpunkts',
      period: 'P1Y6M',
      rows: 14,
      first: '2027-08-14',
      last: '2027-08-14',
      undetermined: 0,
      criterion: { lv: 'Termiņš sākas apmeklējuma dienā.', en: 'The period starts on the day of the visit.' },
    },
  ],
  sources: [
    { source: 'provided', tables: [CUSTOMERS.title, ORDERS.title] },
    { source: 'observed', tables: [ORDERS.title, VISITS.title] },
    { source: 'inferred', tables: [VISITS.title] },
  ],
  automatedDecisions: {
    exist: false,
    text: {
      lv: 'Grāmatu ieteikumus atlasa dators, bet tie neko par Jums neizlemj.',
      en: 'A computer picks book suggestions, but they decide nothing about you.',
    },
  },
  transfers: {
    lv: 'Viens saņēmējs atrodas Amerikas Savienotajās Valstīs; datus sargā līguma klauzulas.',
    en: 'One recipient is in the United States; contractual clauses protect the data.',
  },
  withheld: [
    {
      table: 'shop.customer',
      tableTitle: CUSTOMERS.title,
      columns: [{ title: { lv: 'Parole', en: 'Password' }, reason: 'secret', rows: 1 }],
    },
    {
      table: 'shop.order',
      tableTitle: ORDERS.title,
      columns: [
        {
          title: { lv: 'Saņēmējs', en: 'Recipient' },
          reason: 'third-party',
          text: { lv: 'Grāmata bija dāvana citai personai.', en: 'The book was a gift to somebody else.' },
          rows: 1,
        },
        { title: { lv: 'Piezīme', en: 'Note' }, reason: 'free-text', rows: 1 },
        { title: { lv: 'Tālrunis', en: 'Phone' }, reason: 'shared-identifier', rows: 2 },
      ],
    },
  ],
  tables: [
    {
      name: 'shop.customer',
      title: CUSTOMERS.title,
      rows: 1,
      files: { json: 'data/customer.json', csv: 'data/customer.csv' },
      keptBecause: {
        lv: 'Kamēr Jums ir konts; to varat dzēst jebkurā brīdī.',
        en: 'While you have an account; you can erase it at any time.',
      },
    },
    { name: 'shop.order', title: ORDERS.title, rows: 14, files: { json: 'data/order.json', csv: 'data/order.csv' } },
    { name: 'shop.visit', title: VISITS.title, rows: 14, files: { json: 'data/visit.json', csv: 'data/visit.csv' } },
    {
      name: 'shop.review',
      title: { lv: 'Grāmatu atsauksmes', en: 'Book reviews' },
      rows: 0,
      files: { json: 'data/review.json', csv: 'data/review.csv' },
    },
    {
      name: 'gdpr.consent',
      title: { lv: 'Piekrišanas', en: 'Consents' },
      rows: 0,
      files: { json: 'data/consent.json', csv: 'data/consent.csv' },
    },
  ],
  files: [{ name: 'manifest.json', title: { lv: 'Arhīva satura saraksts', en: 'List of what the archive holds' } }],
};

/** A whole page, written in the order and the batches of a real export. */
export function samplePage(model: PageModel = MODEL): string {
  const groups: [PageTable, Cell[][]][] = [
    [CUSTOMERS, CUSTOMER_ROWS],
    [ORDERS, ORDER_ROWS],
    [VISITS, VISIT_ROWS],
  ];
  const parts = [pageTop(model)];
  for (const [table, rows] of groups) {
    if (!model.tables.some(({ name, rows: count }) => name === table.name && count > 0)) continue;
    parts.push(tableTop(table, tableAnchor(table.name)));
    for (let start = 0; start < rows.length; start += 5) parts.push(tableRows(table, rows.slice(start, start + 5)));
    parts.push(tableBottom(table, rows.length));
  }
  parts.push(pageBottom(model));
  return parts.join('');
}
