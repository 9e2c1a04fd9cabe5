import { type BilingualHead, bilingualBottom, bilingualTop } from './bilingual.js';
import { instantIn } from './dates.js';
import { type Html, html, isolated } from './escape.js';
import { counted } from './format.js';
import { CLOSE_TABLE, facts, openTable, section, t, table } from './markup.js';
import type { Cell, Language, PageColumn, PageTable, Text, WithheldReason } from './page-model.js';
import { fileLink, tableAnchor, tableRows, widthOf } from './page-table.js';
import { NOUNS, TEXTS } from './texts.js';

/** What a set for a court or an authority answers. */
export interface DisclosureHead {
  readonly language: Language;
  readonly kind: 'court' | 'authority';
  readonly operation: string;
  /** The number in the register of disclosures. */
  readonly disclosure: string;
  readonly controller: { readonly name: string; readonly address: string };
  readonly timeZone: string;
  readonly authority: string;
  readonly official: string | null;
  readonly case: string | null;
  readonly basis: string;
  readonly requestNumber: string;
  readonly requestDate: string;
  readonly received: string;
  readonly deadline: string | null;
  readonly asked: string | null;
  readonly categories: readonly Text[];
  readonly orders: number | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly thirdParties: string | null;
  /** When the records were read, UTC. */
  readonly snapshot: string;
  readonly planDigest: string;
}

/** What became of one table. */
export interface DisclosedTable {
  readonly name: string;
  readonly title: Text;
  readonly rows: number;
  readonly first: string;
  readonly last: string;
  readonly files: { readonly json: string; readonly csv: string };
  readonly columns: readonly Text[];
  readonly withheld: readonly { readonly title: Text; readonly reason: WithheldReason; readonly rows: number }[];
  /** Columns that were not asked for. */
  readonly outside: readonly Text[];
}

/** Rows of a table that are outside the request, beside what was produced. */
export interface RowsOutside {
  readonly name: string;
  readonly title: Text;
  readonly rows: number;
  /** Why no row is in a range of dates: the map gives the table's rows no date. */
  readonly undated: boolean;
}

const TITLE: Text = { lv: 'Izsniegto datu kopa', en: 'Production set' };
const RECORD: Text = { lv: 'Nr.', en: 'No.' };
const NONE: Text = { lv: 'nav norādīts', en: 'not given' };

/** Why a value is withheld, as a court reads it. */
const REASONS: Readonly<Record<WithheldReason, Text>> = {
  'third-party': {
    lv: 'attiecas uz citu personu un nav pieprasīts',
    en: 'concerns another person, and was not asked for',
  },
  secret: { lv: 'drošības dati (parole vai piekļuves atslēga)', en: 'security data (a password or an access key)' },
  'free-text': {
    lv: 'brīvs teksts, kurā var būt minētas citas personas',
    en: 'free text that may mention other people',
  },
  reviewed: {
    lv: 'teksts izlasīts, un nolemts to neizsniegt',
    en: 'the text was read, and it was decided not to give it',
  },
  redacted: {
    lv: 'tekstā ar ████ aizklāts, kas skar citas personas',
    en: 'what touches other people is covered with ████',
  },
  'not-asked': { lv: 'nav pieprasīts', en: 'not asked for' },
  'shared-identifier': { lv: 'pazīmi lieto arī cita persona', en: 'the identifier is used by another person, too' },
  inferred: { lv: 'secinājums', en: 'a conclusion' },
  basis: { lv: 'cits tiesiskais pamats', en: 'another legal basis' },
};

export function pageHeadOf({ language, controller, operation }: DisclosureHead, title: Text): BilingualHead {
  return { language, title, controller: controller.name, operation };
}

