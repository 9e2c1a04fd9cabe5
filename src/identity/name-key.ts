import { foldName, parseName } from './name.js';
import { sqlClass, sqlLiteral, sqlSource } from './sql-text.js';
import { UNFOLDED } from './text.js';

/**
 * The narrowing key of a name. SQL's translate() maps one character to one, while Cyrillic letters have several
 * Latin spellings of several letters each (ж: zh, z; х: kh, h; ю: yu, ju, iu; ц: ts, c; ё: e, yo). So the key keeps
 * only what all spellings share: letters that come and go are dropped, letters that stand for each other are one,
 * and several s or spaces in a row count once. Every step works character by character (and the last on the finished
 * text), so the key of a text follows from the keys of its characters, which is what lets SQL and TypeScript agree
 * on any text. The text key costs 10-12 µs a row (PostgreSQL 18, two shared cores, 20,000 rows); to count every repeated
 * letter once would take a back-reference, which alone cost 18-30.
 */
// biome-ignore format: a table
const COARSE: Readonly<Record<string, string>> = {
  g: '', h: '', i: '', j: '', k: '', y: '', o: 'e', c: 's', t: 's', '\u3099': '', '\u309a': '',
};
const KANA = /[\u3040-\u30ff]/;
/** Names of more words are unfolded for the whole-name key: their orders would be too many to list. */
const MAX_WORDS = 4;

function coarse(folded: string): string {
  let out = '';
  for (const char of folded) {
    const plain = KANA.test(char) ? char.normalize('NFD').charAt(0) : char;
    out += COARSE[plain] ?? plain;
  }
  return out.replace(/s+/g, 's').replace(/ +/g, ' ');
}

/** The key words of a name, for `sqlNameCondition`; without words that the key drops whole (`Hi`). */
export function nameTokens(query: string): string[] {
  return [...new Set(keyWords(query))];
}

function keyWords(raw: string): string[] {
  const form = parseName(raw)[0];
  return form === undefined
    ? []
    : form
        .split(' ')
        .map(coarse)
        .filter((word) => word !== '');
}

/** Every key of the whole name: its words in each order. */
export function nameSearchKeys(raw: string): readonly string[] {
  if (parseName(raw).length === 0) return [];
  const all = keyWords(raw);
  if (all.length > MAX_WORDS) return [UNFOLDED];
  return [...new Set([...orders(all).map((order) => coarse(order.join(' '))), UNFOLDED])];
}

function orders(items: readonly string[]): string[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, index) => orders(items.filter((_, at) => at !== index)).map((rest) => [item, ...rest]));
}

/**
 * Scripts whose letters the key folds. Others (Devanagari, Thai …, and anything Unicode adds) are unfolded: correct,
 * but not narrow. The list is fixed text, so that another Node.js gives the same expression and its index is used.
 */
const FOLDED_RANGES: readonly (readonly [number, number])[] = [
  [0x01, 0x7f], // ASCII
  [0xa0, 0x17f], // Latin with diacritics
  [0x18f, 0x18f],
  [0x1a0, 0x1a1],
  [0x1af, 0x1b0],
  [0x1cd, 0x1dc],
  [0x1fa, 0x21b],
  [0x259, 0x259],
  [0x2b9, 0x2bc], // modifier apostrophes
  [0x300, 0x36f], // combining diacritics
  [0x386, 0x3ce], // Greek
  [0x400, 0x481], // Cyrillic
  [0x490, 0x4ff],
  [0x531, 0x556], // Armenian
  [0x561, 0x586],
  [0x5b0, 0x5c7], // Hebrew
  [0x5d0, 0x5ea],
  [0x5f3, 0x5f4],
  [0x621, 0x655], // Arabic
  [0x670, 0x6d3],
  [0x10d0, 0x10f0], // Georgian
  [0x1e00, 0x1e99], // Vietnamese and others
  [0x1ea0, 0x1ef9],
  [0x2000, 0x2027], // spaces, dashes, quotation marks, direction marks
  [0x202a, 0x2032],
  [0x3005, 0x3005],
  [0x3041, 0x3096], // kana
  [0x30a1, 0x30fe],
  [0x3400, 0x4db5], // Han
  [0x4e00, 0x9fa5],
  [0xac00, 0xd7a3], // Hangul
  [0xfeff, 0xfeff],
];

/** Texts of more characters are unfolded: an index takes no word of more than a third of a page. */
const MAX_LENGTH = 600;

