import { instantIn } from '../dates.js';
import { type Html, html } from '../escape.js';
import { counted } from '../format.js';
import type { Text, WithheldReason } from '../page-model.js';
import { NOUNS } from '../texts.js';
import { invalid, refused, requireCount, requireInstant, requireText } from './check.js';
import type { AccessModel, Channel } from './model.js';
import { type Body, contactPart, factLines, remedies, requestLines, speaker, unbroken } from './parts.js';
import { zoneText } from './zone.js';

const CHANNELS: Readonly<Record<Channel, Text>> = {
  email: { lv: 'pa e-pastu', en: 'by e-mail' },
  post: { lv: 'pa pastu', en: 'by post' },
  sms: { lv: 'īsziņā', en: 'by text message' },
  phone: { lv: 'pa tālruni', en: 'by phone' },
  'in-person': { lv: 'klātienē', en: 'in person' },
  account: { lv: 'Jūsu kontā mūsu vietnē', en: 'through your account on our website' },
};

/** What comes with the letter and how to open and check it (Art. 15(1), 15(3); 32 for the way of delivery). */
export function accessBody(model: AccessModel): Body {
  const { language, snapshotAt, timeZone, enclosure, withheld } = model;
  check(model);
  const say = speaker(language);
  const [records, groups] = [counted(model.records, NOUNS.record), counted(model.groups, NOUNS.inGroups)];
  const content = html`<p>${say({
    lv: 'Izpildot Jūsu pieprasījumu, nosūtām Jūsu personas datu kopiju un informāciju par to, kā šos datus izmantojam. Par to nav jāmaksā.',
    en: 'In answer to your request we send you a copy of your personal data and the information on how we use them. It is free of charge.',
  })}</p>
${factLines([
  ...requestLines(model),
  [
    say({ lv: 'Datu stāvoklis', en: 'Data as of' }),
    html`${instantIn(snapshotAt, timeZone)[language]} <span class="small">(${zoneText(timeZone)[language]})</span>`,
  ],
  [say({ lv: 'Apjoms', en: 'Extent' }), say({ lv: `${records.lv} ${groups.lv}`, en: `${records.en} in ${groups.en}` })],
  [say({ lv: 'Fails', en: 'File' }), html`${unbroken(enclosure.file)} (${CHANNELS[enclosure.sentBy][language]})`],
])}<h2>${say({ lv: 'Kas ir failā', en: 'What is in the file' })}</h2>
<ul><li>${say({
    lv: html`<strong>index.html</strong> – lapa, ko var lasīt un izdrukāt: visi dati, nolūki un to pamats, saņēmēji, glabāšanas termiņi, datu izcelsme un Jūsu tiesības`,
    en: html`<strong>index.html</strong>, a page to read or print: all the data, the purposes and their basis, the recipients, the periods of storage, the sources, and your rights`,
  })};</li>
<li>${say({
    lv: 'tie paši dati CSV un JSON failos, ko var nolasīt citas programmas',
    en: 'the same data as CSV and JSON files, which other programs can read',
  })};</li>
<li>${say({
    lv: 'elektronisks paraksts, pēc kura var pārbaudīt, ka nekas nav mainīts',
    en: 'an electronic signature, by which it can be checked that nothing was changed',
  })}.</li></ul>
<p>${withheldText(language, withheld)}</p>
<h2>${say({ lv: 'Kā atvērt', en: 'How to open it' })}</h2>
<ol>${steps(model).map(
    (step) => html`<li>${step}</li>
`,
  )}</ol>
<h2>${say({ lv: 'Kā pārbaudīt parakstu', en: 'How to check the signature' })}</h2>
${signaturePart(model)}<h2>${say({ lv: 'Jūsu tiesības', en: 'Your rights' })}</h2>
<p>${say({
    lv: 'Varat lūgt datus labot, dzēst, ierobežot to izmantošanu vai saņemt tos pārnešanai, varat iebilst pret to izmantošanu un atsaukt piekrišanu. Kad kuras tiesības ir spēkā, izskaidrots lapā index.html.',
    en: 'You can ask us to correct or erase the data, to restrict their use or to hand them over in a portable form; you can object to their use and withdraw a consent. The page index.html explains when each right applies.',
  })}</p>
${remedies(model, {
  lv: 'Ja uzskatāt, ka atbilde nav pilnīga vai dati tiek izmantoti nelikumīgi, varat sūdzēties uzraudzības iestādei:',
  en: 'If you think that the answer is not complete or that your data are used unlawfully, you can complain to the supervisory authority:',
})}`;
  return {
    subject: say({ lv: 'Jūsu personas datu kopija', en: 'A copy of your personal data' }),
    content,
    contact: html`<h2>${say({ lv: 'Kam jautāt', en: 'Whom to ask' })}</h2>
${contactPart(model, {
  lv: 'Ja kaut ko neizdodas atvērt vai kāds ieraksts nav saprotams, jautājiet mums:',
  en: 'If something does not open, or an entry is not clear, please ask us:',
})}`,
    articles: ['15(1)', '15(3)', '15(4)', '12(3)', '12(5)', '77', '79', '82'],
  };
}

