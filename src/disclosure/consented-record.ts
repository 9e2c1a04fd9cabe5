import type { ArchiveWriter } from '../archive/write.js';
import type { TableResult } from '../customer/table-writer.js';
import { partnerPage } from '../documents/partner-page.js';
import type { Operation } from '../operation/operation.js';
import type { Context } from '../workspace/open.js';
import type { PartyConsent } from './consented-to.js';

/** What was given, on what consent. */
interface Facts {
  readonly results: readonly TableResult[];
  /** UTC with microseconds. */
  readonly at: string;
  readonly operation: Operation;
  readonly subject: string;
  readonly recipient: { readonly id: string | undefined; readonly name: string };
  readonly consent: PartyConsent;
  readonly categories: readonly string[];
  readonly given: readonly { readonly name: string; readonly sha256: string }[];
}

/** disclosure.json and the pages of the archive. */
export async function writeFacts(
  { model }: Context,
  archive: ArchiveWriter,
  { operation, subject, recipient, consent, categories, results, at, given }: Facts,
): Promise<void> {
  const { map } = model;
  const { purpose, since } = consent;
  const facts = {
    format: 'privatums disclosure',
    version: 1,
    kind: 'consented',
    operation: operation.id,
    controller: map.controller.name,
    mapDigest: model.digest,
    recipient: { id: recipient.id ?? null, name: recipient.name },
    subject,
    purpose,
    categories,
    consented: since,
    snapshot: at,
    produced: results.map(({ table, rows, files }) => ({ table: table.name, rows, files })),
  };
  await archive.add('disclosure.json', 'application/json', `${JSON.stringify(facts, undefined, 2)}\n`);
  const digestOf = (file: string) => given.find(({ name }) => name === file)?.sha256 ?? '';
  for (const language of ['lv', 'en'] as const) {
    const page = partnerPage({
      language,
      controller: map.controller,
      timeZone: map.timeZone,
      at,
      operation: operation.id,
      recipient: recipient.name,
      ground: {
        lv: `personas piekrišana (${since.slice(0, 10)}), Regulas 6. panta 1. punkta a) apakšpunkts`,
        en: `consent of the person (${since.slice(0, 10)}), Article 6(1)(a) of the Regulation`,
      },
      purpose: map.purposes[purpose]?.title ?? { lv: purpose, en: purpose },
      categories: categories.map((each) => map.categories[each]?.title ?? { lv: each, en: each }),
      given: results.map(({ table, rows, files }) => ({
        what: `${table.entry.title[language]}: ${files.csv}`,
        rows,
        sha256: digestOf(files.csv),
      })),
      people: 1,
      left: [],
    });
    await archive.add(`page-${language}.html`, 'text/html', page);
  }
}
