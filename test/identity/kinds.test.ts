import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GdprError } from '../../src/foundation/errors.js';
import {
  IDENTIFIER_KINDS,
  type IdentifierKind,
  identifiers,
  isOrganisationNumber,
  nameContains,
  nameTokens,
  parse,
  same,
} from '../../src/identity/kinds.js';
import { isLatvianFixed, isLatvianMobile } from '../../src/identity/phone.js';
import { anyText, PAIRS } from './spellings.js';

const NULL_ISLAND = '\u200b\u202e\ufeff';

describe('email', () => {
  it.each([
    ['Janis.Berzins@Example.LV', 'janis.berzins@example.lv'],
    [' <MAILTO:a@Example.LV> ', 'a@example.lv'],
    ['mailto:<a@b.lv>', 'a@b.lv'],
    ['a@ābols.lv', 'a@xn--bols-psa.lv'],
    ['a@XN--BOLS-PSA.lv', 'a@xn--bols-psa.lv'],
    ['a@a\u0304bols.lv', 'a@xn--bols-psa.lv'],
    ['ａ＠ｂ．ｌｖ', 'a@b.lv'],
    [`a${NULL_ISLAND}@b.lv`, 'a@b.lv'],
    ['a@b.lv.', 'a@b.lv'],
    ['I@b.lv', 'i@b.lv'],
    ['jānis@b.lv', 'jānis@b.lv'],
    ['a@1.2', 'a@1.2'],
  ])('%s is %s', (raw, form) => {
    expect(parse('email', raw)).toEqual([form]);
  });

  it.each([
    '',
    ' ',
    '@',
    'a@',
    '@b.lv',
    'a@b@c.lv',
    'a b@c.lv',
    'a@b .lv',
    'a@b/c.lv',
    'a@[::1]',
    'a<b@c.lv',
    'a@b.lv, c@d.lv',
    `${'a'.repeat(400)}@b.lv`,
  ])('%j is no address', (raw) => {
    expect(parse('email', raw)).toEqual([]);
  });

  it('keeps dots and tags: only the mail server knows what they mean', () => {
    expect(same('email', 'a.b@gmail.com', 'ab@gmail.com')).toBe(false);
    expect(same('email', 'ab+shop@gmail.com', 'ab@gmail.com')).toBe(false);
  });
});

describe('phone', () => {
  it.each([
    ...[
      '29123456',
      '+37129123456',
      '0037129123456',
      '37129123456',
      '+371 29-123-456',
      '(+371) 29 123 456',
      '29/123/456',
      '+371 (0) 29123456',
    ],
    ...[
      '２９１２３４５６',
      '٢٩١٢٣٤٥٦',
      '२९१२३४५६',
      `${NULL_ISLAND}29123456`,
      '\u202a+371\u00a029123456\u202c',
      '29\u2011123\u2011456',
      '＋371 29123456',
    ],
    ...[
      'tel:+371-29-123456',
      'Tālr. 29123456',
      '29123456 (mob.)',
      '29123456 ext. 12',
      '29123456;ext=5',
      '++371 29123456',
      '+00371 29123456',
    ],
  ])('%s is the mobile number', (raw) => {
    expect(parse('phone', raw)).toEqual(['+37129123456']);
  });

  it.each([
    ['67123456', ['+37167123456']],
    ['+44 (0)20 7946 0958', ['+442079460958']],
    ['0044 20 7946 0958', ['+442079460958']],
    ['447911123456', ['+447911123456']],
    ['7123456', ['+37127123456', '+37167123456']],
    ['+371 7123456', ['+37127123456', '+37167123456']],
    ['00371 7123456', ['+37127123456', '+37167123456']],
    ['29123456, 67123456', ['+37129123456', '+37167123456']],
    ['29123456 / 67123456', ['+37129123456', '+37167123456']],
    ['29123456 67123456', ['+37129123456', '+37167123456']],
    ['+371 29123456 +371 67123456', ['+37129123456', '+37167123456']],
    ['29123456 vai 67123456', ['+37129123456', '+37167123456']],
    ['80001234', ['+37180001234']],
  ])('%s is %j', (raw, forms) => {
    expect(parse('phone', raw)).toEqual(forms);
  });

  it.each([
    '',
    '-',
    'nav',
    '0',
    '123',
    '12345',
    '00000000',
    '99999999',
    '11111111',
    '0000000',
    '+',
    '00',
    '+371',
    '1'.repeat(500),
    '+999123456789',
    '½½½½½½½½',
  ])('%j is no number', (raw) => {
    expect(parse('phone', raw)).toEqual([]);
  });

  it('takes an old seven-digit record for either of its two present numbers', () => {
    expect(same('phone', '9123456', '+371 29123456')).toBe(true);
    expect(same('phone', '7123456', '67123456')).toBe(true);
    expect(same('phone', '29123456', '69123456')).toBe(false);
  });

  it('reads national numbers by the default country given', () => {
    expect(parse('phone', '020 7946 0958', { defaultCountry: 'GB' })).toEqual(['+442079460958']);
    expect(parse('phone', '00371 29123456', { defaultCountry: 'US' })).toEqual(['+37129123456']);
    expect(parse('phone', '7123456', { defaultCountry: 'GB' })).toEqual([]);
  });

  it('refuses an unknown default country', () => {
    expect(() => parse('phone', '29123456', { defaultCountry: 'XX' })).toThrow(
      expect.objectContaining({ name: GdprError.name, code: 'CONFIG_INVALID' }),
    );
  });

  it('tells mobile from fixed', () => {
    expect(['+37129123456', '+37167123456', '+4429123456', '29123456'].map(isLatvianMobile)).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(['+37129123456', '+37167123456', '+4467123456', '67123456'].map(isLatvianFixed)).toEqual([
      false,
      true,
      false,
      false,
    ]);
  });
});

