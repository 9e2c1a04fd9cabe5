import { describe, expect, it } from 'vitest';
import { caseForms, isRussianForm, russianStems, stemsOf, stemsOfRussianForm } from '../../src/identity/declension.js';
import { foldName } from '../../src/identity/name.js';

/**
 * Names in the nominative with the genitive, dative, accusative, locative and vocative, as grammars give them:
 * six declensions, and surnames that decline like adjectives.
 */
const PARADIGMS: Readonly<Record<string, readonly string[]>> = {
  first: [
    'Kalniņš Kalniņa Kalniņam Kalniņu Kalniņā Kalniņ',
    'Ozols Ozola Ozolam Ozolu Ozolā Ozol',
    'Ivanovs Ivanova Ivanovam Ivanovu Ivanovā Ivanov',
    'Edgars Edgara Edgaram Edgaru Edgarā Edgar',
    'Andrejs Andreja Andrejam Andreju Andrejā Andrej',
    'Vējš Vēja Vējam Vēju Vējā Vēj',
    'Markuss Markusa Markusam Markusu Markusā Markus',
  ],
  second: [
    'Jānis Jāņa Jānim Jāni Jānī Jāni',
    'Kārlis Kārļa Kārlim Kārli Kārlī Kārli',
    'Lācis Lāča Lācim Lāci Lācī Lāci',
    'Briedis Brieža Briedim Briedi Briedī Briedi',
    'Lasis Laša Lasim Lasi Lasī Lasi',
    'Vēzis Vēža Vēzim Vēzi Vēzī Vēzi',
    'Lācītis Lācīša Lācītim Lācīti Lācītī Lācīti',
    'Gulbis Gulbja Gulbim Gulbi Gulbī Gulbi',
    'Kurmis Kurmja Kurmim Kurmi Kurmī Kurmi',
    'Zutis Zuša Zutim Zuti Zutī Zuti',
    'Strupis Strupja Strupim Strupi Strupī Strupi',
    'Cīrulis Cīruļa Cīrulim Cīruli Cīrulī Cīruli',
    'Alnis Aļņa Alnim Alni Alnī Alni',
    'Dadzis Dadža Dadzim Dadzi Dadzī Dadzi',
    'Gatis Gata Gatim Gati Gatī Gati',
    'Aldis Alda Aldim Aldi Aldī Aldi',
    'Pēteris Pētera Pēterim Pēteri Pēterī Pēteri',
    'Akmens Akmens Akmenim Akmeni Akmenī',
  ],
  third: ['Ingus Ingus Ingum Ingu Ingū Ingu', 'Mikus Mikus Mikum Miku Mikū Miku', 'Alus Alus Alum Alu Alū'],
  fourth: [
    'Anna Annas Annai Annu Annā Ann',
    'Bērziņa Bērziņas Bērziņai Bērziņu Bērziņā Bērziņ',
    'Liepa Liepas Liepam Liepu Liepā Liepa',
    'Ieva Ievas Ievai Ievu Ievā Iev',
    'Zeltiņa Zeltiņas Zeltiņai Zeltiņu Zeltiņā',
  ],
  fifth: [
    'Līze Līzes Līzei Līzi Līzē Līz',
    'Ilze Ilzes Ilzei Ilzi Ilzē Ilz',
    'Egle Egles Eglei Egli Eglē Eglem',
    'Roze Rozes Rozei Rozi Rozē',
    'Upīte Upītes Upītei Upīti Upītē Upīšu',
    'Balode Balodes Balodei Balodi Balodē Baložu',
    'Zīle Zīles Zīlei Zīli Zīlē Zīļu',
  ],
  sixth: [
    'Klints Klints Klintij Klinti Klintī Klints',
    'Govs Govs Govij Govi Govī',
    'Krāsns Krāsns Krāsnij Krāsni Krāsnī',
  ],
  definite: ['Lielais Lielā Lielajam Lielo Lielajā', 'Lielā Lielās Lielajai Lielo Lielajā'],
  undeclined: ['Ivo Ivo Ivo', 'Hugo Hugo', 'Ozu Ozu'],
};

const fold = (text: string) => foldName(text)[0] ?? '';

describe('the case forms of a name', () => {
  it.each(Object.entries(PARADIGMS))('hold every case of the declension: %s', (_, rows) => {
    for (const row of rows) {
      const [name = '', ...cases] = row.split(' ');
      const forms = caseForms(fold(name));
      expect({ name, missing: cases.filter((form) => !forms.has(fold(form))) }).toEqual({ name, missing: [] });
    }
  });

  it('are met from the nominative written without diacritics', () => {
    for (const row of Object.values(PARADIGMS).flat()) {
      const [name = '', ...cases] = row.split(' ').map((word) => word.normalize('NFKD').replace(/\p{M}/gu, ''));
      const forms = caseForms(fold(name));
      expect(cases.every((form) => forms.has(fold(form)))).toBe(true);
    }
  });

  it('begin with one of the stems by which they are narrowed', () => {
    for (const row of Object.values(PARADIGMS).flat()) {
      const name = fold(row.split(' ')[0] ?? '');
      const stems = stemsOf(name);
      expect([...caseForms(name)].filter((form) => !stems.some((stem) => form.startsWith(stem)))).toEqual([]);
    }
  });

  it('are not those of the other sex, nor of another name', () => {
    const others = ['Bērziņa Bērziņš', 'Ozola Ozols', 'Anna Annija', 'Jānis Janīna', 'Ilze Ilzīte'];
    for (const pair of [...others, 'Liepa Liepiņa', 'Egle Eglīte', 'Ozols Ozoliņš', 'Roze Rozīte']) {
      const [name = '', other = ''] = pair.split(' ');
      expect({ pair, met: caseForms(fold(name)).has(fold(other)) }).toEqual({ pair, met: false });
    }
  });

  it('of a short or odd word are itself alone', () => {
    expect([...caseForms('jo')]).toEqual(['jo']);
    expect([...caseForms('x1')]).toEqual(['x1']);
    expect([...caseForms('una')].every((form) => form.length >= 3)).toBe(true);
  });
});

describe('a Russian case form', () => {
  it('is found by its stems just where it is one of the name', () => {
    const names = ['anna', 'berzina', 'ivanov', 'ivanova', 'janis', 'petr', 'li', 'ana', 'ovym', 'scerbakov'];
    const words = ['annoj', 'annu', 'berzinju', 'ivanovym', 'ivanovoj', 'janisa', 'petrom', 'li', 'ane', 'annax', 'ov'];
    const pairs = names.flatMap((name) => [...words, ...names].map((word) => ({ name, word })));
    const byStems = ({ name, word }: { name: string; word: string }) =>
      stemsOfRussianForm(word).some((stem) => russianStems(name).includes(stem));
    expect(pairs.filter(byStems)).toEqual(pairs.filter(({ name, word }) => isRussianForm(name, word)));
    expect(pairs.filter(byStems).length).toBeGreaterThan(names.length);
  });
});
