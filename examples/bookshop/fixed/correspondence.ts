import { type FixedRow, fixed, type Json, type PersonKey } from './row.js';

interface Ticket {
  readonly id: number;
  readonly of: readonly PersonKey[];
  readonly customer: number | null;
  readonly order: number | null;
  readonly email: string;
  readonly name: string;
  readonly subject: string;
  readonly opened: string;
  readonly closed: string | null;
  /** The customer's words; `mentions` names whoever else appears in them. */
  readonly question: { readonly body: string; readonly mentions?: PersonKey };
  readonly answer: string;
}

function ticket({
  id,
  of,
  customer,
  order,
  email,
  name,
  subject,
  opened,
  closed,
  question,
  answer,
}: Ticket): FixedRow[] {
  const at = (day: string | null) => (day === null ? null : `${day} 09:15:00.000${100 + id}+00`);
  const message = { ticket_id: id, sent_at: at(opened) };
  return [
    fixed('support_tickets', of, {
      id,
      customer_id: customer,
      order_id: order,
      email,
      name,
      subject,
      status: closed === null ? 'open' : 'closed',
      assigned_to: 'Rita Ābola',
      opened_at: at(opened),
      closed_at: at(closed),
    }),
    fixed('support_messages', question.mentions === undefined ? of : [...of, question.mentions], {
      id: id * 2 - 1,
      ...message,
      author: 'customer',
      staff_name: null,
      body: question.body,
    }),
    fixed('support_messages', of, { id: id * 2, ...message, author: 'staff', staff_name: 'Rita Ābola', body: answer }),
  ];
}

const tickets: readonly FixedRow[] = [
  ticket({
    id: 1,
    of: ['anna'],
    customer: 1,
    order: 3,
    email: 'anna.berzina@pasts.example',
    name: 'Anna Bērziņa',
    subject: 'Bojāta grāmata par ziemas dārziem',
    opened: '2022-02-11',
    closed: '2022-02-20',
    question: {
      body:
        'Labdien! Grāmatai trūkst lappušu. Dienā lūdzu zvaniet vīram Jānim, +371 21555123, ' +
        'vai rakstiet uz janis.berzins@pasts.example, jo esmu maiņā slimnīcas 12. nodaļā.',
      mentions: 'janis',
    },
    answer: 'Labdien, Anna! Naudu par grāmatu ar trūkstošajām lappusēm atmaksāsim trīs dienās.',
  }),
  ticket({
    id: 2,
    of: ['namesake'],
    customer: 2,
    order: 10,
    email: 'anna.berzina2@pasts.example',
    name: 'Anna Bērziņa',
    subject: 'Rēķins Liepājas skolai',
    opened: '2024-06-10',
    closed: '2024-06-12',
    question: { body: 'Lūdzu pārrakstiet rēķinu, grāmatvede Velga to prasa līdz piektdienai.' },
    answer: 'Rēķinu Liepājas adresei pārrakstījām un nosūtījām.',
  }),
  ticket({
    id: 3,
    of: ['janis'],
    customer: 3,
    order: 8,
    email: 'janis.berzins@pasts.example',
    name: 'Jānis Bērziņš',
    subject: 'Atteikums no grāmatas mīkstajos vākos',
    opened: '2025-08-21',
    closed: '2025-09-01',
    question: { body: 'Garāžā tādas grāmatas ātri nobružājas, gribu naudu atpakaļ.' },
    answer: 'Saņēmām grāmatu no garāžas pakomāta, nauda atmaksāta.',
  }),
  ticket({
    id: 4,
    of: ['lasitava', 'ilze'],
    customer: 4,
    order: 12,
    email: 'ilze.kalnina@lasitava.example',
    name: 'Ilze Kalniņa',
    subject: 'Atlikt LSTV-902 apmaksu',
    opened: '2026-09-20',
    closed: null,
    question: { body: 'Mūsu padome sanāk novembrī, vai varam maksāt pēc Mārtiņiem?' },
    answer: 'Pajautāsim grāmatvedei par termiņu pēc Mārtiņiem.',
  }),
  ticket({
    id: 5,
    of: ['petr'],
    customer: null,
    order: 14,
    email: 'Petr.Ivanov@pasts.example',
    name: 'Пётр Иванов',
    subject: 'Где моя книга о шахматах?',
    opened: '2026-08-01',
    closed: null,
    question: { body: 'Пакомат пуст, а код 5918 кто-то уже использовал. Верните деньги.' },
    answer: 'Мы запросили у перевозчика запись о выдаче по коду 5918.',
  }),
].flat();

const notes: readonly FixedRow[] = [
  note(1, 'anna', 'customer', 1, 'Anna vienmēr jautā pēc pūces grāmatzīmes, iedot bez maksas.'),
  note(2, 'anna', 'order', 5, 'Annas paku uz Saulkrastiem sūtīt tikai ar kurjeru.'),
  note(3, 'anna', 'ticket', 1, 'Annas fotoattēls ar lappusēm ielikts mapē Z-12.'),
  note(4, 'namesake', 'customer', 2, 'Nejaukt ar otru klienti: šī ir Liepājas skolotāja.'),
  note(5, 'janis', 'customer', 3, 'Jānis zvana vakaros, runā par motocikliem.'),
  note(6, 'lasitava', 'customer', 4, 'Lasītavai atlikt apmaksu līdz 30 dienām.'),
  note(7, 'petr', 'order', 14, 'Pētera lieta nodota juristei Baibai Ozolai.'),
  note(8, 'petr', 'ticket', 5, 'Пётр прислал видео из пакомата.'),
];

