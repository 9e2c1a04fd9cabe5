import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DetectedIdentifier, detectIdentifiers } from '../../src/identity/detect.js';
import { parse } from '../../src/identity/kinds.js';

const shown = (text: string) => detectIdentifiers(text).map(({ kind, value }) => `${kind} ${value}`);

describe('detectIdentifiers', () => {
  it.each<[string, string[]]>([
    ['Zvanīt +371 29 123-456 vai 67123456.', ['phone +371 29 123-456', 'phone 67123456']],
    ['(+371) 67 123 456', ['phone (+371) 67 123 456']],
    ['00371 29123456; 37129123457', ['phone 00371 29123456', 'phone 37129123457']],
    ['tel29123456, mob.29123457', ['phone 29123456', 'phone 29123457']],
    ['vecais nr. 7123456', ['phone 7123456']],
    ['29123456 67123456', ['phone 29123456', 'phone 67123456']],
    ['+371 29123456 +371 67123456', ['phone +371 29123456', 'phone +371 67123456']],
    ['２９１２３４５６ un ٢٩١٢٣٤٥٧', ['phone ２９１２３４５６', 'phone ٢٩١٢٣٤٥٧']],
    ['29\u200b123\u200b456', ['phone 29\u200b123\u200b456']],
    ['𝟐𝟗𝟏𝟐𝟑𝟒𝟓𝟔', ['phone 𝟐𝟗𝟏𝟐𝟑𝟒𝟓𝟔']],
    ['15.01.2024 29123456', ['phone 29123456']],
    ['2 gab., 29123456, 12,50 EUR', ['phone 29123456']],
    ['EUR 12 29123456', ['phone 29123456']],
    ['12 EUR 29123456', ['phone 29123456']],
    ['29 123 456 EUR 12', ['phone 29 123 456']],
    ['Londona +44 20 7946 0958', ['phone +44 20 7946 0958']],
    ['Rakstiet: Janis.B@Example.LV!', ['email Janis.B@Example.LV']],
    ['<a@b.lv>, mailto:c@d.lv; "e@f.lv".', ['email a@b.lv', 'email c@d.lv', 'email e@f.lv']],
    ['jānis@ābols.lv', ['email jānis@ābols.lv']],
    ['ａ＠ｂ．ｌｖ', ['email ａ＠ｂ．ｌｖ']],
    ['a29123456@b.lv', ['email a29123456@b.lv']],
    ['pk 010190-12345, 01019012346', ['personas-kods 010190-12345', 'personas-kods 01019012346']],
    ['p.k.321234 – 56789', ['personas-kods 321234 – 56789']],
    ['010190-12345 29123456', ['personas-kods 010190-12345', 'phone 29123456']],
    ['371291-23456', ['personas-kods 371291-23456']],
  ])('%s', (text, found) => {
    expect(shown(text)).toEqual(found);
  });

  it.each([
    ...['', 'Paldies!', 'a@b', '@', 'a @ b', '123456', '12:30:45'],
    ...['2024-01-15', '15.01.2024', '15/01/2024 10:30', '2024-01-15T10:30:00', '1.2.2024.'],
    ...[
      '2024-000123',
      'pasūtījums 2024/000123',
      '2024-01-000123',
      'INV-29123456',
      '#29123456',
      '№29123456',
      'X29123456',
    ],
    ...['1 234 567,00 €', '12 345 678 EUR', '1234567.89', 'EUR 1234567', '1.234.567,00 eiro'],
    ...['978-9984-12-345-6', '9789984123456', '979 10 12345678', 'ISBN 9984-23-456-7', 'ISBN-10: 9984234567'],
    ...['LV80BANK0000435195001', 'LV80 BANK 0000 4351 9500 1', '4111 1111 1111 1111', '40003012345', '99999999'],
    ...['550e8400-e29b-41d4-a716-446655440000'],
  ])('finds nothing in %j', (text) => {
    expect(shown(text)).toEqual([]);
  });

  it('gives positions in the text as written, whatever its characters', () => {
    const text = '🙂𝟐 \u202b29123456\u202c Ａ@ｂ.lv 𝟎𝟏𝟎𝟏𝟗𝟎-12345';
    const found = detectIdentifiers(text);
    expect(found.map(({ kind }) => kind)).toEqual(['phone', 'email', 'personas-kods']);
    for (const { value, start, end } of found) expect(text.slice(start, end)).toBe(value);
  });

  it('what it finds has a normal form, and findings follow one another', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 6 }),
      fc.constantFrom(
        '29123456',
        '+371',
        ' ',
        '-',
        '(',
        '2024',
        '010190-12345',
        'a@b.lv',
        '7123456',
        '00',
        ',',
        '٣',
        '\u200b',
        'EUR',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('');
        let at = 0;
        for (const { kind, value, start, end } of detectIdentifiers(text)) {
          expect(parse(kind, value).length).toBeGreaterThan(0);
          expect(start).toBeGreaterThanOrEqual(at);
          expect(text.slice(start, end)).toBe(value);
          at = end;
        }
      }),
      { numRuns: 500 },
    );
  });

  it('finds every identifier that stands alone between words', () => {
    const known: readonly [DetectedIdentifier['kind'], string][] = [
      ['phone', '+371 29 123 456'],
      ['phone', '67123456'],
      ['email', 'anna.b@example.lv'],
      ['personas-kods', '010190-12345'],
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...known), { maxLength: 6 }), (list) => {
        const text = list.map(([, value]) => `teksts ${value} vai`).join(' ');
        expect(detectIdentifiers(text).map(({ kind, value }) => [kind, value])).toEqual(list);
      }),
      { numRuns: 100 },
    );
  });

  it.each([
    '1',
    '1 ',
    '(',
    '+',
    '\u200b',
    'a',
    'a.',
    'a@',
    '2024-',
    '1.',
    '1,',
    'A1',
    '1\u200b',
    '97',
    'EUR 1',
    '12 345 ',
  ])('takes time in proportion to the text: %j repeated', (piece) => {
    const started = performance.now();
    detectIdentifiers(piece.repeat(40_000 / piece.length));
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
