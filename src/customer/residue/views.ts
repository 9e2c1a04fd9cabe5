import { IGNORED, shadowOf } from '../../identity/shadow.js';

/** What encodings a text may be wrapped in; each is undone where its mark is met. */
const DECODERS: readonly { readonly mark: RegExp; decode(text: string): string }[] = [
  { mark: /%[0-9a-f]{2}/i, decode: (text) => decodeBytes(text, /(?:%[0-9a-f]{2})+/gi, '%') },
  { mark: /\\/, decode: unescapeBackslashes },
  { mark: /&(?:#|[a-z])/i, decode: decodeEntities },
  { mark: /=(?:[0-9A-F]{2}|\r?\n)/, decode: (text) => decodeQuotedPrintable(text) },
];

/** An address in a URL in a JSON text in a log line is under three encodings. */
const MOST_LAYERS = 4;

/**
 * The readings of a stored text: as it is, and with percent encoding (RFC 3986), JSON and C escapes, HTML entities and
 * quoted-printable (RFC 2045) undone, up to four layers of them. Digits, spaces and dashes are ASCII in each.
 */
export function viewsOf(raw: string): string[] {
  const seen = new Set([plain(raw)]);
  let current = raw;
  for (let layer = 0; layer < MOST_LAYERS; layer += 1) {
    let next = current;
    for (const { mark, decode } of DECODERS) {
      if (!mark.test(next)) continue;
      next = decode(next);
      seen.add(plain(next));
    }
    if (next === current) break;
    current = next;
  }
  return [...seen];
}

/** Without characters that have no shape; tags of XML and HTML are no letters of a name. */
function plain(text: string): string {
  return NOT_PLAIN.test(text) ? shadowOf(text).replaceAll(IGNORED, '') : text;
}

/** Beyond ASCII and the Latin and Cyrillic letters, which the shadow leaves as they are. */
const NOT_PLAIN = /[^\x00-\x7e\u00c0-\u024f\u0400-\u052f]/;

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** Runs of encoded bytes as UTF-8; a run that is none stays as it is. */
function decodeBytes(text: string, runs: RegExp, mark: string): string {
  return text.replace(runs, (run) => {
    try {
      return UTF8.decode(Buffer.from(run.replaceAll(mark, ''), 'hex'));
    } catch {
      return run;
    }
  });
}

function unescapeBackslashes(text: string): string {
  const octal = text.replace(/(?:\\[0-3][0-7]{2})+/g, (run) => {
    const bytes = run
      .slice(1)
      .split('\\')
      .map((digits) => Number.parseInt(digits, 8));
    try {
      return UTF8.decode(Uint8Array.from(bytes));
    } catch {
      return run;
    }
  });
  return octal
    .replace(/\\u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(/\\x([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(/\\(["'/\\])/g, '$1')
    .replace(/\\[nrtbfv]/g, ' ');
}

const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  commat: '@',
  period: '.',
  plus: '+',
  hyphen: '-',
  lowbar: '_',
};

/** HTML's names of Latvian letters: `&emacr;`, `&ncedil;`, `&scaron;`. */
const MARKS: Readonly<Record<string, string>> = {
  macr: '\u0304',
  cedil: '\u0327',
  caron: '\u030c',
  acute: '\u0301',
  grave: '\u0300',
  uml: '\u0308',
};

function decodeEntities(text: string): string {
  return text
    .replace(/&#x([0-9a-f]{1,6});/gi, (whole, code: string) => character(Number.parseInt(code, 16)) ?? whole)
    .replace(/&#(\d{1,7});/g, (whole, code: string) => character(Number(code)) ?? whole)
    .replace(/&([a-z])(macr|cedil|caron|acute|grave|uml);/gi, (_, letter: string, mark: string) =>
      `${letter}${MARKS[mark.toLowerCase()] ?? ''}`.normalize('NFC'),
    )
    .replace(/&([a-z]+);/gi, (whole, name: string) => NAMED[name.toLowerCase()] ?? whole);
}

function character(code: number): string | undefined {
  return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : undefined;
}

function decodeQuotedPrintable(text: string): string {
  return decodeBytes(text.replace(/=\r?\n/g, ''), /(?:=[0-9A-F]{2})+/g, '=');
}
