import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CHANNELS, type ConsentEvent, eventDigest, MECHANISMS, SAID } from '../../src/consent/event.js';
import { digestOf } from '../../src/foundation/canonical-json.js';

const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const event: fc.Arbitrary<ConsentEvent> = fc.record(
  {
    ...{
      subject: text,
      purpose: text,
      channel: fc.constantFrom(...CHANNELS, 'disclosure'),
      what: fc.constantFrom(...SAID),
    },
    ...{ at: text, mechanism: fc.constantFrom(...MECHANISMS), source: fc.constantFrom('person', 'import', 'link') },
    ...{ wording: fc.option(text), evidence: fc.option(text), guardian: fc.option(text) },
    ...{ party: text, categories: fc.array(text) },
  },
  {
    requiredKeys: [
      'subject',
      'purpose',
      'channel',
      'what',
      'at',
      'mechanism',
      'source',
      'wording',
      'evidence',
      'guardian',
    ],
  },
) as fc.Arbitrary<ConsentEvent>;

it('the digest of an event is that of the canonical JSON of its members', () => {
  fc.assert(
    fc.property(event, (each) => {
      expect(eventDigest(each)).toBe(
        digestOf({ ...each, ...(each.categories && { categories: [...each.categories] }) }),
      );
    }),
  );
});