function note(id: number, of: PersonKey, subject_type: string, subject_id: number, body: string): FixedRow {
  return fixed('notes', of, {
    id,
    subject_type,
    subject_id,
    body,
    written_by: id % 2 === 0 ? 'Rita Ābola' : 'Edgars Zemītis',
    written_at: `2026-0${id}-1${id} 10:00:00.${String(id).padStart(6, '0')}+00`,
  });
}

const events: readonly FixedRow[] = [
  event(1, ['anna', 'janis'], 'order.placed', '2019-11-25 19:45:01.000002+00', {
    customer: { id: 1, email: 'anna.berzina@pasts.example', phone: '+371 21234567' },
    order: { number: 'RB-2019-000002', total: '42.84' },
    recipient: { name: 'Jānis Bērziņš', email: 'Janis.Berzins@pasts.example', phone: '+371 21555123' },
    items: [
      { book: 11, quantity: 1, dedication: 'Vīram četros rītā' },
      { book: 12, quantity: 1, dedication: null },
    ],
    client: { ip: '203.0.113.11', agent: 'Mozilla/5.0 (AnnasTalrunis 17)' },
  }),
  event(2, ['anna'], 'profile.changed', '2021-02-14 09:30:00.250000+00', {
    customer: { id: 1 },
    changes: [
      { field: 'phone', old: '+371 21999001', new: '+371 21234567' },
      { field: 'sms_opt_in', old: 'false', new: 'true' },
    ],
    client: { ip: '203.0.113.11', agent: 'Mozilla/5.0 (AnnasTalrunis 12)' },
  }),
  event(3, ['janis', 'anna'], 'order.placed', '2023-03-06 16:20:30.405060+00', {
    customer: { id: 3, email: 'janis.berzins@pasts.example', phone: '+371 21555123' },
    order: { number: 'RB-2023-000007', total: '31.98' },
    recipient: { name: 'Anna Bērziņa', email: 'anna.berzina@pasts.example', phone: '+371 21234567' },
    items: [{ book: 2, quantity: 1, dedication: 'No vīra un kaķa Muriša' }],
    client: { ip: '203.0.113.33', agent: 'Mozilla/5.0 (JanaPlansete 4)' },
  }),
  event(4, ['namesake'], 'login', '2024-06-02 07:21:55.000009+00', {
    customer: { id: '2' },
    client: { ip: '203.0.113.22', agent: 'Mozilla/5.0 (LiepajasDators 9)' },
  }),
  event(5, ['petr'], 'order.placed', '2026-07-02 17:00:00.000014+00', {
    customer: { email: 'Petr.Ivanov@pasts.example', phone: '371 2177 7888' },
    order: { number: 'RB-2026-000014', total: '61.99' },
    items: [{ book: 13, quantity: 1, dedication: 'Чемпиону двора' }],
    client: { ip: '203.0.113.55', agent: 'Mozilla/5.0 (PetrsTelefon 8)' },
  }),
  event(6, ['lasitava', 'ilze'], 'order.placed', '2026-09-14 13:13:13.131313+00', {
    customer: { id: 4, email: 'gramatvediba@lasitava.example', phone: '+371 67129417' },
    order: { number: 'RB-2026-000012', total: '232.99' },
    recipient: { name: 'Ilze Kalniņa', email: 'ilze.kalnina@lasitava.example', phone: '+371 21345678' },
    items: [{ book: 10, quantity: 20, dedication: null }],
    client: { ip: '203.0.113.44', agent: 'Mozilla/5.0 (LasitavasDators 2)' },
  }),
];

function event(id: number, of: readonly PersonKey[], name: string, occurred_at: string, payload: Json): FixedRow {
  return fixed('event_log', of, { id, event: name, occurred_at, payload });
}

const imported: readonly FixedRow[] = [
  oldRow('anna', 1, 1, 'ANNA.BERZINA@PASTS.EXAMPLE', '7123456', 'Bērziņa Anna', 'Mežaparka bērnu bibliotēka'),
  oldRow('namesake', 2, 2, 'anna.berzina2@pasts.example', '21 987 654', 'Bērziņa A.', 'Karostas grāmatu kafejnīca'),
  oldRow('janis', 3, 3, 'Janis.Berzins@Pasts.Example', '(371) 21555123', 'Bērziņš Jānis', 'Purvciema garāžu tirdziņš'),
  oldRow('petr', 4, null, 'petr.ivanov@pasts.example', '00371 21 777 888', 'Ivanovs Pjotrs', 'Клуб «Белая ладья»'),
];

function oldRow(
  of: PersonKey,
  number: number,
  customer: number | null,
  email: string,
  phone: string,
  name: string,
  place: string,
): FixedRow {
  const document = {
    'E-pasts': email,
    Tālrunis: phone,
    Klients: { Vārds: name, Iepazina: place },
    Pirkumi: [{ Grāmata: 'Vecais katalogs', Summa: `${number}.50`, Piezīme: `${place}, stends ${number}` }],
  };
  return fixed('Import Log 2019', of, {
    'Row No': number,
    'Imported At': `2019-01-14 03:00:00.00000${number}+00`,
    customerId: customer,
    'E-mail': email,
    'Phone "old"': phone,
    'Full Name': name,
    Document: JSON.stringify(document),
  });
}

/** Tickets, staff notes, logged events and imported rows of the fixed people. */
export const CORRESPONDENCE_ROWS: readonly FixedRow[] = [...tickets, ...notes, ...events, ...imported];
