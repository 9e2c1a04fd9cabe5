import type { Text, WithheldReason } from './page-model.js';
import { WITHHELD_REASON } from './texts.js';

/** What the page says where it is a copy under Art. 20 and not under Art. 15. */
export const PORTABLE_TEXTS = {
  pageTitle: { lv: 'Jūsu dati pārnešanai', en: 'Your data to take with you' },
  requested: {
    lv: 'Jūs tos pieprasījāt, izmantojot savas tiesības uz datu pārnesamību (Vispārīgās datu aizsardzības regulas jeb VDAR 20.\u00a0pants). Tajos ir tas, ko sniedzāt Jūs vai kas radās, Jums izmantojot mūsu pakalpojumus, un ko apstrādājam ar Jūsu piekrišanu vai līguma dēļ. Visus datus, ko par Jums glabājam, varat pieprasīt, izmantojot savas tiesības tiem piekļūt (15.\u00a0pants). Datu izsniegšana neko neizdzēš. Lapu var lasīt telefonā vai datorā, kā arī izdrukāt. Tā darbojas bez interneta un neko nevienam nesūta.',
    en: 'You asked for them under your right to data portability (Article 20 of the General Data Protection Regulation, GDPR). They are what you gave us or what arose as you used our services, and what we process on your consent or a contract with you. You can ask for everything that we hold about you under your right of access (Article 15). Handing these data over erases nothing. You can read this page on a phone or a computer, or print it. It works without the internet and sends nothing to anyone.',
  },
  noData: {
    lv: 'Mums nav Jūsu datu, uz kuriem attiektos tiesības uz datu pārnesamību.',
    en: 'We hold no data of yours that the right to data portability covers.',
  },
  withheldLede: {
    lv: 'Šo lauku šajā arhīvā nav. Ja nepiekrītat, rakstiet mums vai sūdzieties uzraudzības iestādei.',
    en: 'These fields are not in this archive. If you disagree, write to us or complain to the supervisory authority.',
  },
  nothingWithheld: {
    lv: 'Šajā arhīvā ir viss, ko par Jums glabājam.',
    en: 'This archive holds all that we hold about you.',
  },
  files: { lv: 'Faili pārnešanai', en: 'The files to take with you' },
  filesLede: {
    lv: 'Šos failus nolasa citas programmas un pakalpojumi: CSV atver izklājlapu programma, JSON un JSON-LD der izstrādātājiem. Saites darbojas, kad arhīvs ir atpakots.',
    en: 'Other programs and services read these files: a spreadsheet opens CSV, developers can use JSON and JSON-LD. The links work once the archive is unpacked.',
  },
  formats: { lv: 'CSV, JSON un JSON-LD', en: 'CSV, JSON and JSON-LD' },
  supervisor: { lv: 'Uzraudzības iestāde', en: 'Supervisory authority' },
} as const satisfies Record<string, Text>;

/** Art. 20(4) stands in the place of Art. 15(4). */
export const PORTABLE_REASON: Readonly<Record<WithheldReason, Text>> = {
  ...WITHHELD_REASON,
  'third-party': {
    lv: 'Attiecas uz citu personu, kuras tiesības mums jāsargā (20.\u00a0panta 4.\u00a0punkts).',
    en: 'It concerns another person, whose rights we must protect (Article 20(4)).',
  },
  'free-text': {
    lv: 'Brīvi rakstīts teksts, kurā var būt minētas citas personas (20.\u00a0panta 4.\u00a0punkts).',
    en: 'Freely written text that may mention other people (Article 20(4)).',
  },
};
