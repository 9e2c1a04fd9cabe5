import { html, isolated } from './escape.js';
import type { LetterModel } from './letters/model.js';
import { contactPart, dayText, factLines, speaker, unbroken } from './letters/parts.js';
import { sheet } from './letters/sheet.js';
import type { Text } from './page-model.js';

/** A letter to a recipient about data that it was given before (Art. 19). */
export interface NoticeModel extends LetterModel {
  readonly what: 'rectified' | 'erased' | 'restricted' | 'unrestricted';
  /** The day on which it was done, ISO 8601. */
  readonly on: string;
  /** What was corrected. */
  readonly fields: readonly Text[];
  readonly people: number;
  /** The disclosures to this recipient. */
  readonly given: readonly {
    readonly number: string;
    readonly on: string;
    readonly categories: readonly Text[];
    /** Number of the agreement or of their request. */
    readonly reference: string | null;
  }[];
}

const TEXTS = {
  rectified: {
    subject: { lv: 'Paziņojums par personas datu labošanu', en: 'Notice of the rectification of personal data' },
    done: { lv: 'Dati izlaboti', en: 'Rectified on' },
    ask: {
      lv: 'Esam izlabojuši personas datus, kurus Jums iepriekš nodevām. Lūdzam izlabot tos arī pie Jums; pareizos datus nosūtām atsevišķi.',
      en: 'We have rectified personal data that we gave you before. Please rectify them on your side as well; the right data are sent to you separately.',
    },
  },
  erased: {
    subject: { lv: 'Paziņojums par personas datu dzēšanu', en: 'Notice of the erasure of personal data' },
    done: { lv: 'Dati dzēsti', en: 'Erased on' },
    ask: {
      lv: 'Esam dzēsuši personas datus, kurus Jums iepriekš nodevām. Lūdzam dzēst tos arī pie Jums, tai skaitā kopijas un saites uz tiem, ja vien likums neliek tos glabāt.',
      en: 'We have erased personal data that we gave you before. Please erase them on your side as well, with copies of and links to them, unless the law has you keep them.',
    },
  },
  restricted: {
    subject: { lv: 'Paziņojums par apstrādes ierobežošanu', en: 'Notice of a restriction of processing' },
    done: { lv: 'Ierobežota', en: 'Restricted on' },
    ask: {
      lv: 'Esam ierobežojuši to personas datu apstrādi, kurus Jums iepriekš nodevām. Lūdzam ierobežot to arī pie Jums: datus glabāt, bet neizmantot.',
      en: 'We have restricted the processing of personal data that we gave you before. Please restrict it on your side as well: store the data, and do not use them.',
    },
  },
  unrestricted: {
    subject: { lv: 'Paziņojums par ierobežojuma atcelšanu', en: 'Notice that a restriction was lifted' },
    done: { lv: 'Atcelts', en: 'Lifted on' },
    ask: {
      lv: 'Esam atcēluši ierobežojumu to personas datu apstrādei, kurus Jums iepriekš nodevām.',
      en: 'We have lifted the restriction of the processing of personal data that we gave you before.',
    },
  },
} as const satisfies Record<NoticeModel['what'], Record<string, Text>>;

/** The letter as a whole page to be printed on A4; who is meant is left to fill in. Pure: the same model gives the same bytes. */
export function noticeLetter(model: NoticeModel): string {
  const { language, what, on, fields, people, given } = model;
  const say = speaker(language);
  const texts = TEXTS[what];
  const content = html`<p>${say(texts.ask)}</p>
${factLines([
  [say(texts.done), dayText(language, 'the day on which it was done', on)],
  [
    people === 1 ? say({ lv: 'Persona', en: 'Person' }) : say({ lv: 'Personas', en: 'People' }),
    html`<span class="blank"></span>`,
  ],
  [
    say({ lv: 'Kas izlabots', en: 'What was rectified' }),
    fields.length === 0 ? undefined : fields.map((field) => field[language]).join(', '),
  ],
])}<h2>${say({ lv: 'Kas Jums nodots', en: 'What you were given' })}</h2>
${given.map(
  (each) => html`<div class="whole">${factLines([
    [say({ lv: 'Kad', en: 'On' }), dayText(language, 'the day of the disclosure', each.on)],
    [say({ lv: 'Datu kategorijas', en: 'Categories of data' }), each.categories.map((one) => one[language]).join(', ')],
    [
      say({ lv: 'Līgums vai pieprasījums', en: 'Agreement or request' }),
      each.reference === null ? undefined : isolated(each.reference),
    ],
    [say({ lv: 'Numurs mūsu reģistrā', en: 'Number in our register' }), unbroken(each.number)],
  ])}</div>
`,
)}`;
  return sheet(model, {
    subject: say(texts.subject),
    content,
    contact: contactPart(model, {
      lv: 'Ja to nevarat izdarīt vai ja datus esat nodevuši tālāk, lūdzam par to ziņot:',
      en: 'If you cannot do so, or have passed the data on, please tell us:',
    }),
    articles: what === 'rectified' ? ['19', '16'] : what === 'erased' ? ['19', '17'] : ['19', '18'],
  });
}
