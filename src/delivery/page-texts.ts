import type { Text } from '../documents/page-model.js';

/** Every fixed text of the page that decrypts itself. */
export const TEXTS = {
  title: { lv: 'Šifrēts arhīvs', en: 'Encrypted archive' },
  skip: { lv: 'Pāriet uz saturu', en: 'Skip to the content' },
  language: { lv: 'Valoda', en: 'Language' },
  how: {
    lv: 'Tas atveras šeit, Jūsu pārlūkā. Lapa darbojas bez interneta un neko nevienam nesūta.',
    en: 'It opens here, in your browser. The page works without the internet and sends nothing to anyone.',
  },
  code: { lv: 'Kods (24 cipari)', en: 'Code (24 digits)' },
  hint: {
    lv: 'Kodu Jums paziņojām atsevišķi. Atstarpes un defises nav svarīgas. Nevienam to nesūtiet, arī mums ne.',
    en: 'We gave you the code separately. Spaces and hyphens do not matter. Send it to no one, not even to us.',
  },
  typed: { lv: 'Ievadīti cipari:', en: 'Digits entered:' },
  open: { lv: 'Atvērt', en: 'Open' },
  loading: { lv: 'Lapa tiek ielādēta…', en: 'The page is loading…' },
  checking: { lv: 'Pārbauda kodu…', en: 'Checking the code…' },
  decrypting: { lv: 'Atšifrē arhīvu…', en: 'Decrypting the archive…' },

  opened: { lv: 'Arhīvs ir atvērts', en: 'The archive is open' },
  save: { lv: 'Saglabāt arhīvu', en: 'Save the archive' },
  plain: {
    lv: 'Saglabātais arhīvs vairs nav šifrēts. Glabājiet to tur, kur tam netiek klāt citi.',
    en: 'The saved archive is no longer encrypted. Keep it where others cannot get at it.',
  },
  container: {
    lv: 'Tas ir elektroniski parakstīts ASiC-E konteiners (.asice). Parakstu pārbauda, piemēram, eParakstītājs; failus tajā parāda ikviena ZIP programma.',
    en: 'It is an electronically signed ASiC-E container (.asice). eParakstītājs, for example, checks the signature; any ZIP program shows the files in it.',
  },
  preview: { lv: 'Arhīva galvenā lapa', en: 'The archive’s main page' },
  previewLede: {
    lv: 'To var lasīt uzreiz šeit. Saites uz citiem failiem un vietnēm šeit nedarbojas; tās darbojas atpakotā arhīvā.',
    en: 'You can read it right here. Links to other files and sites do not work here; they do in the unpacked archive.',
  },
  experts: { lv: 'Speciālistiem', en: 'For specialists' },
  method: {
    lv: 'PBKDF2-HMAC-SHA256 un AES-256-GCM. Bez pārlūka failu atver komanda',
    en: 'PBKDF2-HMAC-SHA256 and AES-256-GCM. Without a browser, the file is opened by the command',
  },
  digest: { lv: 'Arhīva SHA-256:', en: 'SHA-256 of the archive:' },

  noScript: {
    lv: 'Šī programma failu tikai parāda, bet nevar atvērt. Saglabājiet to un atveriet jaunākajā Chrome, Edge, Firefox vai Safari pārlūkā.',
    en: 'This program only displays the file and cannot open it. Save it and open it in a current Chrome, Edge, Firefox or Safari.',
  },
} as const satisfies Record<string, Text>;

/** What is said when it does not work; the script takes each by its name. */
export const NOTICES = {
  wrong: {
    lv: 'Kods neder, un nekas netika atvērts. Salīdziniet katru ciparu un mēģiniet vēlreiz. Ja kods noteikti ir pareizs, fails ceļā ir mainīts: palūdziet mums to nosūtīt vēlreiz.',
    en: 'The code does not fit, and nothing was opened. Compare each digit and try again. If the code is certainly right, the file was changed on its way: ask us to send it again.',
  },
  damaged: {
    lv: 'Fails ir bojāts vai mainīts, tāpēc no tā nekas netiek rādīts. Palūdziet mums to nosūtīt vēlreiz.',
    en: 'The file is damaged or was changed, so nothing of it is shown. Ask us to send it again.',
  },
  incomplete: {
    lv: 'Fails nav pilnīgs: daļas no tā trūkst. Lejupielādējiet to vēlreiz vai palūdziet mums to nosūtīt vēlreiz.',
    en: 'The file is not complete: a part of it is missing. Download it again, or ask us to send it again.',
  },
  unsupported: {
    lv: 'Šis pārlūks failu nevar atvērt. Saglabājiet to un atveriet jaunākajā Chrome, Edge, Firefox vai Safari pārlūkā.',
    en: 'This browser cannot open the file. Save it and open it in a current Chrome, Edge, Firefox or Safari.',
  },
  failed: {
    lv: 'Neizdevās; iespējams, ierīcei pietrūka atmiņas. Aizveriet citas lapas un mēģiniet vēlreiz vai atveriet failu datorā.',
    en: 'It did not work; the device may have run out of memory. Close other pages and try again, or open the file on a computer.',
  },
} as const satisfies Record<string, Text>;

/** Around the number of digits that were typed. */
export const COUNT_NOTICE = {
  lv: ['Kodā ir 24 cipari, bet Jūs ievadījāt ', '.'],
  en: ['The code has 24 digits; you entered ', '.'],
} as const;