/** What is not shown, as it stands in a list of reasons. */
const WITHHELD: Readonly<Record<WithheldReason, Text>> = {
  'third-party': { lv: 'citas personas dati', en: 'data about another person' },
  secret: { lv: 'drošības dati', en: 'security data' },
  'free-text': { lv: 'brīvs teksts, kurā var būt minēti citi', en: 'free text that may mention others' },
  redacted: { lv: 'teksts, kurā kas aizklāts', en: 'text of which parts are covered' },
  reviewed: { lv: 'teksts, ko izlasījām un neizsniedzam', en: 'text that we read and do not give' },
  'not-asked': { lv: 'dati, kas nav pieprasīti', en: 'data that were not asked for' },
  basis: { lv: 'dati ar citu tiesisko pamatu', en: 'data on another legal basis' },
  inferred: { lv: 'mūsu secinājumi', en: 'our conclusions' },
  'shared-identifier': { lv: 'pazīme, ko lieto arī cita persona', en: 'a mark that another person uses too' },
};

function withheldText(language: AccessModel['language'], withheld: AccessModel['withheld']): string {
  const say = speaker(language);
  if (withheld.length === 0) return say({ lv: 'Neviens lauks nav aizklāts.', en: 'No field is covered.' });
  const reasons = withheld
    .map(({ reason, fields }) => `${WITHHELD[reason][language]} (${counted(fields, NOUNS.field)[language]})`)
    .join('; ');
  return say({
    lv: `Ne viss ir parādīts: ${reasons}. Lapā index.html norādīts, kas ir aizklāts un kāpēc.`,
    en: `Not everything is shown: ${reasons}. The page index.html says what is covered, and why.`,
  });
}

function steps({ language, enclosure }: AccessModel): Html[] {
  const say = speaker(language);
  const file = unbroken(enclosure.file);
  const unpack = say({
    lv: html`Lai tiktu pie visiem failiem, izveidojiet arhīva (faila ar nosaukuma beigām <code>.asice</code>) kopiju, kopijas nosaukuma beigas nomainiet uz <code>.zip</code> un atpakojiet to.`,
    en: html`To get at all the files, make a copy of the archive (the file whose name ends in <code>.asice</code>), change the end of the copy’s name to <code>.zip</code>, and unpack it.`,
  });
  const read = say({
    lv: html`Atpakotajā mapē atveriet <code>index.html</code> pārlūkā. Internets nav vajadzīgs.`,
    en: html`In the unpacked folder open <code>index.html</code> in a browser. The internet is not needed.`,
  });
  switch (enclosure.form) {
    case 'archive':
      return [unpack, read];
    case 'age':
      return [
        say({
          lv: html`Atšifrējiet failu ar brīvi pieejamo programmu age un savu atslēgu, kurai tas ir šifrēts: <code>age --decrypt --identity atslega.txt --output dati.asice ${file}</code>`,
          en: html`Decrypt the file with the free program age and your own key, to which it is encrypted: <code>age --decrypt --identity key.txt --output data.asice ${file}</code>`,
        }),
        unpack,
        read,
      ];
    case 'page': {
      const channel = CHANNELS[enclosure.codeBy];
      return [
        say({
          lv: html`Saglabājiet failu ${file} datorā vai telefonā un atveriet to jaunākajā Chrome, Edge, Firefox vai Safari pārlūkā. Internets nav vajadzīgs.`,
          en: html`Save the file ${file} on a computer or a phone and open it in a current Chrome, Edge, Firefox or Safari. The internet is not needed.`,
        }),
        say({
          lv: html`Ievadiet 24 ciparu kodu. To saņemsiet atsevišķi: ${channel.lv}. Nevienam to nesūtiet, arī mums ne.`,
          en: html`Enter the code of 24 digits. You receive it separately: ${channel.en}. Send it to no one, not even to us.`,
        }),
        say({
          lv: html`Datus varat lasīt uzreiz. Nospiežot „Saglabāt arhīvu”, iegūsiet visus failus; saglabātais arhīvs vairs nav šifrēts, tāpēc glabājiet to tur, kur tam netiek klāt citi.`,
          en: html`You can read the data at once. “Save the archive” gives you all the files; the saved archive is no longer encrypted, so keep it where others cannot get at it.`,
        }),
        unpack,
      ];
    }
  }
}

