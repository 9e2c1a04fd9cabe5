import type { Dice } from './dice.js';

/** One full name: `ascii*` is what goes into an e-mail address. */
export interface Name {
  readonly language: 'lv' | 'ru' | 'en';
  readonly first: string;
  readonly last: string;
  readonly asciiFirst: string;
  readonly asciiLast: string;
}

interface Pool {
  readonly language: Name['language'];
  /** Men's and women's first names, equally many. */
  readonly first: readonly [readonly string[], readonly string[]];
  /** Surnames with their men's and women's form. */
  readonly last: readonly (readonly [string, string])[];
}

const words = (text: string): string[] => text.trim().split(/\s+/);
const pairs = (text: string): [string, string][] =>
  words(text).map((pair) => {
    const [man = '', woman = man] = pair.split('/');
    return [man, woman];
  });

const LATVIAN: Pool = {
  language: 'lv',
  first: [
    words(`Jānis Andris Juris Edgars Mārtiņš Aivars Guntis Artūrs Kārlis Pēteris Valdis Raimonds Māris Uldis Kristaps
      Gatis Ēriks Dāvis Rūdolfs Ģirts Ojārs Ziedonis Toms Krišjānis`),
    words(`Anna Kristīne Inese Ilze Līga Inga Dace Zane Elīna Laura Sanita Aija Ieva Māra Ļubova Žanete Guna Baiba
      Šarlote Ērika Vēsma Ķērsta Daiga Rūta`),
  ],
  last: pairs(`Bērziņš/Bērziņa Kalniņš/Kalniņa Ozols/Ozola Jansons/Jansone Ozoliņš/Ozoliņa Liepiņš/Liepiņa
    Krūmiņš/Krūmiņa Balodis/Balode Eglītis/Eglīte Zariņš/Zariņa Pētersons/Pētersone Vītols/Vītola Kļaviņš/Kļaviņa
    Kārkliņš/Kārkliņa Vanags/Vanaga Lācis/Lāce Šteinbergs/Šteinberga Āboliņš/Āboliņa Ķēniņš/Ķēniņa Rozītis/Rozīte
    Priede/Priede Zvirbulis/Zvirbule Cīrulis/Cīrule Sproģis/Sproģe Dzenis/Dzene Briedis/Briede Mednis/Medne
    Strazdiņš/Strazdiņa Auziņš/Auziņa Žagariņš/Žagariņa`),
};

const RUSSIAN: Pool = {
  language: 'ru',
  first: [
    words('Александр Дмитрий Сергей Андрей Алексей Михаил Пётр Юрий Игорь Николай Владимир Фёдор'),
    words('Елена Ольга Наталья Ирина Светлана Мария Анна Татьяна Юлия Людмила Ксения Зоя'),
  ],
  last: pairs(`Иванов/Иванова Смирнов/Смирнова Кузнецов/Кузнецова Попов/Попова Соколов/Соколова Лебедев/Лебедева
    Козлов/Козлова Новиков/Новикова Морозов/Морозова Волков/Волкова Зайцев/Зайцева Павлов/Павлова Щукин/Щукина
    Королёв/Королёва Чернышёв/Чернышёва Юдин/Юдина`),
};

const ENGLISH: Pool = {
  language: 'en',
  first: [
    words('James Thomas William Seán Oliver George Ciarán Henry Jack Noël Edward André'),
    words("Mary Zoë Chloë Siobhán Charlotte Emily Renée D'Arcy Alice Grace Sinéad Eleanor"),
  ],
  last: pairs(
    "Smith Jones O'Brien Brontë Taylor O'Neill Ó-Súilleabháin Wright Hughes García Walker Hall Clarke Müller Young King",
  ),
};

const POOLS = [LATVIAN, RUSSIAN, ENGLISH] as const;

// biome-ignore format: the alphabet reads best in lines
const CYRILLIC: Readonly<Record<string, string>> = {
  а: 'a', б: 'b', в: 'v', г: 'g', д: 'd', е: 'e', ё: 'jo', ж: 'zh', з: 'z', и: 'i', й: 'j', к: 'k', л: 'l', м: 'm',
  н: 'n', о: 'o', п: 'p', р: 'r', с: 's', т: 't', у: 'u', ф: 'f', х: 'h', ц: 'c', ч: 'ch', ш: 'sh', щ: 'sch', ъ: '',
  ы: 'y', ь: '', э: 'e', ю: 'ju', я: 'ja',
};

/** Every combination of a pool's names; the position in the list is the name's number. */
export function allNames(): Name[] {
  return POOLS.flatMap(({ language, first, last }) =>
    last.flatMap((forms) =>
      forms.flatMap((surname, gender) =>
        (first[gender] ?? []).map((given) => ({
          language,
          first: given,
          last: surname,
          asciiFirst: ascii(given),
          asciiLast: ascii(surname),
        })),
      ),
    ),
  );
}

/**
 * SQL for the number of somebody's name. Members of a household share language and surname, in the form of their
 * gender.
 */
export function nameNumber(dice: Dice, person: string, household: string): string {
  let base = 0;
  const number = POOLS.map(({ first, last }) => {
    const given = first[0].length;
    const surname = dice.low(household, 'surname', last.length);
    const sql = `${base} + (${surname} * 2 + ${dice.roll(person, 'gender', 2)}) * ${given} + ${dice.roll(person, 'given', given)}`;
    base += last.length * 2 * given;
    return sql;
  });
  const language = dice.roll(household, 'language', 100);
  return `(CASE WHEN ${language} < 70 THEN ${number[0]} WHEN ${language} < 92 THEN ${number[1]} ELSE ${number[2]} END)::int`;
}

function ascii(name: string): string {
  const latin = name.toLowerCase().replaceAll(/[а-яё]/g, (letter) => CYRILLIC[letter] ?? '');
  return latin.normalize('NFD').replaceAll(/[^a-z]/g, '');
}
