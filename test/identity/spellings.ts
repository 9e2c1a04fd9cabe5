import { domainToUnicode } from 'node:url';
import fc from 'fast-check';
import { type IdentifierKind, identifiers } from '../../src/identity/kinds.js';
import { SCHEMES, transliterate } from '../../src/identity/transliterate.js';

/** Two texts that are often, not always, spellings of one identifier. */
export type Pair = readonly [raw: string, stored: string];

/** Any text that PostgreSQL can hold. */
export const anyText = fc
  .string({ unit: 'binary', maxLength: 12 })
  .map((text) => text.replaceAll('\0', '').toWellFormed());

const noise = fc.constantFrom('', '', '', '\u200b', '\u200e', '\u202a', '\ufeff', '\u2066');
const blank = fc.constantFrom('', ' ', '\u00a0', '\t', '\u2009');

const fullWidth = (text: string) => text.replace(/[!-~]/g, (char) => String.fromCharCode(char.charCodeAt(0) + 0xfee0));
const inDigits = (zero: number) => (text: string) =>
  text.replace(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)));
const NUMERALS = [
  (text: string) => text,
  (text: string) => text,
  fullWidth,
  inDigits(0x660),
  inDigits(0x966),
  inDigits(0x1d7ec),
];

const domains = fc.constantFrom(
  'example.lv',
  'ĀBOLS.lv',
  'xn--bols-psa.lv',
  'straße.example',
  'mail.пример.example',
  'localhost',
);
const emailBase = fc
  .tuple(fc.stringMatching(/^[a-zA-ZāčёßİK0-9._+'-]{1,8}$/), domains)
  .map(([local, domain]) => `${local}@${domain}`);
const emailSpelling = (base: string) =>
  fc
    .tuple(
      fc.constantFrom(
        (text: string) => text,
        (text: string) => text.toUpperCase(),
        (text: string) => text.normalize('NFD'),
        fullWidth,
        (text: string) => `<${text}>`,
        (text: string) => `mailto:${text}`,
        (text: string) => `<MailTo:${text}> `,
        (text: string) => `${text}.`,
        (text: string) => `${text.split('@')[0]}@${domainToUnicode(text.split('@')[1] ?? '')}`,
        (text: string) => identifiers.email.parse(text)[0] ?? text,
      ),
      noise,
      blank,
    )
    .map(([change, mark, space]) => `${space}${mark}${change(base)}${space}`);

const subscriber = fc.constantFrom(
  ...['+37129123456', '+37167123456', '+37180001234', '+442079460958', '+4930123456', '+4915123456789', '+12025550123'],
  ...['+6834002', '+29022158', '+5492954123456', '+3725012345', '+37061234567', '+390612345678', '+37127123456'],
);
const separator = fc.constantFrom('', '', ' ', '-', '.', '/', '\u00a0', '\u2011', ' (', ') ');
const phoneSpelling = (e164: string) =>
  fc
    .tuple(
      fc.constantFrom(
        e164,
        e164,
        e164.slice(1),
        `00${e164.slice(1)}`,
        e164.replace(/^\+371/, ''),
        e164.replace(/^\+371[26]?/, ''),
        e164.replace(/^(\+\d\d)/, '$1(0)'),
      ),
      fc.array(separator, { minLength: 6, maxLength: 6 }),
      fc.constantFrom(...NUMERALS),
      noise,
      fc.constantFrom('', '', '', 'tel:', 'Tālr. ', 'моб. '),
      fc.constantFrom(
        '',
        '',
        '',
        ' ext. 12',
        ' (Anna)',
        ', 67123456',
        ' / 29123456',
        ' 29123456',
        ';ext=5',
        ' x1234567',
      ),
    )
    .map(([text, separators, numerals, mark, before, after]) => {
      let out = text.slice(0, 4);
      for (const [i, sign] of separators.entries())
        out += sign + text.slice(4 + 2 * i, i === 5 ? undefined : 6 + 2 * i);
      return `${before}${mark}${numerals(out)}${after}`;
    });

const word = fc.oneof(
  fc.stringMatching(/^[А-ЯЁЄІЇҐЎа-яёєіїґў]{1,7}$/),
  fc.stringMatching(/^[A-Za-zĀČĒĢĪĶĻŅŠŪŽāčēģīķļņšūžłßæøđþ]{1,8}$/),
  fc.constantFrom(
    'Юрий',
    'Щербаков',
    'Елена',
    'Жуков',
    'Хачатурян',
    'Цой',
    "Д'Артаньян",
    'Ѓорѓи',
    'Џорџ',
    'Straße',
    'Æsop',
  ),
  fc.constantFrom(
    '李明',
    'がく',
    '김민준',
    'محمد',
    'שׁרה',
    'Γιώργος',
    'राम',
    'สมชาย',
    'O’Brien',
    'Nguyễn',
    'İlker',
    'Գէորգ',
  ),
);
const nameBase = fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => words.join(' '));
const nameSpelling = (base: string) =>
  fc
    .tuple(
      fc.shuffledSubarray(base.split(' '), { minLength: base.split(' ').length }),
      fc.constantFrom(
        (text: string) => text,
        (text: string) => text.toUpperCase(),
        (text: string) => text.normalize('NFD'),
        (text: string) => text.normalize('NFD').replace(/\p{M}/gu, ''),
        fullWidth,
        ...SCHEMES.map((scheme) => (text: string) => transliterate(text.normalize('NFC').toLowerCase(), scheme)),
      ),
      fc.constantFrom(' ', '-', '. ', ', ', '  ', '\u00a0', '\u2003', '_', '・'),
      noise,
    )
    .map(([words, change, between, mark]) => change(words.join(between)) + mark);

const kodsBase = fc.constantFrom(
  '01019012345',
  '32123456789',
  '29020020000',
  '37129123456',
  '40003012345',
  '31021912345',
);
const kodsSpelling = (base: string) =>
  fc
    .tuple(
      fc.constantFrom('', '-', ' ', ' - ', '\u2013', '\u2011', '\u2212'),
      noise,
      blank,
      fc.constantFrom(...NUMERALS),
    )
    .map(
      ([sign, mark, space, numerals]) =>
        `${space}${numerals(base.slice(0, 6))}${mark}${sign}${numerals(base.slice(6))}`,
    );

const codeBase = fc.stringMatching(/^[A-Za-zßāŉ0-9#/-]{1,10}$/);
const codeSpelling = (base: string) =>
  fc
    .tuple(
      fc.constantFrom(
        (text: string) => text,
        (text: string) => text.toLowerCase(),
        fullWidth,
      ),
      blank,
      noise,
    )
    .map(([change, space, mark]) => `${space}${change(base.slice(0, 3))}${space}${mark}${change(base.slice(3))}`);

const pairOf = (base: fc.Arbitrary<string>, spelling: (base: string) => fc.Arbitrary<string>): fc.Arbitrary<Pair> =>
  fc.oneof(
    { weight: 8, arbitrary: base.chain((text) => fc.tuple(spelling(text), spelling(text))) },
    { weight: 1, arbitrary: anyText.map((text): Pair => [text, text]) },
    { weight: 1, arbitrary: fc.tuple(base, anyText).map(([text, odd]): Pair => [text + odd, text + odd]) },
  );

export const PAIRS: Readonly<Record<IdentifierKind, fc.Arbitrary<Pair>>> = {
  email: pairOf(emailBase, emailSpelling),
  phone: pairOf(subscriber, phoneSpelling),
  name: pairOf(nameBase, nameSpelling),
  'personas-kods': pairOf(kodsBase, kodsSpelling),
  code: pairOf(codeBase, codeSpelling),
};
