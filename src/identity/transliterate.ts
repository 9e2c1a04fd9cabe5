/**
 * Cyrillic to Latin. No spelling rules alone: passports follow ICAO Doc 9303, Ukrainian ones the national table of
 * 2010, Latvian registers the Latvian spelling, people write what English readers expect. Each way is one scheme,
 * applied to a whole name, without the diacritics that names lose anyway.
 */
export const SCHEMES = ['latvian', 'icao', 'english', 'everyday', 'ukrainian'] as const;
export type Scheme = (typeof SCHEMES)[number];

type Table = Readonly<Record<string, string>>;

// biome-ignore format: a table
const COMMON: Table = {
  а: 'a', б: 'b', в: 'v', г: 'g', ґ: 'g', д: 'd', е: 'e', ё: 'e', ж: 'zh', з: 'z', и: 'i', і: 'i', ї: 'i',
  й: 'y', к: 'k', л: 'l', м: 'm', н: 'n', о: 'o', п: 'p', р: 'r', с: 's', т: 't', у: 'u', ф: 'f', х: 'kh',
  ц: 'ts', ч: 'ch', ш: 'sh', щ: 'shch', ъ: '', ы: 'y', ь: '', э: 'e', ю: 'yu', я: 'ya', є: 'ye', ў: 'u',
  ј: 'j', љ: 'lj', њ: 'nj', ћ: 'c', ђ: 'dj', џ: 'dz', ѓ: 'gj', ќ: 'kj', ѕ: 'dz', ә: 'a', ғ: 'g', қ: 'k',
  ң: 'n', ө: 'o', ұ: 'u', ү: 'u', һ: 'h', ѣ: 'e', ѳ: 'f', ѵ: 'i',
};

// biome-ignore format: a table
const CHANGES: Readonly<Record<Scheme, Table>> = {
  latvian: {
    ё: 'jo', є: 'je', ж: 'z', ї: 'ji', й: 'j', х: 'h', ц: 'c', ч: 'c', ш: 's', щ: 'sc', ы: 'i', ю: 'ju', я: 'ja',
  },
  icao: { є: 'ie', й: 'i', ю: 'iu', я: 'ia' },
  english: { ё: 'yo', ї: 'yi' },
  everyday: {},
  ukrainian: { г: 'h', є: 'ie', и: 'y', й: 'i', ю: 'iu', я: 'ia' },
};

/** What a letter becomes at the start of a word; `english` and `latvian` write these after a vowel or a sign too. */
const INITIAL: Readonly<Record<Scheme, Table>> = {
  latvian: { е: 'je' },
  icao: {},
  english: { е: 'ye' },
  everyday: {},
  ukrainian: { є: 'ye', ї: 'yi', й: 'y', ю: 'yu', я: 'ya' },
};

const TABLES = Object.fromEntries(
  SCHEMES.map((scheme) => [scheme, new Map(Object.entries({ ...COMMON, ...CHANGES[scheme] }))]),
) as Record<Scheme, Map<string, string>>;

const VOWEL_OR_SIGN = /[аеёиіїоуыэюяєўъь]/;
const LETTER = /[\p{L}\p{M}]/u;

/** Whether a composed lower-case letter has a Latin spelling here. */
export function isCyrillic(letter: string): boolean {
  return TABLES.everyday.has(letter);
}

/** Latin spelling of the Cyrillic letters of a composed (NFC) lower-case text; other characters stay. */
export function transliterate(text: string, scheme: Scheme): string {
  const table = TABLES[scheme];
  const initial = INITIAL[scheme];
  const source = scheme === 'everyday' ? everydayEndings(text) : text;
  let out = '';
  let previous = '';
  for (const letter of source) {
    const starts = !LETTER.test(previous) || (scheme !== 'ukrainian' && VOWEL_OR_SIGN.test(previous));
    out += (starts ? initial[letter] : undefined) ?? table.get(letter) ?? letter;
    previous = letter;
  }
  return out;
}

/** Dmitry, not Dmitriy; Maria, not Mariya. */
function everydayEndings(text: string): string {
  return text.replace(/[иы]й(?!\p{L})/gu, 'ы').replace(/ия(?!\p{L})/gu, 'иа');
}