describe('name', () => {
  it.each([
    ['Jānis Bērziņš', 'BERZINS JANIS'],
    ['Bērziņa, Anna-Marija', 'anna marija berzina'],
    ['Ja\u0304nis', 'Jānis'],
    ['Иванов', 'Ivanov'],
    ['Ива\u0301нов', 'Ivanov'],
    ['Жуков', 'Zhukov'],
    ['Жуков', 'Žukov'],
    ['Юлия', 'Julija'],
    ['Юлия', 'Yulia'],
    ['Дмитрий', 'Dmitry'],
    ['Дмитрий', 'Dmitrii'],
    ['Щербаков', 'Shcherbakov'],
    ['Щербаков', 'Ščerbakov'],
    ['Елена', 'Jeļena'],
    ['Елена', 'Elena'],
    ['Елена', 'Yelena'],
    ['Хачатурян', 'Khachaturian'],
    ['Гаврилюк', 'Havryliuk'],
    ['Наталья', 'НАТАЛЬЯ'],
    ["Д'Артаньян", 'Д’Артаньян'],
    ["O'Brien", 'OBrien'],
    ['O’Brien', 'O`Brien'],
    ['Łukasz Żółć', 'lukasz zolc'],
    ['Đorđe', 'Dorde'],
    ['Søren', 'Soren'],
    ['Strauß', 'STRAUSS'],
    ['İlker', 'ilker'],
    ['J.Bērziņš', 'J. Berzins'],
    [`Anna${NULL_ISLAND}`, 'Anna'],
    ['Ａｎｎａ', 'anna'],
    ['\u202bمحمد\u202c', 'مُحَمَّد'],
    ['שָׂרָה', 'שרה'],
    ['Γιώργος', 'ΓΙΩΡΓΟΣ'],
    ['한국', '\u1112\u1161\u11ab\u1100\u116e\u11a8'],
  ])('%s is %s', (a, b) => {
    expect(same('name', a, b)).toBe(true);
    expect(same('name', b, a)).toBe(true);
  });

  it.each([
    ['Иванов', 'Ivanovs'],
    ['Bērziņš', 'Bērziņa'],
    ['Anna Anna', 'Anna'],
    ['Annamarija', 'Anna Marija'],
    ['李明', '李'],
    ['かく', 'がく'],
    ['राम', 'रम'],
    ['Жуков', 'Zjukov'],
  ])('%s is not %s', (a, b) => {
    expect(same('name', a, b)).toBe(false);
  });

  it.each(['', ' ', '---', '…', '🙂', '\u0301', NULL_ISLAND])('%j is no name, and in no name', (raw) => {
    expect(parse('name', raw)).toEqual([]);
    expect(nameContains('Anna', raw)).toBe(false);
    expect(nameTokens(raw)).toEqual([]);
  });

  it.each(['李明', '김민준', 'محمد', 'שרה', 'გიორგი', 'สมชาย', 'राम'])('%s keeps its letters', (raw) => {
    expect(parse('name', raw)).toEqual([raw]);
  });

  it('contains whole words only, in any order', () => {
    expect(nameContains('SIA Grāmata, kontaktpersona Anna Bērziņa', 'berzina anna')).toBe(true);
    expect(nameContains('Юлия Жукова', 'Žukova')).toBe(true);
    expect(nameContains('Anna Bērziņa', 'Ann')).toBe(false);
    expect(nameContains('Anna', 'Anna Bērziņa')).toBe(false);
  });

  it('lists few keys whatever the number of words', () => {
    expect(identifiers.name.searchKeys('a b ce d').length).toBe(25);
    expect(identifiers.name.searchKeys('a b c d e f l m n p q r')).toEqual(['*']);
  });
});

