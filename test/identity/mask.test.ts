import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IDENTIFIER_KINDS, type IdentifierKind, mask } from '../../src/identity/kinds.js';
import { anyText, PAIRS } from './spellings.js';

describe('mask', () => {
  it.each<[IdentifierKind, string, string]>([
    ['email', 'Anita@Paraugs.example', 'a***a@p***.example'],
    ['email', 'abc@mail.paraugs.lv', 'a***@m***.lv'],
    ['email', 'ab@x.lv', '***@***.lv'],
    ['email', 'janis@ābols.lv', 'j***s@***.lv'],
    ['email', 'janis@localhost', 'j***s@l***'],
    ['email', 'no address', '***'],
    ['phone', '+371 29 123 456', '***56'],
    ['phone', 'nav', '***'],
    ['phone', '12', '***'],
    ['name', 'Anna Bērziņa', 'A. B.'],
    ['name', 'žanna', 'Ž.'],
    ['name', "Sean O'Brien", 'S. O.'],
    ['name', '李 明', '***'],
    ['name', '---', '***'],
    ['personas-kods', '010190-12345', '***45'],
    ['personas-kods', 'nav', '***'],
    ['code', '2024-000123', '***23'],
    ['code', '1001', '***'],
  ])('%s %s shows as %s', (kind, raw, shown) => {
    expect(mask(kind, raw)).toBe(shown);
  });

  it.each<[IdentifierKind, string]>([
    ['name', 'A. B.'],
    ['email', 'a***a@p***.example'],
    ['code', '***123'],
  ])('%s %s, which looks masked, is not shown as it is', (kind, raw) => {
    expect(mask(kind, raw)).not.toContain(raw);
  });

  it.each(IDENTIFIER_KINDS)('%s: never holds a value of four characters or more', (kind: IdentifierKind) => {
    fc.assert(
      fc.property(
        fc.oneof(
          anyText,
          PAIRS[kind].map(([raw]) => raw),
        ),
        (raw) => {
          fc.pre(raw.trim().length >= 4);
          expect(mask(kind, raw)).not.toContain(raw.trim());
        },
      ),
      { numRuns: 500 },
    );
  });
});
