import { describe, expect, it } from 'vitest';
import { type AuditEntry, canonicalEntry, entryFault, parseEntry, readEntry } from '../../src/audit/entry.js';
import { GdprError } from '../../src/foundation/errors.js';
import { entry, SUBJECT } from './support.js';

function refusal(work: () => unknown): GdprError {
  try {
    work();
  } catch (error) {
    if (error instanceof GdprError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('the canonical text of an entry', () => {
  it('sorts the members, leaves out what is undefined and has no white space', () => {
    const smallest: AuditEntry = {
      sequence: 1,
      time: '2026-01-02T03:04:05.000006Z',
      kind: 'intent',
      action: 'retention purge',
      operation: '20260102-abcdefghijklmnop',
      operator: { name: 'Anna Bērziņa', databaseRole: 'shop' },
      subjects: [],
      result: undefined,
    };
    expect(canonicalEntry(smallest)).toBe(
      '{"action":"retention purge","kind":"intent","operation":"20260102-abcdefghijklmnop",' +
        '"operator":{"databaseRole":"shop","name":"Anna Bērziņa"},"sequence":1,"subjects":[],' +
        '"time":"2026-01-02T03:04:05.000006Z"}',
    );
  });

  it('is read back as the same entry', () => {
    expect(parseEntry(canonicalEntry(entry(5)))).toEqual(entry(5));
  });

  it('is the only text that is read', () => {
    const text = canonicalEntry(entry(5));
    const reordered = JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text)).toReversed()));
    const variants = [
      ` ${text}`,
      text.replace('"sequence":5', '"sequence": 5'),
      text.replace('"sequence":5', '"sequence":5.0'),
      text.replace('"sequence":5', '"sequence":4,"sequence":5'),
      text.replace('Anna', '\\u0041nna'),
      text.replace('"order lines":9,"orders":3', '"orders":3,"order lines":9'),
      reordered,
    ];
    for (const variant of variants) {
      expect(variant).not.toBe(text);
      expect(readEntry(variant), variant).toBe('it is not in canonical form');
    }
    expect(refusal(() => parseEntry('{')).code).toBe('VERIFICATION_FAILED');
  });
});

describe('an entry is refused when', () => {
  const wrong: [string, Record<string, unknown>, string][] = [
    ['it has another member', { email: 'x' }, 'it has a member that no entry has'],
    ['the sequence is 0', { sequence: 0 }, 'sequence must be a whole number from 1'],
    ['the sequence is text', { sequence: '1' }, 'sequence must be a whole number from 1'],
    [
      'the time has milliseconds',
      { time: '2026-01-02T03:04:05.123Z' },
      'time must be ISO 8601 in UTC with microseconds',
    ],
    [
      'the time has an offset',
      { time: '2026-01-02T03:04:05.123456+02:00' },
      'time must be ISO 8601 in UTC with microseconds',
    ],
    ['the kind is unknown', { kind: 'note' }, 'kind must be one of intent, outcome'],
    ['the action is a sentence', { action: 'Exported the data!' }, 'action must be the words of a command'],
    ['the operation is missing', { operation: undefined }, 'operation is missing'],
    ['the operator is a name only', { operator: 'Anna' }, 'operator must have a name and a databaseRole'],
    [
      'the operator has a third member',
      { operator: { name: 'a', databaseRole: 'b', email: 'c' } },
      'operator must have a name and a databaseRole',
    ],
    [
      'a subject is no reference',
      { subjects: ['anna@example.com'] },
      'subjects has an item that is not a subject reference',
    ],
    ['a subject comes twice', { subjects: [SUBJECT, SUBJECT] }, 'subjects names something twice'],
    ['a digest is bare', { planDigest: 'f'.repeat(64) }, 'planDigest must be sha256: and 64 hexadecimal digits'],
    ['a count is negative', { counts: { orders: -1 } }, 'counts must count with whole numbers from 0'],
    ['a count is a fraction', { counts: { orders: 0.5 } }, 'counts must count with whole numbers from 0'],
    ['a count is named by a number', { counts: { 12: 1 } }, 'counts has a count without a usable name'],
    ['a count has a name of two lines', { counts: { 'a\nb': 1 } }, 'counts has a count without a usable name'],
    ['the rules are no list', { rules: 'a' }, 'rules must be a list'],
    [
      'a text has a newline',
      { ground: 'Art.\n15' },
      'ground must be a text of 1 to 200 characters without control characters',
    ],
    [
      'a text is not well-formed',
      { ground: '\ud800' },
      'ground must be a text of 1 to 200 characters without control characters',
    ],
    ['the code is a sentence', { code: 'went wrong' }, 'code must be an error code'],
    ['an outcome has no result', { result: undefined }, 'an outcome must have a result'],
    ['an intent has a result', { kind: 'intent', archiveDigest: undefined }, 'an intent cannot have a result'],
    ['an intent has an archive', { kind: 'intent', result: undefined }, 'an intent cannot have an archiveDigest'],
  ];
  it.each(wrong)('%s', (_, changes, fault) => {
    expect(entryFault({ ...entry(1), ...changes })).toBe(fault);
  });

  it.each([null, 'text', 7, []])('it is %j', (value) => {
    expect(entryFault(value)).toBe('it is not an object');
  });
});

describe('personal data', () => {
  const values = [
    'janis.berzins@example.com',
    'call +371 29 123 456',
    '+37129123456',
    '+371-2912-3456',
    'call 0037129123456',
    'call 00371 29 12 34 56',
    '371 2912 3456',
    'call 29123456',
    'call 29 12 34 56.',
    '67123456',
    'pk 010203-12345',
    'pk 010203 12345',
    '01020312345',
    '32345678901',
  ];
  it.each(values)('is refused where a reference belongs, and not repeated: %s', (value) => {
    for (const member of ['request', 'ground', 'verified']) {
      const error = refusal(() => canonicalEntry(entry(1, { [member]: value })));
      expect(error.code).toBe('INPUT_INVALID');
      expect(error.message).toContain(`${member} holds what looks like`);
      expect(`${error.message} ${error.hint}`).not.toContain(value);
    }
  });

  it('may be in what was written before the guard knew it, which stays verifiable', () => {
    const text = canonicalEntry(entry(1, { verified: 'account login' })).replace('account login', 'call 29123456');
    expect(readEntry(text)).toMatchObject({ verified: 'call 29123456' });
  });

  it.each([
    'contract number 12',
    'case C30123456',
    'case C-21234567',
    'known on 2026-03-01',
    'R-2026-21234567',
    'invoice 30123456',
    'order 212345678',
    'sent back 2 of 12',
    'lieta Nr. 11816007820',
    'reg. 40003000642',
  ])('is not suspected in %s', (verified) => {
    expect(parseEntry(canonicalEntry(entry(1, { verified })))).toMatchObject({ verified });
  });

  it('is not suspected in the names of tables', () => {
    const counts = { 's.log@2019': 1 };
    expect(parseEntry(canonicalEntry(entry(1, { counts })))).toMatchObject({ counts });
  });

  it('is not suspected in grounds, request numbers and rule ids', () => {
    const allowed = {
      ground: 'KPL 190, Art. 6(1)(c)',
      request: 'Nr. 11816007820',
      verified: 'contract number',
      rules: ['a:b/2026-01-02'],
    };
    expect(parseEntry(canonicalEntry(entry(1, allowed)))).toMatchObject(allowed);
  });
});
