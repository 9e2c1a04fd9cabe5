import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseEntry } from '../../../src/customer/review/entry.js';
import { decide } from '../../../src/customer/review/judge.js';
import { readReview } from '../../../src/customer/review/read.js';
import { type ReviewText, textDigest } from '../../../src/customer/review/text.js';
import { entryOf, headOf } from '../../../src/customer/review/write.js';
import { sha256 } from '../../../src/foundation/canonical-json.js';
import { detectIdentifiers } from '../../../src/identity/detect.js';

const OF = { person: `subject:${'a'.repeat(26)}`, plan: `sha256:${'1'.repeat(64)}` };
const HEAD = headOf({ ...OF, read: '2026-03-01T09:12:38.856726Z', salt: '0'.repeat(32) });
const TICKET = 'Lūdzu zvaniet Jānim, +371 21555123, 😀 vai rakstiet.';

function textOf(text: string, change: Partial<ReviewText> = {}): ReviewText {
  const spans = detectIdentifiers(text).map(({ kind, start, end, value }) => ({ kind, start, end, found: value }));
  return { table: 's.t', row: { id: '1' }, column: 'body', place: [], text, spans, described: true, ...change };
}

const entry = (text: string, change: Partial<ReviewText> = {}, number = 7) =>
  entryOf(number, textOf(text, change), 'Messages: Text');

/** The part of the file without the line that separates it. */
const part = (written: string) => written.split('\n').slice(1).join('\n');
const parsed = (written: string) => parseEntry(part(written), 20);

describe('a text in the file', () => {
  it('is read back as it was written', () => {
    const strange = fc.constantFrom(
      '\n',
      '\r\n',
      ' ',
      '\t',
      '---',
      '\n---\n',
      '# ',
      ': ',
      '"',
      "'",
      '\u202e',
      '\u2028',
      '\u0085',
      '\ufeff',
      '█',
      '😀',
      'Jānis',
      '|2-',
      '- ',
      '\u0000',
      '\ud800',
      '{',
      '%',
      '&a',
      '*a',
      '!t',
      '\\',
      '+371 21555123',
    );
    const any = fc
      .array(fc.oneof(strange, fc.string({ unit: 'binary' })), { maxLength: 10 })
      .map((all) => all.join(''));
    // A key column of this name is the one that no object of JavaScript can hold.
    const name = fc.string({ unit: 'grapheme', minLength: 1 }).filter((each) => each !== '__proto__');
    fc.assert(
      fc.property(any, name, name, fc.array(name, { maxLength: 3 }), (text, table, value, place) => {
        const review = textOf(text, { table, row: { id: value, [table]: value }, place });
        const lines = part(entryOf(3, review, `title\n${table}`));
        const read = parseEntry(lines, 1);
        expect(read).toMatchObject({ text: 3, table, row: review.row, column: 'body', place });
        expect(read.digest).toBe(textDigest(review));
        expect(read.decision).toBe(review.spans.length > 0 ? 'undecided' : 'give');
      }),
      { numRuns: 1500 },
    );
  });

  it('stands there as lines that can be read', () => {
    expect(entry('pirmā\n\n  otrā: "jā" # nē')).toContain('content: |2-\n  pirmā\n\n    otrā: "jā" # nē\nspans: []');
  });

  it('shows what turns the order of letters around', () => {
    expect(entry('a\u202eb')).toContain('content: "a\\u202eb"');
  });

  it('is preset: given where nothing was found, else undecided', () => {
    expect(parsed(entry('Paldies'))).toMatchObject({ decision: 'give' });
    expect(parsed(entry(TICKET))).toMatchObject({ decision: 'undecided' });
    expect(parsed(entry('{"a":1}', { described: false }))).toMatchObject({ decision: 'undecided' });
  });
});

describe('a long text', () => {
  const text = `${'x '.repeat(20_000)} 21555123 ${'Jānis 😀 '.repeat(9000)}${'29123456 '.repeat(500)}`;
  const written = entry(text);

  it('stands there in parts, with its first spans and how many more there are', () => {
    expect(written.length).toBeLessThan(60_000);
    expect(written).toContain(`length: ${text.length} `);
    expect(written).toContain('unlisted: 401 ');
    expect(parsed(written)).toMatchObject({ whole: false, digest: textDigest(textOf(text)) });
  });

  it('is redacted whole, and a word that it does not hold is refused when it is met', () => {
    const redacting = written.replace('decision: undecided\ncover: []', 'decision: redact\ncover: ["JĀNIS"]');
    const { what, verdict } = decide(parsed(redacting), textOf(text));
    expect(what).toBe('redacted');
    const out = (verdict as { redacted: string }).redacted;
    for (const word of ['21555123', '29123456', 'Jānis']) expect(out).not.toContain(word);
    const typo = parsed(redacting.replace('JĀNIS', 'Jonas'));
    expect(() => decide(typo, textOf(text))).toThrow(
      'text 7 of the review file: item 1 of "cover" does not occur in it',
    );
  });
});