/** Digits of a digest in groups that can be compared by eye. */
function digits(digest: string): Html {
  const groups = digest.toUpperCase().match(/.{8}/g) ?? [];
  return html`<p class="print"><code>${groups.map((group) => html`<span>${group}</span> `)}</code></p>`;
}

function signaturePart({ language, archive, certificate }: AccessModel): Html {
  const say = speaker(language);
  return html`<div class="whole"><p>${say({
    lv: 'Atveriet neizmainīto .asice arhīvu programmā, kas pārbauda ASiC-E parakstus, piemēram, eParakstītājā. Tā parādīs, vai pēc parakstīšanas kāds fails ir mainīts, pielikts vai izņemts. Parakstītāja sertifikāta SHA-256 pirkstu nospiedumam jābūt šādam:',
    en: 'Open the unchanged .asice archive in a program that checks ASiC-E signatures, for example eParakstītājs. It shows whether a file was changed, added or removed after signing. The SHA-256 fingerprint of the signer’s certificate must be this:',
  })}</p>
${digits(certificate.sha256)}</div>
${
  certificate.selfMade
    ? html`<p>${say({
        lv: 'Sertifikātu izgatavojām paši, tāpēc programma brīdinās, ka tā izdevējs nav zināms. Šāds paraksts pierāda, ka saturs nav mainīts, bet ne to, kas to parakstīja; tas nav kvalificēts elektroniskais paraksts vai zīmogs. Ja vēlaties pārliecināties, ka sertifikāts ir mūsu, jautājiet mums pirkstu nospiedumu pa citu saziņas ceļu un salīdziniet.',
        en: 'We made the certificate ourselves, so the program warns that its issuer is unknown. Such a signature shows that the content was not changed, but not who signed it; it is not a qualified electronic signature or seal. To make sure that the certificate is ours, ask us for the fingerprint by another way of contact and compare.',
      })}</p>
`
    : undefined
}<div class="whole"><p>${say({
    lv: html`Parakstītais arhīvs ir ${unbroken(archive.file)}, un tā kontrolsumma ${unbroken('SHA-256')} ir šāda:`,
    en: html`The signed archive is ${unbroken(archive.file)}, and its ${unbroken('SHA-256')} checksum is this:`,
  })}</p>
${digits(archive.sha256)}</div>
`;
}

const SHA256 = /^[0-9a-f]{64}$/i;

function check({ snapshotAt, records, groups, withheld, archive, enclosure, certificate }: AccessModel): void {
  requireInstant('the time of the data', snapshotAt);
  requireCount('the number of records', records, 1);
  requireCount('the number of groups of data', groups, 1);
  for (const { fields } of withheld) requireCount('the number of fields not shown', fields, 1);
  requireText('the name of the file', enclosure.file);
  requireText('the name of the archive', archive.file);
  if (!SHA256.test(archive.sha256)) throw invalid('the digest of the archive is no SHA-256');
  if (!SHA256.test(certificate.sha256)) throw invalid('the fingerprint of the certificate is no SHA-256');
  if (enclosure.form === 'page' && enclosure.codeBy === enclosure.sentBy) {
    throw refused(
      'the code goes the same way as the file that it opens',
      'send it another way, over a contact that was known before the request (Art. 32)',
    );
  }
}
