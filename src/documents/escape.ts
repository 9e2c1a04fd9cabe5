/** Markup that is safe to put into a page as it is. Only this module and `html` make it. */
export class Html {
  constructor(readonly markup: string) {}

  toString(): string {
    return this.markup;
  }
}

export type HtmlValue = Html | string | number | undefined | readonly HtmlValue[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Control characters, and those that reverse the direction of writing; tab and line feed are ordinary white space. */
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/**
 * What a browser would swallow, or use to make a text look like another, as its number: `[U+202E]`. A carriage
 * return before a line feed is one line break.
 */
function visible(text: string): string {
  return text
    .replace(/\r\n/g, '\n')
    .replace(UNSEEN, (character) => `[U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}]`);
}

/** Text for an element or a quoted attribute; control characters are shown by their numbers. */
export function escapeHtml(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}

/** Template whose interpolations are escaped unless they are Html already; lists are joined, undefined is nothing. */
export function html(strings: TemplateStringsArray, ...values: HtmlValue[]): Html {
  let markup = strings[0] as string;
  values.forEach((value, index) => {
    markup += markupOf(value) + (strings[index + 1] as string);
  });
  return new Html(markup);
}

function markupOf(value: HtmlValue): string {
  if (value === undefined) return '';
  if (value instanceof Html) return value.markup;
  if (typeof value === 'string') return escapeHtml(value);
  if (typeof value === 'number') return String(value);
  return value.map(markupOf).join('');
}

/** Words longer than this may break anywhere; shorter ones keep a table's columns as wide as they are. */
const LONG_WORD = /\S{17}/;
/** A short number or name with a hyphen, which a browser would break there. */
const CODE = /^(?=\S{1,16}$)\S+-\S+$/;

/**
 * A value of unknown script and direction: isolated, so that its direction cannot reorder the text around it.
 * Long addresses and codes get places where a line may break.
 */
export function isolated(value: string): Html {
  const text = visible(value);
  if (CODE.test(text)) return html`<bdi class="whole">${text}</bdi>`;
  if (!LONG_WORD.test(text)) return html`<bdi>${text}</bdi>`;
  const parts = text.split(/(?<=[@/_?&=:;,-])(?=\S)/);
  return new Html(`<bdi class="long">${parts.map(escapeHtml).join('<wbr>')}</bdi>`);
}

/** A quoted CSS string; everything but plain letters, digits and a few signs is written as an escape. */
export function cssString(text: string): string {
  const body = text.replace(
    /[^A-Za-z0-9 ._-]/gu,
    (character) => `\\${(character.codePointAt(0) as number).toString(16)} `,
  );
  return `"${body}"`;
}

/** The address if it is http(s), `https://` added if it has no scheme; undefined for every other scheme. */
export function webAddress(address: string): string | undefined {
  if (/^https?:\/\/[^\s]+$/i.test(address)) return address;
  return /^[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)+(\/\S*)?$/u.test(address) ? `https://${address}` : undefined;
}

/** A relative path of plain ASCII that stays inside the archive; undefined for anything else. */
export function archivePath(path: string): string | undefined {
  if (!/^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/.test(path)) return undefined;
  return path.split('/').some((part) => part === '..' || part === '.') ? undefined : path;
}