describe('a decision', () => {
  const decided = (lines: string, text = TICKET) => parsed(entry(text).replace(/decision: .*\n(.*\n)*/, `${lines}\n`));

  it.each([
    ['decision: give', 'give'],
    ['decision: redact', { redacted: 'Lūdzu zvaniet Jānim, ████, 😀 vai rakstiet.' }],
    ['decision: redact\ncover: [jānim, "😀"]', { redacted: 'Lūdzu zvaniet ████, ████, ████ vai rakstiet.' }],
    [
      'decision: redact\ncover: ["Jānim"]\nleave: ["+371 21555123"]',
      { redacted: 'Lūdzu zvaniet ████, +371 21555123, 😀 vai rakstiet.' },
    ],
    [
      'decision: redact\ncover: [1555]\nleave: ["+371 21555123"]',
      { redacted: 'Lūdzu zvaniet Jānim, +371 2████123, 😀 vai rakstiet.' },
    ],
    ['decision: undecided', { withheld: 'free-text' }],
    ['decision: withhold\nreason: { lv: Nē., en: No. }', { withheld: 'reviewed', because: { lv: 'Nē.', en: 'No.' } }],
    [
      'decision: withhold\nreason: source',
      {
        withheld: 'reviewed',
        because: { lv: expect.anything(), en: 'The text would reveal who confided in us (Article 15(4)).' },
      },
    ],
  ])('%j', (lines, verdict) => {
    expect(decide(decided(lines), textOf(TICKET)).verdict).toEqual(verdict);
  });

  it('counts only for the text that was read: not for a new one, a changed one, or one in which more is found now', () => {
    const undecided = { what: 'undecided', verdict: { withheld: 'free-text' } };
    const give = decided('decision: give');
    expect(decide(undefined, textOf(TICKET))).toEqual(undecided);
    expect(decide(give, textOf(`${TICKET}!`))).toEqual(undecided);
    expect(decide(give, textOf(TICKET, { row: { id: '2' } }))).toEqual(undecided);
    expect(decide(parsed(entry(TICKET, { spans: [] })), textOf(TICKET))).toEqual(undecided);
  });

  const span = 'start: 21, end: 34, found: "+371 21555123"';
  it.each([
    ['an unknown decision', 'decision: undecided', 'decision: maybe', '"decision" must be give'],
    ['an unknown key', 'cover: []', 'covers: []', 'a key that no text has'],
    ['a text that was changed', 'Lūdzu', 'Ludzu', 'is not what stands there|was changed'],
    ['a text of the same length', 'rakstiet', 'raksties', 'its content, place or spans'],
    ['another row', 'row: { "id": "1" }', 'row: { "id": "2" }', 'its content, place or spans'],
    ['a span that was removed', `spans:\n  - { kind: phone, ${span} }`, 'spans: []', 'its content, place or spans'],
    ['a span that ends too late', span, 'start: 21, end: 340, found: "+371 21555123"', 'span 1 is out of range'],
    ['a span that ends before it begins', span, 'start: 34, end: 21, found: "x"', 'span 1 is out of range'],
    ['a span in the middle of a character', span, 'start: 37, end: 38, found: "x"', 'span 1 cuts a character in two'],
    ['a span of something else', span, 'start: 20, end: 34, found: "+371 21555123"', 'span 1 is not what stands there'],
    ['a negative span', span, 'start: -1, end: 34, found: "x"', '"spans" was changed'],
    [
      'a word that does not occur',
      'decision: undecided\ncover: []',
      'decision: redact\ncover: ["Janisss"]',
      'item 1 of "cover" does not occur',
    ],
    [
      'a word that is a cover',
      'decision: undecided\ncover: []',
      'decision: redact\ncover: ["██"]',
      '"cover" must be a list',
    ],
    ['an empty word', 'decision: undecided\ncover: []', 'decision: redact\ncover: [" "]', '"cover" must be a list'],
    [
      'words to cover in a text that is given',
      'decision: undecided\ncover: []',
      'decision: give\ncover: ["Jānim"]',
      '"cover" goes with decision: redact',
    ],
    [
      'something to leave that was not found',
      'decision: undecided\ncover: []\nleave: []',
      'decision: redact\nleave: ["Jānim"]',
      'item 1 of "leave" is none',
    ],
    [
      'nothing to cover',
      'decision: undecided\ncover: []\nleave: []',
      'decision: redact\nleave: ["+371 21555123"]',
      'nothing is left to be covered',
    ],
    ['no reason', 'decision: undecided', 'decision: withhold', 'withhold needs a reason'],
    [
      'a reason in one language',
      'decision: undecided\ncover: []\nleave: []\nreason:',
      'decision: withhold\nreason: { lv: "Nē" }',
      '"reason" must be',
    ],
    [
      'a reason that holds a phone number',
      'decision: undecided\ncover: []\nleave: []\nreason:',
      'decision: withhold\nreason: { lv: "Nē", en: "+371 21555123" }',
      '"reason" must be',
    ],
    [
      'a reason for a text that is given',
      'decision: undecided\ncover: []\nleave: []\nreason:',
      'decision: give\nreason: source',
      '"reason" goes with decision: withhold',
    ],
    ['broken YAML', 'cover: []', 'cover: [ "Jānim', 'its YAML is broken'],
    ['an alias', 'cover: []', 'cover: &a [*a]', 'its YAML is broken'],
    ['a key twice', 'cover: []', 'cover: []\ncover: []', 'its YAML is broken'],
  ])('is refused for %s, by the number of the text and without its words', (_, from, to, says) => {
    const written = entry(TICKET);
    expect(written).toContain(from);
    let thrown: Error & { code?: string; hint?: string } = new Error('nothing was thrown');
    try {
      parsed(written.replace(from, () => to));
    } catch (error) {
      thrown = error as Error;
    }
    expect(thrown.code).toBe('INPUT_INVALID');
    expect(thrown.message).toMatch(/^(text 7 \(line 20\)|the text in line 20)/);
    expect(thrown.message).toMatch(new RegExp(says));
    for (const word of ['21555123', 'Jānim', 'zvaniet', 'Janisss'])
      expect(`${thrown.message} ${thrown.hint}`).not.toContain(word);
  });
});

