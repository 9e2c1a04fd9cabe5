import { GdprError } from '../foundation/errors.js';
import { dateText, datetimeAttribute, offsetText, parseMoment, timeText } from './dates.js';
import { archivePath, escapeHtml, Html, html, isolated } from './escape.js';
import { booleanText, counted, moneyText, numberText } from './format.js';
import { prettyJson } from './json-text.js';
import { CLOSE_TABLE, cellTag, inline, openTable, type TableWidth, t } from './markup.js';
import type { Cell, PageColumn, PageTable, Source, Text } from './page-model.js';
import { CELL_WITHHELD, NOUNS, SOURCE, TEXTS } from './texts.js';

/**
 * The id under which the contents link to a table. Two names never share one, and none equals another table's
 * id with a suffix.
 */
export function tableAnchor(name: string): string {
  return `t-${name.replace(/[^A-Za-z0-9_]/gu, (character) => `.${(character.codePointAt(0) as number).toString(16)}.`)}`;
}

/** Heading, description, purposes, sources of the columns, and the opened table. */
export function tableTop(table: PageTable, anchor: string): string {
  const titleId = `${anchor}-title`;
  return html`<section class="group" id="${anchor}" aria-labelledby="${titleId}">
<h3 id="${titleId}">${t(table.title)}</h3>
${
  table.description &&
  html`<p class="prose">${t(table.description)}</p>
`
}<dl class="origins">${
    table.purposes.length > 0
      ? html`<div><dt>${t(TEXTS.usedFor)}</dt><dd>${inline(table.purposes)}</dd></div>`
      : undefined
  }${origins(table.columns)}</dl>
${openTable(
  titleId,
  widthOf(table.columns),
  table.columns.map((column) => ({ title: column.title, figures: isFigure(column) })),
)}`.markup;
}

/**
 * One batch of rows. Memory and time are proportional to the batch.
 * @throws GdprError BUG when a row has another number of cells than the table has columns.
 */
export function tableRows(table: PageTable, rows: readonly (readonly Cell[])[]): string {
  const tags = table.columns.map((column) => cellTag(column.title, kindOf(column)));
  let markup = '';
  for (const row of rows) {
    if (row.length !== table.columns.length) {
      throw new GdprError('BUG', `${table.name}: a row of ${row.length} cells for ${table.columns.length} columns`);
    }
    markup += '<tr role="row">';
    for (let index = 0; index < row.length; index += 1) {
      markup += `${tags[index]}${cellMarkup(row[index] as Cell, table.columns[index] as PageColumn)}</td>`;
    }
    markup += '</tr>\n';
  }
  return markup;
}

/** Closes the table and says how many records it had. */
export function tableBottom(_table: PageTable, rows: number): string {
  return `${CLOSE_TABLE}${
    html`<p class="count">${t(counted(rows, NOUNS.record))}<a class="top" href="#start">${t(TEXTS.toTop)}</a></p>
</section>
`.markup
  }`;
}

/** A link to a file of the archive; only its name when the path is none of a plain file inside it. */
export function fileLink(path: string, label: string = path): Html {
  const href = archivePath(path);
  return href === undefined ? isolated(label) : html`<a href="${href}">${isolated(label)}</a>`;
}

const NIL = `<span class="nil"><span aria-hidden="true">—</span><span class="unseen">${t(TEXTS.emptyCell).markup}</span></span>`;
const EMPTY = `<span class="note">${t(TEXTS.emptyString).markup}</span>`;

/** Exactly one element, because on a card it sits beside its label. */
function cellMarkup(cell: Cell, column: PageColumn): string {
  if ('withheld' in cell) return `<span class="note">${t(CELL_WITHHELD[cell.withheld]).markup}</span>`;
  const { value } = cell;
  if (value === null) return NIL;
  if (value === '') return EMPTY;
  if (column.codes !== undefined && Object.hasOwn(column.codes, value))
    return coded(value, column.codes[value] as Text);
  return formatted(value, column.format) ?? isolated(value).markup;
}

function coded(value: string, meaning: Text): string {
  return html`<span>${t(meaning)} <small class="raw">${isolated(value)}</small></span>`.markup;
}

/** Undefined when the value is not of the column's format; it is then shown as it is stored. */
function formatted(value: string, format: PageColumn['format']): string | undefined {
  switch (format) {
    case 'date':
    case 'timestamp':
      return momentMarkup(value);
    case 'money':
      return figure(value, moneyText(value));
    case 'number':
      return figure(value, numberText(value));
    case 'boolean':
      return worded(value, booleanText(value));
    case 'json': {
      const pretty = prettyJson(value);
      return pretty === undefined ? undefined : `<pre dir="auto">${escapeHtml(pretty)}</pre>`;
    }
    default:
      return undefined;
  }
}

function momentMarkup(value: string): string | undefined {
  if (value === 'infinity') return coded(value, TEXTS.forever);
  if (value === '-infinity') return coded(value, TEXTS.always);
  const moment = parseMoment(value);
  if (moment === undefined) return undefined;
  const datetime = datetimeAttribute(moment);
  const opening =
    datetime === undefined
      ? html`<span data-raw="${value}">`
      : html`<time datetime="${datetime}"${datetime === value ? undefined : html` data-raw="${value}"`}>`;
  const offset = offsetText(moment);
  const clock =
    moment.time === undefined
      ? ''
      : html`, ${timeText(moment)}${offset === '' ? undefined : html` <small class="raw">${offset}</small>`}`;
  return html`${opening}${t(dateText(moment))}${clock}${new Html(datetime === undefined ? '</span>' : '</time>')}`
    .markup;
}

function figure(value: string, text: Text | undefined): string | undefined {
  return text && html`<data value="${value}">${t(text)}</data>`.markup;
}

function worded(value: string, text: Text | undefined): string | undefined {
  return text && html`<span data-raw="${value}">${t(text)}</span>`.markup;
}

/** Amounts are read down the column; a number may as well be a code and stays with the text. */
function isFigure(column: PageColumn): boolean {
  return column.codes === undefined && column.format === 'money';
}

function kindOf(column: PageColumn): string {
  return isFigure(column) ? 'num' : column.format === 'json' ? 'doc' : '';
}

function origins(columns: readonly PageColumn[]): Html[] {
  return (['provided', 'observed', 'inferred'] as const satisfies readonly Source[]).flatMap((source) => {
    const titles = columns.filter((column) => column.source === source).map((column) => column.title);
    return titles.length === 0 ? [] : [html`<div><dt>${t(SOURCE[source])}</dt><dd>${inline(titles)}</dd></div>`];
  });
}

/** Characters that a column wants beside the others before its values break into slivers. */
const ROOM: Readonly<Record<NonNullable<PageColumn['format']>, number>> = {
  text: 15,
  date: 16,
  timestamp: 17,
  money: 11,
  number: 10,
  boolean: 8,
  json: 38,
};
/** A4 at 9.5 pt and the widest column of a desktop window at 15 px hold about this many characters. */
const PAPER_ROOM = 84;
const DESKTOP_ROOM = 128;

/** The room that a table of these columns needs. */
export function widthOf(columns: readonly PageColumn[]): TableWidth {
  const room = columns.reduce((sum, column) => sum + ROOM[column.format ?? 'text'], 0);
  return room <= PAPER_ROOM ? 'slim' : room <= DESKTOP_ROOM ? 'broad' : 'record';
}
