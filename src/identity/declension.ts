/**
 * The case forms of Latvian names, over folded words (lower case, without diacritics, see `foldName`). Folding makes
 * most consonant changes invisible (ņ ļ š ž č ķ ģ); those that stay visible are softened here: b m p v take a j
 * (Gulbis, Gulbja), d becomes z (Briedis, Brieža), t becomes s (Lācītis, Lācīša), kst becomes ks.
 */

const FIRST = ['', 's', 'a', 'am', 'u', 'i', 'iem', 'us', 'os'];
/** akmens, suns, sāls: second declension in -s; dzirksts, govs: sixth. */
const OTHERS_IN_S = ['im', 'ij', 'is'];
const SECOND = ['is', 'im', 'i'];
const SECOND_SOFT = ['a', 'u', 'i', 'iem', 'us', 'os'];
const THIRD = ['us', 'um', 'u', 'i', 'iem', 'os'];
/** The dative of men whose name ends in -a or -e takes -m, like the plural of women's. */
const FOURTH = ['', 'a', 'as', 'ai', 'u', 'am'];
const FIFTH = ['', 'e', 'es', 'ei', 'i', 'em'];
/** Lielais, Lielā: surnames that decline like adjectives with a definite ending. */
const DEFINITE = ['ais', 'a', 'ajam', 'ajai', 'o', 'as', 'aja', 'ie', 'ajiem', 'os', 'ajos', 'ajam', 'ajas'];
/** Foreign names in a consonant take the ending -s in Latvian: Ivanov, Ivanovs; women's may take none. */
const FOREIGN = ['', 's', 'a', 'am', 'u', 'i', 'iem', 'us', 'os'];

/** Shorter words are not declined: what would be left of them is in too many others. */
const SHORTEST = 3;
const SHORTEST_STEM = 2;

/**
 * Every form of a folded word that Latvian declension can give it, itself included; all six declensions, singular and
 * plural. A word whose ending fits several declensions has the forms of all of them.
 */
export function caseForms(word: string): ReadonlySet<string> {
  const forms = new Set([word]);
  if (word.length < SHORTEST || !/^\p{L}+$/u.test(word)) return forms;
  const add = (stem: string, endings: readonly string[]) => {
    if (stem.length < SHORTEST_STEM) return;
    for (const ending of endings) forms.add(stem + ending);
  };
  if (word.endsWith('ais')) add(word.slice(0, -3), DEFINITE);
  if (word.endsWith('is')) {
    const stem = word.slice(0, -2);
    add(stem, SECOND);
    for (const soft of softened(stem)) add(soft, SECOND_SOFT);
  } else if (word.endsWith('us')) {
    add(word.slice(0, -2), THIRD);
    add(word.slice(0, -1), FIRST);
    add(word, FIRST);
  } else if (word.endsWith('s')) {
    const stem = word.slice(0, -1);
    add(stem, [...FIRST, ...OTHERS_IN_S]);
    for (const soft of softened(stem)) add(soft, ['u']);
  } else if (word.endsWith('a')) {
    add(word.slice(0, -1), [...FOURTH, ...DEFINITE.slice(1)]);
  } else if (word.endsWith('e')) {
    const stem = word.slice(0, -1);
    add(stem, FIFTH);
    for (const soft of softened(stem)) add(soft, ['u']);
  } else if (/[^iouy]$/.test(word)) {
    add(word, FOREIGN);
  }
  // A stem alone is a vocative (Kalniņ!, Ann!), but too short a one is any word.
  for (const form of forms) if (form !== word && form.length < SHORTEST) forms.delete(form);
  return forms;
}

/** The stem as it is and with its last consonant softened: Gatis keeps the t (Gata), Lācītis does not (Lācīša). */
function softened(stem: string): string[] {
  const last = stem.at(-1) ?? '';
  if ('bmpv'.includes(last)) return [stem, `${stem}j`];
  if (last === 'd') return [stem, `${stem.slice(0, -1)}z`];
  if (stem.endsWith('kst')) return [stem, stem.slice(0, -1)];
  if (last === 't') return [stem, `${stem.slice(0, -1)}s`];
  return [stem];
}

/** Russian case endings of names, folded in each way to write them in Latin letters. */
const RUSSIAN = new Set(
  ['', 'a', 'i', 'e', 'u', 'o', 'y', 'ja', 'ya', 'ia', 'je', 'ye', 'ie', 'ju', 'yu', 'iu', 'ji', 'yi', 'ii'].concat(
    ['oj', 'oy', 'oi', 'ej', 'ey', 'ei', 'eju', 'eyu', 'eiu', 'oju', 'oyu', 'oiu', 'om', 'em', 'ym', 'im', 'ov', 'ev'],
    ['jej', 'yey', 'iei', 'jem', 'yem', 'iem', 'ogo', 'omu', 'ovu', 'ova', 'ove', 'ovym', 'ovim', 'ovy', 'ovi', 'ovom'],
  ),
);

/** What the forms of a word begin with: each of them with one of these. */
export function stemsOf(word: string): string[] {
  return softened(stemOf(word)).filter((stem, i, all) => i === 0 || !stem.startsWith(all[0] ?? ''));
}

/** The word without the vowel or the Latvian ending at its end. */
function stemOf(word: string): string {
  const stem = word.replace(/(?:ais|is|us|[aeiouys])$/, '');
  return stem.length < SHORTEST_STEM ? word : stem;
}

/** Whether a folded Cyrillic word can be a Russian case form of a folded name: Анной, Берзиню, Ивановым, Яниса. */
export function isRussianForm(name: string, word: string): boolean {
  return russianStems(name).some((stem) => word.startsWith(stem) && RUSSIAN.has(word.slice(stem.length)));
}

/** What stands before the ending in the Russian case forms of a folded name. */
export function russianStems(name: string): string[] {
  return [...new Set([stemOf(name), name])].filter(({ length }) => length >= SHORTEST);
}

const LONGEST_ENDING = Math.max(...[...RUSSIAN].map(({ length }) => length));

/** The stems of which a folded Cyrillic word can be a case form: `isRussianForm` of a name holds for one of its own. */
export function stemsOfRussianForm(word: string): string[] {
  const first = Math.max(SHORTEST, word.length - LONGEST_ENDING);
  const ends = Array.from({ length: Math.max(0, word.length - first + 1) }, (_, i) => first + i);
  return ends.filter((end) => RUSSIAN.has(word.slice(end))).map((end) => word.slice(0, end));
}