describe('the file', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'review-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const read = async (content: string | Buffer, of = OF) => {
    const path = join(folder, 'texts.yaml');
    await writeFile(path, content);
    return readReview(path, of);
  };
  const FILE = HEAD + entry(TICKET, {}, 1) + entry('Labdien', { row: { id: '2' } }, 2);

  it('is read with the digest of its bytes; without one there is no review', async () => {
    const review = await read(FILE);
    expect(review?.digest).toBe(sha256(FILE));
    expect([...(review?.entries.values() ?? [])].map(({ text, decision }) => [text, decision])).toEqual([
      [1, 'undecided'],
      [2, 'give'],
    ]);
    const windows = await read(`\ufeff${FILE.replaceAll('\n', '\r\n')}`);
    expect([...(windows?.entries.keys() ?? [])]).toEqual([...(review?.entries.keys() ?? [])]);
    expect(await readReview(join(folder, 'none.yaml'), OF)).toBeUndefined();
  });

  it.each([
    ['of another person', FILE.replace('subject:a', 'subject:b'), 'INPUT_INVALID', 'of another person'],
    ['of another plan', FILE.replace('sha256:1', 'sha256:2'), 'PLAN_CHANGED', 'has changed since'],
    ['without its salt', FILE.replace(/salt: .*\n/, ''), 'INPUT_INVALID', 'no review'],
    ['empty', '', 'INPUT_INVALID', 'no review'],
    ['something else', 'email: anna.berzina@pasts.example\n', 'INPUT_INVALID', 'no review'],
    ['in UTF-16', Buffer.from(`\ufeff${FILE}`, 'utf16le'), 'INPUT_INVALID', 'not in UTF-8'],
    ['in Latin-1', Buffer.from(FILE.replace('Lūdzu', 'L\u00fcdzu'), 'latin1'), 'INPUT_INVALID', 'not in UTF-8'],
    ['with a text twice', FILE + entry(TICKET, {}, 3), 'INPUT_INVALID', 'text 3 .* twice'],
    ['with a number twice', FILE + entry(TICKET, { row: { id: '9' } }, 2), 'INPUT_INVALID', 'text 2 .* twice'],
    ['with a line that never ends', FILE + 'x'.repeat(3_000_000), 'INPUT_INVALID', 'too long'],
    ['with a part that never ends', FILE + 'x: y\n'.repeat(600_000), 'INPUT_INVALID', 'too long'],
  ])('is refused when it is %s', async (_, content, code, says) => {
    const error = (await read(content).catch((thrown: unknown) => thrown)) as { code: string; message: string };
    expect(error.code).toBe(code);
    expect(error.message).toMatch(new RegExp(says));
    expect(error.message).not.toMatch(/21555123|Jānim|anna/i);
  });

  it('holds a salt, so that its digest tells nobody what is in it', async () => {
    const salted = FILE.replace('0'.repeat(32), '1'.repeat(32));
    expect((await read(salted))?.digest).not.toBe((await read(FILE))?.digest);
  });
});
