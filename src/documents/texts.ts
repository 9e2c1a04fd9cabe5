import { counted, type Noun } from './format.js';
import type { CellReason, PageRecipient, Source, Text, WithheldReason } from './page-model.js';

/** Every fixed text of the export page; what depends on numbers is a function. */
export const TEXTS = {
  pageTitle: { lv: 'Jūsu personas dati', en: 'Your personal data' },
  skip: { lv: 'Pāriet uz saturu', en: 'Skip to the content' },
  language: { lv: 'Valoda', en: 'Language' },
  requested: {
    lv: 'Jūs tos pieprasījāt, izmantojot savas tiesības piekļūt saviem datiem (Vispārīgās datu aizsardzības regulas jeb VDAR 15.\u00a0pants). Lapu var lasīt telefonā vai datorā, kā arī izdrukāt. Tā darbojas bez interneta un neko nevienam nesūta.',
    en: 'You asked for them under your right of access (Article 15 of the General Data Protection Regulation, GDPR). You can read this page on a phone or a computer, or print it. It works without the internet and sends nothing to anyone.',
  },
  erased: {
    lv: 'Jūsu datus esam dzēsuši. Šeit ir tas, ko pēc dzēšanas vēl glabājam; kad dzēsām, kāpēc daļu saglabājām un kad to izdzēsīsim, ir teikts atsevišķās datu grupās.',
    en: 'We have erased your data. Here is what we still keep after the erasure; when we erased them, why we kept a part and when we shall erase it is told in groups of their own.',
  },
  asOf: { lv: 'Datu stāvoklis', en: 'Data as of' },
  made: { lv: 'Lapa sagatavota', en: 'Page prepared' },
  identityCheck: { lv: 'Kā pārbaudījām, ka esat Jūs', en: 'How we checked that it is you' },
  reference: { lv: 'Atsauces numurs', en: 'Reference' },
  rigaTime: { lv: 'Latvijas laiks', en: 'Latvian time' },
  brief: { lv: 'Īsumā', en: 'In brief' },
  contents: { lv: 'Datu saturs', en: 'What the data cover' },
  toTop: { lv: 'Uz lapas sākumu', en: 'Back to the top' },

  why: { lv: 'Kāpēc mums ir šie dati', en: 'Why we hold these data' },
  noPurpose: {
    lv: 'Šobrīd Jūsu dati netiek izmantoti nevienam nolūkam.',
    en: 'At present your data are used for no purpose.',
  },
  legalBasis: { lv: 'Tiesiskais pamats', en: 'Legal basis' },
  law: { lv: 'Tiesību akts', en: 'Law' },
  ourInterest: { lv: 'Mūsu interese', en: 'Our interest' },
  categories: { lv: 'Datu veidi', en: 'Kinds of data' },

  who: { lv: 'Kas saņem Jūsu datus', en: 'Who receives your data' },
  noRecipient: { lv: 'Nav saņēmēju, ko šeit norādīt.', en: 'There are no recipients to name here.' },
  given: { lv: 'Kam Jūsu dati ir izsniegti', en: 'To whom your data were given' },
  givenOn: { lv: 'Kad', en: 'When' },
  onWhat: { lv: 'Uz kāda pamata', en: 'On what basis' },
  recipient: { lv: 'Saņēmējs', en: 'Recipient' },
  role: { lv: 'Loma', en: 'Role' },
  forWhat: { lv: 'Kādam nolūkam', en: 'For what' },
  country: { lv: 'Valsts', en: 'Country' },

  howLong: { lv: 'Cik ilgi mēs tos glabājam', en: 'How long we keep them' },
  howLongLede: {
    lv: 'Datumi ir aprēķināti tieši Jūsu ierakstiem.',
    en: 'The dates are calculated for your own records.',
  },
  dataGroup: { lv: 'Datu grupa', en: 'Group of data' },
  keptUntil: { lv: 'Kad glabāšana beidzas', en: 'When we stop keeping them' },
  keptWhy: { lv: 'Termiņš un tā pamats', en: 'Period and its ground' },
  noDate: { lv: 'Konkrēta datuma nav', en: 'There is no fixed date' },
  noPeriod: {
    lv: 'Šai datu grupai datums vēl nav aprēķināts. Rakstiet mums, un mēs to paskaidrosim.',
    en: 'No date has been calculated for this group yet. Write to us and we will explain it.',
  },

  whence: { lv: 'No kurienes dati nāk', en: 'Where the data come from' },
  whenceLede: {
    lv: 'Pie katras datu grupas tālāk norādīts, no kurienes nāk katrs lauks.',
    en: 'Each group of data below says where each of its fields comes from.',
  },

  automated: { lv: 'Automatizēti lēmumi', en: 'Automated decisions' },
  automatedNo: {
    lv: 'Par Jums netiek pieņemti lēmumi, ko pieņem tikai dators.',
    en: 'No decisions about you are made by a computer alone.',
  },
  automatedYes: {
    lv: 'Par Jums tiek pieņemti lēmumi, ko pieņem dators.',
    en: 'Some decisions about you are made by a computer.',
  },
  automatedRight: {
    lv: 'Jūs varat prasīt, lai šādu lēmumu pārskata cilvēks, izteikt savu viedokli un lēmumu apstrīdēt (22.\u00a0panta 3.\u00a0punkts).',
    en: 'You can ask for a person to review such a decision, give your view and contest it (Article 22(3)).',
  },

  transfers: { lv: 'Dati ārpus Eiropas Ekonomikas zonas', en: 'Data outside the European Economic Area' },

  rights: { lv: 'Jūsu tiesības', en: 'Your rights' },
  contact: { lv: 'Kas atbild par Jūsu datiem', en: 'Who is responsible for your data' },
  controller: { lv: 'Pārzinis', en: 'Controller' },
  registration: { lv: 'Reģistrācijas numurs', en: 'Registration number' },
  address: { lv: 'Adrese', en: 'Address' },
  email: { lv: 'E-pasts', en: 'E-mail' },
  phone: { lv: 'Tālrunis', en: 'Phone' },
  website: { lv: 'Tīmekļa vietne', en: 'Website' },
  officer: { lv: 'Par datu aizsardzību atbild', en: 'Answers for data protection' },

  data: { lv: 'Jūsu dati', en: 'Your data' },
  noData: {
    lv: 'Mēs neatradām nevienu ierakstu par Jums. Lapas beigās ir saraksts ar visu, kur meklējām.',
    en: 'We found no record about you. The end of this page lists everywhere we looked.',
  },
  dataLede: {
    lv: 'Datumi, skaitļi un kodi parādīti saprotamā veidā; arhīva JSON failos tie ir tieši tādi, kādi glabājas. Svītra (—) nozīmē, ka lauks ir tukšs.',
    en: 'Dates, numbers and codes are shown in a readable way; the JSON files of this archive hold them exactly as stored. A dash (—) means that the field is empty.',
  },
  rigaOffset: {
    lv: 'Pie laika norādīta nobīde no pasaules laika: Latvijā ziemā tā ir UTC+2, vasarā UTC+3.',
    en: 'A time comes with its offset from universal time: in Latvia UTC+2 in winter and UTC+3 in summer.',
  },
  otherOffset: {
    lv: 'Pie laika norādīta nobīde no pasaules laika (UTC).',
    en: 'A time comes with its offset from universal time (UTC).',
  },
  usedFor: { lv: 'Nolūks', en: 'Used for' },

  withheld: { lv: 'Kas šeit nav parādīts un kāpēc', en: 'What is not shown here, and why' },
  withheldLede: {
    lv: 'Šos laukus mēs aizklājām. Ja nepiekrītat, rakstiet mums vai sūdzieties uzraudzības iestādei.',
    en: 'We covered these fields. If you disagree, write to us or complain to the supervisory authority.',
  },
  nothingWithheld: {
    lv: 'Iepriekš parādītajās tabulās neviens lauks nav aizklāts.',
    en: 'No field of the tables above is covered.',
  },
  field: { lv: 'Lauks', en: 'Field' },
  reason: { lv: 'Iemesls', en: 'Reason' },
  records: { lv: 'Ieraksti', en: 'Records' },

  nothing: { lv: 'Kur par Jums nekā nav', en: 'Where we hold nothing about you' },
  nothingLede: {
    lv: 'Šajās datu grupās mēs meklējām un neatradām nevienu Jūsu ierakstu:',
    en: 'We searched these groups of data and found no record of yours:',
  },
  everywhereSomething: {
    lv: 'Katrā pārmeklētajā datu grupā atradām vismaz vienu Jūsu ierakstu.',
    en: 'In every group of data we searched we found at least one record of yours.',
  },

  files: { lv: 'Citi faili šajā arhīvā', en: 'The other files of this archive' },
  filesLede: {
    lv: 'Tie paši dati ir arī failos, ko var nolasīt citas programmas: CSV atver izklājlapu programma, JSON der izstrādātājiem. Saites darbojas, kad arhīvs ir atpakots.',
    en: 'The same data are also in files for other programs: a spreadsheet opens CSV, developers can use JSON. The links work once the archive is unpacked.',
  },
  file: { lv: 'Faili', en: 'Files' },
  whatItIs: { lv: 'Saturs', en: 'Content' },

  verify: { lv: 'Kā pārbaudīt, ka nekas nav mainīts', en: 'How to check that nothing was changed' },
  verifySteps: [
    {
      lv: 'Saglabājiet saņemto arhīvu (failu, kura nosaukums beidzas ar .asice) tādu, kāds tas ir, un atpakojiet tikai tā kopiju. Tas ir elektroniski parakstīts ASiC-E konteiners.',
      en: 'Keep the archive that you received (the file whose name ends in .asice) as it is, and unpack only a copy. It is an electronically signed ASiC-E container.',
    },
    {
      lv: 'Atveriet to programmā, kas pārbauda šādus parakstus, piemēram, eParakstītājā. Programma pasaka, vai kāds fails pēc parakstīšanas ir mainīts, pielikts vai izņemts.',
      en: 'Open it in a program that checks such signatures, for example eParakstītājs. It tells you whether a file was changed, added or removed after signing.',
    },
    {
      lv: 'Ja programma brīdina, ka paraksta izdevējs nav zināms, paraksts apliecina tikai to, ka saturs nav mainīts, nevis to, kas to parakstīja. Tad pajautājiet mums sertifikāta pirkstu nospiedumu pa citu saziņas ceļu.',
      en: 'If the program warns that the issuer of the signature is unknown, the signature shows only that the content was not changed, not who signed it. Then ask us for the fingerprint of the certificate by another way of contact.',
    },
  ],
  verifyExpert: {
    lv: 'Speciālistiem: paraksts ir XAdES (ETSI EN 319 132-1) ASiC-E konteinerā (ETSI EN 319 162-1). To pārbauda arī xmlsec1 vai komanda',
    en: 'For specialists: the signature is XAdES (ETSI EN 319 132-1) in an ASiC-E container (ETSI EN 319 162-1). xmlsec1 checks it too, and so does the command',
  },

  emptyCell: { lv: 'tukšs', en: 'empty' },
  emptyString: { lv: 'tukšs teksts', en: 'empty text' },
  forever: { lv: 'bez beigu datuma', en: 'no end date' },
  always: { lv: 'bez sākuma datuma', en: 'no start date' },
} as const satisfies Record<string, Text | readonly Text[]>;

