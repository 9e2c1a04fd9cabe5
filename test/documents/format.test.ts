import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  articleText,
  booleanText,
  counted,
  countryText,
  listText,
  moneyText,
  numberText,
  periodText,
} from '../../src/documents/format.js';
import { prettyJson } from '../../src/documents/json-text.js';
import { NOUNS } from '../../src/documents/texts.js';

describe('moneyText', () => {
  it.each([
    ['24.90', '24,90', '24.90'],
    ['9', '9,00', '9.00'],
    ['12.5', '12,50', '12.50'],
    ['-12.5', '\u221212,50', '\u221212.50'],
    ['0.125', '0,125', '0.125'],
    ['12.5000', '12,50', '12.50'],
    ['99.999', '99,999', '99.999'],
    [
      '12345678901234567890.01',
      '12\u00a0345\u00a0678\u00a0901\u00a0234\u00a0567\u00a0890,01',
      '12,345,678,901,234,567,890.01',
    ],
    ['999', '999,00', '999.00'],
    ['1000', '1\u00a0000,00', '1,000.00'],
  ])('%s', (value, lv, en) => {
    expect(moneyText(value)).toEqual({ lv, en });
  });

  it.each(['NaN', '1e3', '€ 5', '', '1.', '.5'])('%s is no plain amount', (value) => {
    expect(moneyText(value)).toBeUndefined();
  });

  it('never changes the value', () => {
    const decimal = fc.tuple(fc.bigInt(), fc.nat()).map(([whole, fraction]) => `${whole}.${fraction}`);
    fc.assert(
      fc.property(decimal, (value) => {
        const digits = (text: string) => text.replace('\u2212', '-').replaceAll(',', '').replace(/0+$/, '');
        expect(digits(moneyText(value)?.en ?? '')).toBe(digits(value));
      }),
    );
  });
});

describe('other values', () => {
  it('keeps the digits of a number', () => {
    expect(numberText('0.730')).toEqual({ lv: '0,730', en: '0.730' });
    expect(numberText('9007199254740993')).toEqual({ lv: '9007199254740993', en: '9007199254740993' });
    expect(numberText('Infinity')).toBeUndefined();
  });

  it('says yes and no for both spellings of PostgreSQL', () => {
    expect([booleanText('t'), booleanText('true')]).toEqual(Array(2).fill({ lv: 'jā', en: 'yes' }));
    expect([booleanText('f'), booleanText('false')]).toEqual(Array(2).fill({ lv: 'nē', en: 'no' }));
    expect(booleanText('maybe')).toBeUndefined();
  });

  it('names countries', () => {
    expect(countryText('LV')).toEqual({ lv: 'Latvija', en: 'Latvia' });
    expect(countryText('the moon')).toEqual({ lv: 'the moon', en: 'the moon' });
  });

  it('names places in the Regulation', () => {
    expect(articleText('15(1)(a)')).toEqual({
      lv: '15.\u00a0panta 1.\u00a0punkta a)\u00a0apakšpunkts',
      en: 'Article\u00a015(1)(a)',
    });
    expect(articleText('15(2)').lv).toBe('15.\u00a0panta 2.\u00a0punkts');
    expect(articleText('77').lv).toBe('77.\u00a0pants');
  });

  it('lists', () => {
    const item = (text: string) => ({ lv: text, en: text });
    expect(listText([])).toEqual({ lv: '', en: '' });
    expect(listText(['a', 'b', 'c'].map(item))).toEqual({ lv: 'a, b un c', en: 'a, b and c' });
  });
});

describe('counted', () => {
  it.each([
    [0, '0 ierakstu', '0 records'],
    [1, '1 ieraksts', '1 record'],
    [3, '3 ieraksti', '3 records'],
    [10, '10 ierakstu', '10 records'],
    [11, '11 ierakstu', '11 records'],
    [21, '21 ieraksts', '21 records'],
    [111, '111 ierakstu', '111 records'],
    [12345, '12 345 ieraksti', '12,345 records'],
  ])('%i', (count, lv, en) => {
    const text = counted(count, NOUNS.record);
    expect([text.lv, text.en].map((words) => words.replaceAll('\u00a0', ' '))).toEqual([lv, en]);
  });
});

describe('periodText', () => {
  it.each([
    ['P5Y', '5 gadi', '5 years'],
    ['P10Y', '10 gadu', '10 years'],
    ['P1Y6M', '1 gads un 6 mēneši', '1 year and 6 months'],
    ['P2Y1M3W1D', '2 gadi, 1 mēnesis, 3 nedēļas un 1 diena', '2 years, 1 month, 3 weeks and 1 day'],
    ['P0D', 'uzreiz', 'at once'],
    ['until the court decides', 'until the court decides', 'until the court decides'],
  ])('%s', (period, lv, en) => {
    const text = periodText(period);
    expect([text.lv, text.en].map((words) => words.replaceAll('\u00a0', ' '))).toEqual([lv, en]);
  });
});

describe('prettyJson', () => {
  it('keeps long numbers, repeated members and their order, and reads escapes', () => {
    expect(prettyJson('{"b":12345678901234567890.10,"a":[],"a":{"x":null},"t":"\\u0101\\u003c"}')).toBe(
      '{\n  "b": 12345678901234567890.10,\n  "a": [],\n  "a": {\n    "x": null\n  },\n  "t": "ā<"\n}',
    );
  });

  it('is not fooled by braces, quotes and backslashes inside strings', () => {
    expect(prettyJson('{"a":"}\\",[\\\\"}')).toBe('{\n  "a": "}\\",[\\\\"\n}');
  });

  it('says what is no JSON', () => {
    expect(prettyJson('{not json')).toBeUndefined();
    expect(prettyJson('')).toBeUndefined();
  });

  it('means the same as the text it was made from', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(JSON.parse(prettyJson(text) ?? '')).toEqual(JSON.parse(text));
      }),
    );
  });
});
