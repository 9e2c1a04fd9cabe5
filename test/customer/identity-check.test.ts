import { describe, expect, it } from 'vitest';
import { basisOf } from '../../src/customer/identity-check.js';

describe('how an identity was checked', () => {
  it.each(['called 29 123 456', 'called 29-123-456', 'called 29․123․456', 'called +371 2912 3456', 'pk 120385 12345'])(
    'holds no number of a person, however it is written: %s',
    (typed) => {
      expect(() => basisOf(typed)).toThrow(
        expect.objectContaining({
          code: 'INPUT_INVALID',
          message: expect.stringMatching(/^--verified holds what looks/),
        }),
      );
    },
  );

  it('is taken in words', () => {
    expect(basisOf(' number of order RB-2024-000123 named ')).toEqual({
      verified: 'number of order RB-2024-000123 named',
    });
  });
});