/** The short note in place of a value. */
export const CELL_WITHHELD: Readonly<Record<CellReason, Text>> = {
  'third-party': { lv: 'paslēpts: attiecas uz citu personu', en: 'hidden: concerns another person' },
  secret: { lv: 'paslēpts: drošības dati', en: 'hidden: security data' },
  'free-text': {
    lv: 'paslēpts: brīvs teksts, kurā var būt minēti citi',
    en: 'hidden: free text that may mention others',
  },
  reviewed: { lv: 'paslēpts pēc izvērtēšanas', en: 'hidden after we read it' },
  'not-asked': { lv: 'nav pieprasīts', en: 'not asked for' },
};

/** The reason in the list of withheld columns. */
export const WITHHELD_REASON: Readonly<Record<WithheldReason, Text>> = {
  'third-party': {
    lv: 'Attiecas uz citu personu, kuras tiesības mums jāsargā (15.\u00a0panta 4.\u00a0punkts).',
    en: 'It concerns another person, whose rights we must protect (Article 15(4)).',
  },
  secret: {
    lv: 'Drošības dati, piemēram, parole vai piekļuves atslēga; to izpaušana apdraudētu Jūsu kontu.',
    en: 'Security data such as a password or an access key; showing it would put your account at risk.',
  },
  'free-text': {
    lv: 'Brīvi rakstīts teksts, kurā var būt minētas citas personas (15.\u00a0panta 4.\u00a0punkts).',
    en: 'Freely written text that may mention other people (Article 15(4)).',
  },
  inferred: {
    lv: 'Secinājām to no citiem datiem; pārnest var tikai to, ko sniedzāt Jūs vai kas radās, Jums izmantojot mūsu pakalpojumus (20.\u00a0panta 1.\u00a0punkts).',
    en: 'We concluded it from other data; only what you gave us or what arose as you used our services can be taken along (Article 20(1)).',
  },
  basis: {
    lv: 'To neapstrādājam ne ar Jūsu piekrišanu, ne līguma dēļ (20.\u00a0panta 1.\u00a0punkta a)\u00a0apakšpunkts).',
    en: 'We process it on neither your consent nor a contract with you (Article 20(1)(a)).',
  },
  redacted: {
    lv: 'Tekstu izlasījām un ar ████ aizklājām to, kas skar citu tiesības (15.\u00a0panta 4.\u00a0punkts).',
    en: 'We read the text and covered with ████ what touches the rights of others (Article 15(4)).',
  },
  reviewed: {
    lv: 'Tekstu izlasījām un nolēmām neizsniegt.',
    en: 'We read the text and decided not to give it.',
  },
  'not-asked': { lv: 'Nav pieprasīts.', en: 'It was not asked for.' },
  'shared-identifier': {
    lv: 'Tālruni, e-pastu vai citu pazīmi, pēc kuras ierakstu atradām, lieto arī cita persona.',
    en: 'The phone, e-mail or other mark by which we found the record is also used by another person.',
  },
};