/** Letters whose key is two letters; one stands in for its group until replace() writes the two. */
const EXPANDED: Readonly<Record<string, string>> = { ae: 'æ', dz: 'џ' };
/** Stands in for a dropped character: translate() finds it early, where dropped ones would have to come last. */
const DROPPED = '~';
/** Frequent letters first: translate() searches its table from the start for every character of a value. */
const FREQUENT =
  'aeisrnt oldkvuzmpāījgbčēšņļķģūžcfhxyqwABCDEFGHIJKLMNOPQRSTUVWXYZ' +
  'аоеинвркпласмтдгубйчяюшьхзцыжщэфіїєАВСДЕИКОПМНТГЛРЮЯБФЗЩШЧЖ-.ĀČĒŠŽ';

interface Translation {
  readonly from: string;
  readonly to: string;
  readonly known: readonly (readonly [number, number])[];
}

let translation: Translation | undefined;

function buildTranslation(): Translation {
  const pairs = new Map<string, string>();
  for (const char of FREQUENT) pairs.set(char, characterKey(char) ?? char);
  const known: [number, number][] = [];
  for (const [first, last] of FOLDED_RANGES) {
    for (let code = first; code <= last; code += 1) {
      const char = String.fromCodePoint(code);
      const key = characterKey(char);
      if (key === undefined) continue;
      if (key !== char) pairs.set(char, key);
      const open = known.at(-1);
      if (open !== undefined && open[1] === code - 1) open[1] = code;
      else known.push([code, code]);
    }
  }
  return { from: [...pairs.keys()].join(''), to: [...pairs.values()].join(''), known };
}

/** The one character that SQL puts in place of `char`; undefined where the key needs more than it can say. */
function characterKey(char: string): string | undefined {
  const folded = foldName(`a${char}a`)[0] ?? '';
  if (folded === 'a a') return ' ';
  const key = coarse(folded.slice(1, -1));
  if (key === '') return DROPPED;
  return EXPANDED[key] ?? ([...key].length === 1 ? key : undefined);
}

/** The folded text of a stored name: its key words in the order written, `*` where SQL cannot fold it. */
export function sqlNameText(expression: string): string {
  translation ??= buildTranslation();
  const source = sqlSource(expression);
  let folded = `translate(${source}, ${sqlLiteral(translation.from)}, ${sqlLiteral(translation.to)})`;
  folded = `translate(${folded}, ${sqlLiteral(DROPPED)}, ${sqlLiteral('')})`;
  for (const [letters, stand] of Object.entries(EXPANDED)) {
    folded = `replace(${folded}, ${sqlLiteral(stand)}, ${sqlLiteral(letters)})`;
  }
  for (const repeated of ['s', ' ']) {
    folded = `regexp_replace(${folded}, ${sqlLiteral(`${repeated}+`)}, ${sqlLiteral(repeated)}, ${sqlLiteral('g')})`;
  }
  const unknown = sqlLiteral(sqlClass(translation.known, true));
  return `CASE WHEN length(${source}) > ${MAX_LENGTH} OR ${source} ~ ${unknown} THEN ${sqlLiteral(UNFOLDED)} ELSE btrim(${folded}, ${sqlLiteral(' ')}) END`;
}

/** The key of the whole name, for a search by the full name in any order. */
export function sqlNameKey(expression: string): string {
  const long = sqlLiteral(`^([^ ]+ ){${MAX_WORDS}}.*$`);
  return `regexp_replace(${sqlNameText(expression)}, ${long}, ${sqlLiteral(UNFOLDED)})`;
}

/** The key words of a stored name as text[]: what `CREATE INDEX … USING gin (…)` of `sqlNameCondition` is made on. */
export function sqlNameWords(expression: string): string {
  return `string_to_array(${sqlNameText(expression)}, ${sqlLiteral(' ')})`;
}

/**
 * True for every stored name that `nameContains` accepts, and for some more; the parameter binds
 * `nameTokens(query)` as text[]. Containment of whole words is served by PostgreSQL's own GIN operator class for
 * arrays, so neither pg_trgm nor a superuser who may install it is needed.
 */
export function sqlNameCondition(expression: string, parameter: string): string {
  const words = sqlNameWords(expression);
  return `(${words} @> CAST(${parameter} AS text[]) OR ${words} @> CAST(${sqlLiteral(`{${UNFOLDED}}`)} AS text[]))`;
}
