import { describe, expect, it } from 'vitest';
import { isOrganisationNumber, parse, same } from '../../src/identity/kinds.js';
import { shop } from './shop.js';

const s = shop();

describe('09 personas kods', () => {
  it.each([
    ['old, with a hyphen', '120385-11234'],
    ['old, without', '12038511234'],
    ['new', '32845678901'],
    ['new, with a hyphen', '329999-99999'],
  ])('09 reads the form: %s', (_, code) => {
    expect(parse('personas-kods', code)).toEqual([code.replace('-', '')]);
  });

  it('09 does not read a new one as a date, and refuses none for its check digit', () => {
    // 32 is no day, 84 no month.
    expect(same('personas-kods', '328456-78901', '32845678901')).toBe(true);
    const lastDigits = Array.from({ length: 10 }, (_, digit) => `120385-1123${digit}`);
    expect(lastDigits.filter((code) => parse('personas-kods', code).length === 0)).toEqual([]);
  });

  it('09 tells an organisation, whose number begins above 3', () => {
    expect(isOrganisationNumber('40203999417')).toBe(true);
    expect(isOrganisationNumber('32845678901')).toBe(false);
    expect(parse('personas-kods', '40203999417')).toEqual([]);
  });

  it('09 finds the person of a new code', async () => {
    expect((await s.find({ personasKods: '328456-78901' })).map(({ id }) => id)).toEqual(['shop.customers:3']);
  });
});