/** What was asked, as label and value. */
export function requestFacts(head: DisclosureHead): Html {
  const to = head.kind === 'court' ? { lv: 'Tiesa', en: 'Court' } : { lv: 'Iestāde', en: 'Authority' };
  const text = (value: string | null) => (value === null ? t(NONE) : isolated(value));
  return facts([
    [to, isolated(head.authority)],
    [{ lv: 'Amatpersona', en: 'Official' }, text(head.official)],
    [{ lv: 'Lietas numurs', en: 'Case number' }, text(head.case)],
    [{ lv: 'Tiesiskais pamats', en: 'Legal basis' }, isolated(head.basis)],
    [{ lv: 'Pieprasījums', en: 'Request' }, html`${isolated(head.requestNumber)}, <time>${head.requestDate}</time>`],
    [{ lv: 'Saņemts', en: 'Received' }, html`<time>${head.received}</time>`],
    [{ lv: 'Atbildes termiņš', en: 'To be answered by' }, text(head.deadline)],
    [
      { lv: 'Pārzinis', en: 'Controller' },
      html`${isolated(head.controller.name)}, ${isolated(head.controller.address)}`,
    ],
  ]);
}

/** Everything before the first record. */
export function disclosureTop(head: DisclosureHead): string {
  const range =
    head.from === null && head.to === null
      ? t({ lv: 'bez ierobežojuma', en: 'not limited' })
      : html`${head.from ?? '…'} – ${head.to ?? '…'}`;
  return `${bilingualTop(pageHeadOf(head, TITLE))}${
    html`<div class="hero">
<h1>${t(TITLE)}</h1>
<p class="prose">${t({
      lv: 'Šeit ir ieraksti, kas izsniegti pēc zemāk minētā pieprasījuma, un nekas cits. Katram ierakstam ir numurs; tas pats numurs ir failā index.csv un datu failos.',
      en: 'These are the records given in answer to the request below, and nothing else. Every record has a number; the same number stands in index.csv and in the data files.',
    })}</p>
${requestFacts(head)}
</div>
${section(
  { id: 'scope', title: { lv: 'Apjoms', en: 'Scope' } },
  facts([
    [{ lv: 'Pieprasītais', en: 'What was asked' }, head.asked === null ? t(NONE) : isolated(head.asked)],
    [
      { lv: 'Datu grupas', en: 'Categories' },
      t({
        lv: head.categories.map(({ lv }) => lv).join(', '),
        en: head.categories.map(({ en }) => en).join(', '),
      }),
    ],
    ...(head.orders === null ? [] : [[{ lv: 'Pasūtījumi', en: 'Orders' }, String(head.orders)] as [Text, string]]),
    [{ lv: 'Laika posms', en: 'Range of dates' }, range],
    [
      { lv: 'Citu personu dati', en: 'Data of others' },
      head.thirdParties === null
        ? t({ lv: 'aizklāti', en: 'redacted' })
        : html`${t({ lv: 'izsniegti', en: 'given' })}: ${isolated(head.thirdParties)}`,
    ],
    [{ lv: 'Dati nolasīti', en: 'Data read at' }, t(instantIn(head.snapshot, head.timeZone))],
    [{ lv: 'Reģistra numurs', en: 'Number in the register' }, isolated(head.disclosure)],
    [{ lv: 'Plāna jaucējvērtība', en: 'Digest of the plan' }, isolated(head.planDigest)],
  ]),
)}<section id="data" aria-labelledby="data-title"><div class="head"><h2 id="data-title">${t({ lv: 'Ieraksti', en: 'Records' })}</h2></div>
`.markup
  }`;
}

function withNumber({ columns, ...rest }: PageTable): PageTable {
  const number: PageColumn = { name: 'record', title: RECORD, source: 'observed' };
  return { ...rest, columns: [number, ...columns] };
}

/** Heading and opened table of one table's records. */
export function recordsTop(shown: PageTable): string {
  const id = tableAnchor(shown.name);
  const { columns } = withNumber(shown);
  return html`<section class="group" id="${id}" aria-labelledby="${id}-title">
<h3 id="${id}-title">${t(shown.title)}</h3>
${openTable(
  `${id}-title`,
  widthOf(columns),
  columns.map(({ title, format, codes }) => ({ title, figures: codes === undefined && format === 'money' })),
)}`.markup;
}

