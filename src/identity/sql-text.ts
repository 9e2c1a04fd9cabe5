/**
 * PostgreSQL text constants and expressions for the narrowing keys. Everything is ASCII, so that the DDL survives
 * any client encoding and no direction mark reorders it on a terminal. It is also free of `?` and `:`, which
 * query builders take for parameters.
 */

/** An `E'…'` constant; characters outside ASCII, `?` and `:` are written as escapes. */
export function sqlLiteral(text: string): string {
  let out = '';
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (char === "'") out += "''";
    else if (char === '\\') out += '\\\\';
    else if (code > 0xffff) out += `\\U${code.toString(16).padStart(8, '0')}`;
    else if (code > 0x7e) out += `\\u${code.toString(16).padStart(4, '0')}`;
    else if (code < 0x20 || char === '?' || char === ':') out += `\\x${code.toString(16).padStart(2, '0')}`;
    else out += char;
  }
  return `E'${out}'`;
}

/**
 * The stored value as text under collation "C": the key then means the same in every database, and regular
 * expressions work on columns whose own collation is nondeterministic.
 */
export function sqlSource(expression: string): string {
  return `(CAST((${expression}) AS text) COLLATE "C")`;
}

/**
 * The most characters of a key. An index takes no key of more than a third of a page: a shop could not store a row
 * with a longer text in the column. Texts that begin alike share a key, and the exact check decides among them.
 */
const KEY_LENGTH = 400;

/** A key as an index can always hold it. */
export function sqlBounded(key: string): string {
  return `left(${key}, ${KEY_LENGTH})`;
}

/** What {@link sqlBounded} makes of the ASCII text. */
export function bounded(key: string): string {
  return key.slice(0, KEY_LENGTH);
}

/** A regular-expression class of code point ranges, `[…]` or, negated, `[^…]`; no range may start or end at `]^-\`. */
export function sqlClass(ranges: readonly (readonly [number, number])[], negated: boolean): string {
  const body = ranges
    .map(([from, to]) =>
      from === to ? String.fromCodePoint(from) : `${String.fromCodePoint(from)}-${String.fromCodePoint(to)}`,
    )
    .join('');
  return `[${negated ? '^' : ''}${body}]`;
}

/**
 * Code points whose NFKC form holds no decimal digit and no surprise for a number: ASCII, Latin and Cyrillic
 * letters, spaces, dashes and direction marks.
 */
export const DIGIT_SAFE: readonly (readonly [number, number])[] = [
  [0x01, 0x7f],
  [0xa0, 0xa0],
  [0xc0, 0x24f],
  [0x400, 0x4ff],
  [0x2000, 0x2064],
  [0x2066, 0x206f],
  [0x2212, 0x2212],
  [0xfeff, 0xfeff],
];