export const SOURCE: Readonly<Record<Source, Text>> = {
  provided: { lv: 'Sniedzāt Jūs', en: 'You gave it to us' },
  observed: { lv: 'Radās, Jums izmantojot mūsu pakalpojumus', en: 'It arose as you used our services' },
  inferred: { lv: 'Secinājām no citiem datiem', en: 'We concluded it from other data' },
};

export const ROLE: Readonly<Record<PageRecipient['role'], Text>> = {
  processor: { lv: 'Apstrādātājs: strādā mūsu uzdevumā', en: 'Processor: works on our instructions' },
  controller: {
    lv: 'Patstāvīgs pārzinis: pats atbild par datiem',
    en: 'Independent controller: answers for the data itself',
  },
};

/** Art. 6(1) and 9(2) in words; a point that is not listed is shown as its number. */
export const BASIS: Readonly<Record<string, Text>> = {
  '6(1)(a)': { lv: 'Jūsu piekrišana', en: 'Your consent' },
  '6(1)(b)': { lv: 'Līgums ar Jums', en: 'A contract with you' },
  '6(1)(c)': { lv: 'Likumā noteikts pienākums', en: 'A duty that the law puts on us' },
  '6(1)(d)': { lv: 'Personas vitāli svarīgu interešu aizsardzība', en: 'Protecting the vital interests of a person' },
  '6(1)(e)': { lv: 'Uzdevums sabiedrības interesēs', en: 'A task in the public interest' },
  '6(1)(f)': {
    lv: 'Leģitīmas intereses, pret kurām Jūs varat iebilst',
    en: 'Legitimate interests, to which you can object',
  },
  '9(2)(a)': {
    lv: 'Jūsu nepārprotama piekrišana īpašu kategoriju datiem',
    en: 'Your explicit consent for special categories of data',
  },
  '9(2)(f)': { lv: 'Likumīgu prasību celšana, īstenošana vai aizstāvēšana', en: 'Making or defending a legal claim' },
};

