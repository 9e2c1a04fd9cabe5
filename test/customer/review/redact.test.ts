import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COVER, fold, redact } from '../../../src/customer/review/redact.js';

/** What texts of people are made of, the awkward parts of scripts first. */
const PIECES = [
  'Jānis',
  'JA\u0304NIS',
  'ja\u0304nis',
  'Bērziņš',
  'Be\u0304rzin\u0327s\u030c',
  'שלום',
  'كتاب',
  '\u202eabc\u202c',
  '👩‍👩‍👧',
  '😀',
  '\u{1d538}\u0301',
  'ṩ',
  's\u0323\u0307',
  's\u0307\u0323',
  'ΣΑΣ',
  'σας',
  'İstanbul',
  'straße',
  '각',
  '\u1100\u1161\u11a8',
  '+371 21555123',
  '21555123',
  'aaaa',
  'aba',
  ' ',
  '\n',
  'a',
  '\u0301',
  '\u0323',
];
const texts = fc.array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...PIECES) }, fc.string({ unit: 'binary' })), {
  maxLength: 14,
});

/** A text, ranges of it that cut no character in two, and words of it and of anywhere. */
const cases = texts
  .map((pieces) => `${pieces.join('').replaceAll('█', '')}.`)
  .chain((text) => {
    const points = [0];
    for (const char of text) points.push((points.at(-1) ?? 0) + char.length);
    const range = fc
      .tuple(fc.nat(points.length - 2), fc.nat(points.length - 2))
      .map(([a, b]) => ({ start: points[Math.min(a, b)] ?? 0, end: points[Math.max(a, b) + 1] ?? 0 }));
    const word = fc.oneof(
      range.map(({ start, end }) => text.slice(start, end)),
      fc.constantFrom(...PIECES),
    );
    return fc.record({
      text: fc.constant(text),
      ranges: fc.array(range, { maxLength: 4 }),
      words: fc.array(
        word.filter((each) => each.trim() !== ''),
        { maxLength: 4 },
      ),
    });
  });

/** The parts that stay, in order, if each is one of the text and nothing is given twice. */
function isLeftOf(text: string, out: string): boolean {
  let at = 0;
  for (const part of out.split(COVER)) {
    at = text.indexOf(part, at);
    if (at < 0) return false;
    at += part.length;
  }
  return true;
}

describe('a redacted text', () => {
  it('never holds a word that was covered, however it is written', () => {
    fc.assert(
      fc.property(cases, ({ text, ranges, words }) => {
        const out = redact(text, ranges, words);
        for (const word of words) {
          expect(out).not.toContain(word);
          for (const form of ['NFC', 'NFD']) expect(out.normalize(form)).not.toContain(word.normalize(form));
          expect(fold(out)).not.toContain(fold(word));
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('never holds what stood in a range, where it stood nowhere else', () => {
    fc.assert(
      fc.property(cases, ({ text, ranges }) => {
        const out = redact(text, ranges, []);
        for (const { start, end } of ranges) {
          const part = text.slice(start, end);
          if (text.indexOf(part) === text.lastIndexOf(part)) expect(out).not.toContain(part);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('holds of the text what was not covered, in its order, whole characters only, and covers of one length', () => {
    fc.assert(
      fc.property(cases, ({ text, ranges, words }) => {
        const out = redact(text, ranges, words);
        expect(out.isWellFormed()).toBe(text.isWellFormed());
        expect(isLeftOf(text, out)).toBe(true);
        for (const [run] of out.matchAll(/█+/g)) expect(run).toBe(COVER);
        if (ranges.length + words.length === 0) expect(out).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps everything that no range and no word touches', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-z ]{0,30}$/),
        fc.stringMatching(/^[A-Z0-9]{1,8}$/),
        fc.stringMatching(/^[a-z ]{0,30}$/),
        (before, word, after) => {
          const text = fold(`${before}${word}${after}`);
          fc.pre(text.indexOf(fold(word)) === before.length && text.lastIndexOf(fold(word)) === before.length);
          expect(redact(`${before}${word}${after}`, [], [word])).toBe(`${before}${COVER}${after}`);
        },
      ),
    );
  });

  it.each([
    ['zvaniet vīram Jānim vai JĀNIM', ['jānim'], 'zvaniet vīram ████ vai ████'],
    ['Ja\u0304nim un Jānim', ['Jānim'], '████ un ████'],
    ['Jānim', ['Ja\u0304nim'], '████'],
    ['ananas', ['ana'], '████s'],
    ['abab', ['ab'], '████'],
    ['Anna un Jana', ['an'], '████na un J████a'],
    ['Janā', ['jana'], '████'],
    ['👩‍👧 un 👩', ['👩'], '████\u200d👧 un ████'],
    ['ΣΑΣ ΣΑΣ', ['σας'], '████ ████'],
  ])('%j without %j is %j', (text, words, expected) => {
    expect(redact(text, [], words)).toBe(expected);
  });

  it('covers overlapping and touching ranges once', () => {
    const ranges = [
      { start: 2, end: 5 },
      { start: 4, end: 7 },
      { start: 7, end: 8 },
      { start: 3, end: 4 },
    ];
    expect(redact('0123456789', ranges, [])).toBe('01████89');
    expect(redact('0123456789', ranges, ['67', '89'])).toBe('01████');
  });

  it('takes accents and both halves of a character with it', () => {
    expect(redact('xe\u0304y', [{ start: 1, end: 2 }], [])).toBe('x████y');
    expect(redact('x😀y', [{ start: 0, end: 2 }], [])).toBe('████y');
  });

  it('takes time in proportion to the text', () => {
    const unit = 'Jānis zvanīja ā ';
    const started = performance.now();
    const out = redact(unit.repeat(200_000), [], ['jānis', 'zvanīja']);
    expect(out.length).toBe(`${COVER} ${COVER} ā `.length * 200_000);
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});
