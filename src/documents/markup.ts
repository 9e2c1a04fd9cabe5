import { escapeHtml, Html, type HtmlValue, html } from './escape.js';
import type { Text } from './page-model.js';

/** A text in both languages; the style sheet shows the chosen one. Equal texts appear once. */
export function t(text: Text): Html {
  return text.lv === text.en ? html`${text.lv}` : both(text.lv, text.en);
}

/** Markup of each language. */
export function both(lv: HtmlValue, en: HtmlValue): Html {
  return html`<span lang="lv">${lv}</span><span lang="en">${en}</span>`;
}

/** Texts as a line of words parted by commas. */
export function inline(texts: readonly Text[]): Html {
  return both(texts.map((text) => text.lv).join(', '), texts.map((text) => text.en).join(', '));
}

/** `rows` as label and value; entries without a value are left out. */
export function facts(rows: readonly (readonly [Text, HtmlValue])[]): Html {
  const shown = rows.filter(([, value]) => value !== undefined && value !== '');
  return html`<dl class="facts">${shown.map(
    ([label, value]) => html`<div><dt>${t(label)}</dt><dd>${value}</dd></div>
`,
  )}</dl>`;
}

export interface SectionHead {
  readonly id: string;
  readonly title: Text;
  /** The place in the Regulation that the section answers, in both languages. */
  readonly article?: Text;
}

/** The opening of a section named by its heading. */
export function openSection({ id, title, article }: SectionHead): Html {
  const note = article === undefined ? undefined : html`<p class="article">${t(article)}</p>`;
  return html`<section id="${id}" aria-labelledby="${id}-title"><div class="head"><h2 id="${id}-title">${t(title)}</h2>${note}</div>
`;
}

export function section(head: SectionHead, ...content: HtmlValue[]): Html {
  return html`${openSection(head)}${content}</section>
`;
}

/** How much room a table needs: `slim` fits on paper, `broad` on a desktop only, `record` nowhere (cards everywhere). */
export type TableWidth = 'slim' | 'broad' | 'record';

/** An explanatory table is always slim, and its rows are not numbered. */
type TableKind = TableWidth | 'slim told';

/**
 * The opening of a table that turns into cards where it does not fit. Roles are written out because some browsers
 * drop a table's meaning when its display is changed.
 */
export function openTable(
  labelledBy: string,
  kind: TableKind,
  columns: readonly { title: Text; figures?: boolean }[],
): Html {
  return html`<div class="sheet"><table class="grid ${kind}" role="table" aria-labelledby="${labelledBy}">
<thead role="rowgroup"><tr role="row">${columns.map(
    ({ title, figures }) =>
      html`<th scope="col" role="columnheader"${figures ? new Html(' class="num"') : undefined}>${t(title)}</th>`,
  )}</tr></thead>
<tbody role="rowgroup">
`;
}

export const CLOSE_TABLE = '</tbody></table></div>\n';

/** The opening tag of a cell. On a card its column's title is the label, so it stands in attributes. */
export function cellTag(title: Text, kind: string): string {
  const className = kind === '' ? '' : ` class="${escapeHtml(kind)}"`;
  return `<td role="cell"${className} data-lv="${escapeHtml(title.lv)}" data-en="${escapeHtml(title.en)}">`;
}

/** A whole table of the explanatory sections. */
export function table(labelledBy: string, titles: readonly Text[], rows: readonly (readonly HtmlValue[])[]): Html {
  const tags = titles.map((title) => new Html(cellTag(title, '')));
  return html`${openTable(
    labelledBy,
    'slim told',
    titles.map((title) => ({ title })),
  )}${rows.map(
    (row) => html`<tr role="row">${row.map((value, index) => html`${tags[index]}<div>${value}</div></td>`)}</tr>
`,
  )}${new Html(CLOSE_TABLE)}`;
}
