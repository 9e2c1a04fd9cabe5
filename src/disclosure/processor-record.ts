import { partnerPage } from '../documents/partner-page.js';
import type { Operation } from '../operation/operation.js';
import type { Context } from '../workspace/open.js';
import type { Gated } from './processor-gate.js';
import type { Made } from './processor-list.js';

/** disclosure.json of the archive: what was given, and nobody's data. */
export function factsOf({ model }: Context, { id }: Operation, { agreement, manifest, categories }: Gated, made: Made) {
  const { rows, people, left, at, sha256, columns } = made;
  return {
    format: 'privatums disclosure',
    version: 1,
    kind: 'processor',
    operation: id,
    controller: model.map.controller.name,
    mapDigest: model.digest,
    recipient: { id: agreement.recipient, name: agreement.name, role: agreement.role, country: agreement.country },
    agreement: { number: agreement.agreement, from: agreement.from, until: agreement.until, sha256: agreement.sha256 },
    purpose: manifest.purpose,
    categories,
    columns: columns.map(({ heading, category }) => ({ heading, category })),
    snapshot: at,
    list: { sha256, rows, ...(made.encrypted !== undefined && { encrypted: made.encrypted }) },
    people,
    left,
  };
}

/** The page about it, in one language. */
export function pageOf(
  { model }: Context,
  { id }: Operation,
  { agreement, manifest, categories }: Gated,
  { rows, people, left, at, sha256, columns }: Made,
  language: 'lv' | 'en',
): string {
  const { map } = model;
  return partnerPage({
    language,
    controller: map.controller,
    timeZone: map.timeZone,
    at,
    operation: id,
    recipient: agreement.name,
    ground: {
      lv: `līgums ${agreement.agreement} (kopš ${agreement.from})`,
      en: `agreement ${agreement.agreement} (since ${agreement.from})`,
    },
    purpose: map.purposes[manifest.purpose]?.title ?? { lv: manifest.purpose, en: manifest.purpose },
    categories: categories.map((each) => map.categories[each]?.title ?? { lv: each, en: each }),
    given: [{ what: columns.map(({ heading }) => heading).join(', '), rows, sha256 }],
    people,
    left: [
      { why: { lv: 'apstrāde ierobežota', en: 'processing is restricted' }, rows: left.restricted },
      { why: { lv: 'persona ir dzēsta', en: 'the person was erased' }, rows: left.erased },
    ],
  });
}
