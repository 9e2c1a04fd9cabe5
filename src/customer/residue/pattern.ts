import { groupBy } from '../../foundation/group.js';
import { stemsOf } from '../../identity/declension.js';
import { bytes, literal, oneOf, optional, type Pattern, type Piece, ROW_END, times } from './automaton.js';
import type { CompiledNeedles, NameNeedle, NameWord } from './needles.js';

/** What stands for any byte but a letter or digit; a row ends with none of these. */
const isAlnum = (byte: number) => (byte >= 48 && byte <= 57) || (byte >= 97 && byte <= 122);
const DIGIT_OR_LETTER = oneOf(isAlnum);
const HEX = oneOf((byte) => (byte >= 48 && byte <= 57) || (byte >= 97 && byte <= 102));
const BACKSLASHES: Piece = { seq: [literal('\\'), { many: literal('\\') }] };
const PERCENT: Piece = { seq: [literal('%'), { many: literal('25') }] };

/** What encoders put in the place of one byte or letter: percent, JSON, C and HTML escapes, quoted-printable. */
const ESCAPE: Piece = {
  any: [
    { seq: [PERCENT, HEX, HEX] },
    {
      seq: [
        BACKSLASHES,
        {
          any: [
            { seq: [literal('u'), HEX, HEX, HEX, HEX] },
            times(bytes(0x30, 0x37), 3, 3),
            { seq: [literal('x'), HEX, HEX] },
            among('nrt'),
          ],
        },
      ],
    },
    { seq: [literal('&'), optional(literal('#')), times(DIGIT_OR_LETTER, 1, 8), literal(';')] },
    { seq: [literal('='), HEX, HEX] },
  ],
};

/** Encoders leave letters and digits alone; whoever does not could hide anything from the patterns. */
const ENCODED_ASCII: Piece = {
  seq: [
    { any: [PERCENT, { seq: [BACKSLASHES, { any: [literal('u00'), literal('x')] }] }] },
    {
      any: [
        { seq: [literal('3'), bytes(0x30, 0x39)] },
        { seq: [among('46'), among('123456789abcdef')] },
        { seq: [among('57'), among('0123456789a')] },
      ],
    },
  ],
};
/** Three encoded Cyrillic letters in a row, whose spelling in Latin letters is not known here. */
const ENCODED_CYRILLIC: Piece = {
  any: [
    { seq: [PERCENT, literal('d'), among('0123'), PERCENT, among('89ab'), HEX] },
    { seq: [BACKSLASHES, literal('u04'), HEX, HEX] },
    { seq: [BACKSLASHES, literal('32'), among('0123'), BACKSLASHES, literal('2'), times(bytes(0x30, 0x37), 2, 2)] },
    { seq: [literal('=d'), among('0123'), literal('='), among('89ab'), HEX] },
  ].map((letter: Piece) => times(letter, 3, 3)),
};

/** A character outside printable ASCII, or an escape of one. */
const CONTINUED = bytes(0x80, 0xbf);
const OTHER: Piece = {
  any: [
    oneOf((byte) => (byte < 0x20 && byte !== ROW_END) || byte === 0x7f),
    { seq: [bytes(0xc2, 0xdf), CONTINUED] },
    { seq: [bytes(0xe0, 0xef), CONTINUED, CONTINUED] },
    { seq: [bytes(0xf0, 0xf4), CONTINUED, CONTINUED, CONTINUED] },
    ESCAPE,
  ],
};
const OTHERS_1_4 = times(OTHER, 1, 4);

/** What may stand between the letters and digits of a value. */
const BETWEEN: Piece = { any: [oneOf((byte) => byte !== ROW_END && !isAlnum(byte)), ESCAPE] };
const ANY_BETWEEN: Piece = { many: BETWEEN };
const SOME_BETWEEN: Piece = { seq: [BETWEEN, ANY_BETWEEN] };

/** Every spelling of a number ends in its last seven digits. */
export const KEY_DIGITS = 7;

/** More names in one pass are looked for as any family name with any given name. */
const MOST_NAMES = 4;

/**
 * Patterns for the needles of any number of people, which let pass every row that the exact check accepts, and some
 * more. `idKeys` are the last parts of JSON keys under which ids stand.
 */
export function narrowPatterns(people: readonly CompiledNeedles[], idKeys: readonly string[]): Pattern[] {
  const values = people.flatMap((needles) => [
    ...needles.emails.map((email) => joined(email, SOME_BETWEEN)),
    ...needles.phones.map(({ national }) => joined([...national.slice(-KEY_DIGITS)].join(' '), ANY_BETWEEN)),
    ...needles.kods.map((kods) => joined([...kods].join(' '), ANY_BETWEEN)),
    ...needles.codes.map((code) => joined(code.toLowerCase(), ANY_BETWEEN)),
    ...needles.ids.flatMap(({ key }) => (/[\p{L}\p{N}]/u.test(key[0] ?? '') ? [idPattern(key[0] ?? '', idKeys)] : [])),
  ]);
  const names = distinctNames(people.flatMap((needles) => needles.names));
  const escapes = names.length === 0 ? [ENCODED_ASCII] : [ENCODED_ASCII, ENCODED_CYRILLIC];
  const certain = values.filter((piece) => !('seq' in piece && piece.seq.length === 0));
  const whole = certain.length + names.length === 0 ? [] : [...certain, ...escapes];
  return [
    ...whole.map((piece) => ({ piece })),
    ...names.flatMap((name, i) => {
      const of = names.length <= MOST_NAMES ? i : 0;
      return [
        ...name.given.flatMap(wordPieces).map((piece) => ({ piece, half: { of, first: true } })),
        ...name.family.flatMap(wordPieces).map((piece) => ({ piece, half: { of, first: false } })),
      ];
    }),
  ];
}