/** Records, each with its number first. */
export function recordRows(
  shown: PageTable,
  records: readonly { readonly number: string; readonly cells: readonly Cell[] }[],
): string {
  return tableRows(
    withNumber(shown),
    records.map(({ number, cells }) => [{ value: number }, ...cells]),
  );
}

export function recordsBottom(rows: number): string {
  return `${CLOSE_TABLE}${
    html`<p class="count">${t(counted(rows, NOUNS.record))}</p>
</section>
`.markup
  }`;
}

/** Closes the records; the scope table: what was produced, withheld and not asked for. */
export function disclosureBottom(
  head: DisclosureHead,
  tables: readonly DisclosedTable[],
  rowsOutside: readonly RowsOutside[],
): string {
  const list = (texts: readonly Text[]) =>
    t({ lv: texts.map(({ lv }) => lv).join(', '), en: texts.map(({ en }) => en).join(', ') });
  const produced = tables.map((each) => [
    html`<strong>${t(each.title)}</strong><p class="small">${isolated(each.name)}</p>`,
    html`${isolated(each.first)} – ${isolated(each.last)}<p class="small">${t(counted(each.rows, NOUNS.record))}</p>`,
    html`${fileLink(each.files.csv)}<br>${fileLink(each.files.json)}`,
  ]);
  const withheld = tables.flatMap((each) =>
    each.withheld.map(({ title, reason, rows }) => [
      html`<strong>${t(title)}</strong><p class="small">${t(each.title)}</p>`,
      t(REASONS[reason]),
      t(counted(rows, NOUNS.record)),
    ]),
  );
  const outside = tables.filter((each) => each.outside.length > 0).map((each) => [t(each.title), list(each.outside)]);
  const rows = rowsOutside.map((each) => [
    html`<strong>${t(each.title)}</strong><p class="small">${isolated(each.name)}</p>`,
    html`${t(counted(each.rows, NOUNS.record))}${
      each.undated
        ? html`<p class="small">${t({ lv: 'ierakstiem nav datuma', en: 'the records bear no date' })}</p>`
        : ''
    }`,
  ]);
  return `${
    html`</section>
${section(
  { id: 'produced', title: { lv: 'Izsniegts', en: 'Produced' } },
  table('produced-title', [TEXTS.whatItIs, RECORD, TEXTS.file], produced),
)}${section(
  { id: 'withheld', title: { lv: 'Aizklāts vai neizsniegts', en: 'Withheld' } },
  withheld.length === 0
    ? html`<p class="prose">${t({ lv: 'No pieprasītā nekas nav aizklāts.', en: 'Nothing of what was asked for is withheld.' })}</p>`
    : table('withheld-title', [TEXTS.field, TEXTS.reason, TEXTS.records], withheld),
)}${section(
  { id: 'outside', title: { lv: 'Nav pieprasīts', en: 'Out of scope' } },
  html`<p class="prose">${t({
    lv: 'Šie lauki pieprasītajā neietilpst un nav izsniegti.',
    en: 'These fields are outside the request and are not given.',
  })}</p>`,
  outside.length === 0
    ? html`<p class="prose">${t({ lv: 'Izsniegtajās tabulās tādu nav.', en: 'There are none in the tables produced.' })}</p>`
    : table('outside-title', [TEXTS.whatItIs, TEXTS.field], outside),
)}${section(
  { id: 'outside-rows', title: { lv: 'Nav pieprasīti: ieraksti', en: 'Out of scope: records' } },
  rows.length === 0
    ? html`<p class="prose">${t({ lv: 'Citu ierakstu par šo personu vai pasūtījumu nav.', en: 'There are no other records about the person or the orders.' })}</p>`
    : html`<p class="prose">${t({
        lv: 'Šie ieraksti par personu vai pasūtījumu pieprasītajā neietilpst un nav izsniegti.',
        en: 'These records about the person or the orders are outside the request and are not given.',
      })}</p>${table('outside-rows-title', [TEXTS.whatItIs, TEXTS.records], rows)}`,
)}`.markup
  }${bilingualBottom(pageHeadOf(head, TITLE))}`;
}