export const NOUNS = {
  record: { lv: { zero: 'ierakstu', one: 'ieraksts', other: 'ieraksti' }, en: { one: 'record', other: 'records' } },
  /** Locative: `3 datu grupās`. */
  inGroups: {
    lv: { zero: 'datu grupās', one: 'datu grupā', other: 'datu grupās' },
    en: { one: 'group of data', other: 'groups of data' },
  },
  purpose: { lv: { zero: 'nolūku', one: 'nolūks', other: 'nolūki' }, en: { one: 'purpose', other: 'purposes' } },
  recipient: {
    lv: { zero: 'saņēmēju', one: 'saņēmējs', other: 'saņēmēji' },
    en: { one: 'recipient', other: 'recipients' },
  },
  field: { lv: { zero: 'lauku', one: 'lauks', other: 'lauki' }, en: { one: 'field', other: 'fields' } },
} as const satisfies Record<string, Noun>;

/** The short answers of the summary. */
export const BRIEF = {
  none: { lv: 'Neviens', en: 'None' },
  latest: (date: Text): Text => ({ lv: `Pēdējie līdz ${date.lv}`, en: `The last until ${date.en}` }),
  partlyOpen: { lv: 'daļai termiņš vēl nav sācies', en: 'for some the period has not started' },
  notStarted: { lv: 'Termiņš vēl nav sācies', en: 'The period has not started' },
  seeEach: { lv: 'Skatiet katru datu grupu', en: 'See each group of data' },
  source: {
    provided: { lv: 'no Jums', en: 'from you' },
    observed: { lv: 'no pakalpojumu lietošanas', en: 'from your use of services' },
    inferred: { lv: 'no mūsu secinājumiem', en: 'from our conclusions' },
  },
  automated: {
    true: { lv: 'Tiek pieņemti', en: 'Some are made' },
    false: { lv: 'Netiek pieņemti', en: 'None are made' },
  },
  rights: { lv: 'Labot, dzēst, iebilst un citas', en: 'Correct, erase, object and more' },
  outside: (count: number): Text => {
    const text = counted(count, NOUNS.recipient);
    return count === 0 ? { lv: 'Neviens saņēmējs', en: 'No recipient' } : text;
  },
  withheld: (count: number): Text =>
    count === 0 ? { lv: 'Neviens lauks', en: 'No field' } : counted(count, NOUNS.field),
} as const;