/** Bērziņa Anna and Anna Bērziņa are one. */
function distinctNames(names: readonly NameNeedle[]): NameNeedle[] {
  const words = (part: readonly NameWord[]) => part.map(({ word }) => word).join(' ');
  return [...new Map(names.map((name) => [[words(name.given), words(name.family)].sort().join('|'), name])).values()];
}

/** An id under a JSON key, also of JSON in a text in JSON: as its value, or anywhere in a list that is. */
function idPattern(id: string, idKeys: readonly string[]): Piece {
  const quote: Piece = { seq: [{ many: literal('\\') }, literal('"')] };
  const spaces: Piece = { many: among(' \t\n\r\f\v') };
  return {
    seq: [
      { any: idKeys.map(literal) },
      quote,
      spaces,
      literal(':'),
      spaces,
      optional({ seq: [literal('['), { many: oneOf((byte) => byte !== LIST_END && byte !== ROW_END) }] }),
      { many: literal('\\') },
      optional(literal('"')),
      joined(id.toLowerCase(), SOME_BETWEEN),
      oneOf((byte) => !isAlnum(byte)),
    ],
  };
}

const LIST_END = ']'.charCodeAt(0);

function among(text: string): Piece {
  return oneOf((byte) => text.includes(String.fromCharCode(byte)));
}

/** Runs of letters and digits as they are, whatever is between them as `between`. */
function joined(text: string, between: Piece): Piece {
  const runs = text.split(/[^\p{L}\p{N}]+/u).filter((run) => run !== '');
  const letters = (run: string) => [...run].map((char) => (/[a-z0-9]/.test(char) ? literal(char) : OTHERS_1_4));
  return { seq: runs.flatMap((run, i) => (i === 0 ? letters(run) : [between, ...letters(run)])) };
}

/** A shorter stem is in many words; before its first letter stands no other, but for the tail of an escape. */
const SHORT = 4;
const BEFORE_WORD: Piece = { any: [oneOf((byte) => byte < 97 || byte > 122), ESCAPE] };

function wordPieces({ word }: NameWord): Piece[] {
  const latin = stemsOf(word).map((stem): Piece => {
    const body = [...stem].map(letterPiece);
    return { seq: stem.length < SHORT ? [BEFORE_WORD, ...body] : body };
  });
  const cyrillic = cyrillicPiece(word);
  return cyrillic === undefined ? latin : [...latin, cyrillic];
}

/** Letters that some language writes with a mark, which may be a character of its own. */
const MARKED = /[acdegiklnorstuyz]/;

function letterPiece(letter: string): Piece {
  if (!/[a-z0-9]/.test(letter)) return OTHERS_1_4;
  return MARKED.test(letter) ? { any: [{ seq: [literal(letter), optional(OTHER)] }, OTHERS_1_4] } : literal(letter);
}

/** Cyrillic letters by what is left of their Latin spellings: the consonants that no spelling leaves out or changes. */
const CYRILLIC: Readonly<Record<string, string>> = {
  b: 'б',
  d: 'дзж',
  f: 'фѳ',
  l: 'лљ',
  m: 'м',
  n: 'нњң',
  p: 'п',
  r: 'р',
  s: 'стцчшщћ',
  v: 'вўѵ',
  z: 'зжд',
};
const OTHERS = 'аеёиіїоуыэюяєйьъўгґкхһқѓќјәғөұү’';

/** Undefined where no letter is left to look for. */
function cyrillicPiece(word: string): Piece | undefined {
  const stem = stemsOf(word).reduce((a, b) => (a.length <= b.length ? a : b));
  const skeleton = [...stem]
    .map((letter) => (/[ct]/.test(letter) ? 's' : letter))
    .filter((letter) => letter in CYRILLIC);
  const letters = skeleton.filter((letter, i) => letter !== 's' || skeleton[i - 1] !== 's');
  if (letters.length === 0) return undefined;
  // Щ is one letter and shch four: where s stands, more of its kind may follow.
  return {
    seq: letters.flatMap((letter) => {
      const own = CYRILLIC[letter] ?? '';
      return [oneLetterOf(own), { many: oneLetterOf(letter === 's' ? `${OTHERS}${own}` : OTHERS) }];
    }),
  };
}

/** A letter in either case; letters of two bytes with the same first one are one piece. */
function oneLetterOf(letters: string): Piece {
  const encoded = [...letters, ...letters.toUpperCase()].map((letter) => Buffer.from(letter));
  return {
    any: [...groupBy(encoded, ([first]) => first)].map(([first = 0, list]) =>
      list.every(({ length }) => length === 2)
        ? { seq: [bytes(first, first), oneOf((byte) => list.some(([, second]) => second === byte))] }
        : { any: list.map((letter) => ({ seq: [...letter].map((byte) => bytes(byte, byte)) })) },
    ),
  };
}