describe('personas kods', () => {
  it.each([
    ['010190-12345', '01019012345'],
    ['01019012345', '01019012345'],
    ['010190 12345', '01019012345'],
    ['010190 – 12345', '01019012345'],
    ['０１０１９０－１２３４５', '01019012345'],
    [' 010190\u200e-12345\u00a0', '01019012345'],
    ['290200-20000', '29020020000'],
    ['290204-10000', '29020410000'],
    ['010190-02345', '01019002345'],
    ['321234-56789', '32123456789'],
    ['399999-99999', '39999999999'],
  ])('%s is %s', (raw, form) => {
    expect(parse('personas-kods', raw)).toEqual([form]);
  });

  it.each([
    '',
    '010190-1234',
    '010190-123456',
    '310290-12345',
    '290201-20000',
    '290200-10000',
    '000190-12345',
    '011390-12345',
    '010190-32345',
    '311234-56789',
    '300000-00000',
    '40003012345',
    '01-0190-12345',
    '010190/12345',
  ])('%s is none', (raw) => {
    expect(parse('personas-kods', raw)).toEqual([]);
  });

  it('tells organisations apart', () => {
    expect(
      ['40003012345', 'LV40003012345', '50008012345', '90000012345', '4000 301 2345'].map(isOrganisationNumber),
    ).toEqual([true, true, true, true, true]);
    expect(['32123456789', '010190-12345', '4000301234', '400030123456', ''].map(isOrganisationNumber)).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});

describe('code', () => {
  it.each([
    [' ord-2024 / 000123 ', 'ORD-2024/000123'],
    ['ｏｒｄ１', 'ORD1'],
    ['a\u200bb\u00a0c', 'ABC'],
    ['00123', '00123'],
  ])('%j is %s', (raw, form) => {
    expect(parse('code', raw)).toEqual([form]);
  });

  it('is nothing for white space', () => {
    expect(parse('code', ' \t\u00a0\u200b')).toEqual([]);
  });
});

describe('every kind', () => {
  it.each(IDENTIFIER_KINDS)('%s: a normal form is its own normal form', (kind: IdentifierKind) => {
    fc.assert(
      fc.property(PAIRS[kind], ([raw]) => {
        for (const form of parse(kind, raw)) expect(parse(kind, form)).toEqual([form]);
      }),
      { numRuns: 500 },
    );
  });

  it.each(IDENTIFIER_KINDS)('%s: same is symmetric, and true of a value itself', (kind: IdentifierKind) => {
    fc.assert(
      fc.property(PAIRS[kind], ([a, b]) => {
        expect(same(kind, a, b)).toBe(same(kind, b, a));
        expect(same(kind, a, a)).toBe(parse(kind, a).length > 0);
      }),
      { numRuns: 200 },
    );
  });

  it.each(IDENTIFIER_KINDS)('%s: lone surrogates and any other text give well-formed keys', (kind: IdentifierKind) => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.constantFrom('\ud800', 'a\udc00@b.lv', '29123456\ud83d', '\0')), (text) => {
        for (const key of identifiers[kind].searchKeys(text)) expect(key.isWellFormed()).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
