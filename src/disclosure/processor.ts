import { createHash, type Hash } from 'node:crypto';
import type { Encrypter } from 'age-encryption';
import { timeText } from '../audit/append.js';
import { journalDone } from '../customer/settle-journaled.js';
import type { Session } from '../database/session.js';
import { type Catalog, readCatalog } from '../datamap/catalog.js';
import { assertNoDrift } from '../datamap/drift.js';
import type { DataMap } from '../datamap/schema.js';
import { encrypted, encrypterTo } from '../delivery/age.js';
import { NewFile } from '../delivery/new-file.js';
import { partnerPage } from '../documents/partner-page.js';
import { GdprError } from '../foundation/errors.js';
import { archiveChange } from '../operation/archived.js';
import { type Operation, runOperation } from '../operation/operation.js';
import { todayIn } from '../request/day.js';
import type { Context } from '../workspace/open.js';
import { type Agreement, agreementState, disagreementsOf, readAgreement, readAgreements } from './agreement.js';
import { judgeRows, type LeftRows } from './judge-rows.js';
import {
  MANIFEST,
  type Manifest,
  type ManifestColumn,
  manifestColumns,
  manifestSql,
  manifestTable,
} from './manifest.js';
import { csvOf, SUBJECTS, stopIfAsked, subjectsCsv } from './manifest-csv.js';
import { enterDisclosure } from './register.js';

/** A list that is to be handed to a recipient under an agreement. */
export interface ProcessorOrder {
  /** Number of the agreement. */
  readonly agreement: string;
  /** Numbers of orders; all that are due, if left out. */
  readonly orders: readonly string[];
  /** Where the list is to stand, encrypted with `.age` behind it; nothing may be there yet. */
  readonly out: string;
  /** age public keys (`age1…`); with any, the list is written encrypted to them alone. */
  readonly recipients?: readonly string[] | undefined;
}

export interface ProcessorResult {
  readonly operation: string;
  readonly disclosure: string;
  readonly recipient: string;
  readonly agreement: string;
  readonly purpose: string;
  readonly list: string;
  /** Of the CSV. */
  readonly sha256: string;
  /** SHA-256 of the file where it is encrypted. */
  readonly encrypted?: string;
  readonly columns: readonly string[];
  readonly rows: number;
  readonly people: number;
  /** Rows that were asked for and are not given. */
  readonly left: LeftRows;
  readonly archive: string;
  readonly audit: { readonly sequence: number };
}

const ACTION = 'disclose processor';
/** What the register says the disclosure rests on. */
const BASIS = { processor: 'Art. 28', controller: 'Art. 6(1)(b)' } as const;

/**
 * Hands a recipient the list that the data map describes for it, under an agreement that is on record, in force today,
 * covers its columns' categories and its purpose, and says nothing else than the map: a CSV of exactly these columns,
 * 0600, and a signed archive with its digest and nobody's data; every person in it stands in the register.
 * @throws GdprError NOT_FOUND for the agreement, REFUSED with the reason of whichever gate is closed, DRIFT,
 *   ALREADY_EXISTS, FILE_UNAVAILABLE, INTERRUPTED; INPUT_INVALID for a recipient that is no age key. Once it stands in
 *   the register the list is there, if need be as `.partial`, which the error then says
 */
export async function discloseToProcessor(
  context: Context,
  order: ProcessorOrder,
  onProgress: (stage: 'rows' | 'people' | 'list', done: number, total: number) => void = () => {},
): Promise<ProcessorResult> {
  const { recipients = [] } = order;
  const encrypter = recipients.length === 0 ? undefined : await encrypterTo(recipients);
  const list = encrypter === undefined ? order.out : `${order.out}.age`;
  const file = await NewFile.create(list);
  /** From then on it stands in the register as given, or may: what is written of it is not thrown away. */
  let registered = false;
  const name = (id: string) => `disclosure-${id}.asice`;
  try {
    return await runOperation(
      context,
      { action: ACTION, subjects: [] },
      async (operation) => {
        const { written, path, sequence } = await archiveChange(
          context,
          operation,
          name(operation.id),
          async (session, archive) => {
            const gated = await openGate(session, context, order.agreement.trim());
            const made = await makeList(session, context, gated, order, { file, encrypter }, onProgress);
            const facts = factsOf(context, operation, gated, made);
            await archive.add('disclosure.json', 'application/json', `${JSON.stringify(facts, undefined, 2)}\n`);
            // The journal does not have whom it is about: after a restored backup this tells.
            await archive.add('subjects.csv', 'text/csv', subjectsCsv(session));
            for (const language of ['lv', 'en'] as const)
              await archive.add(
                `page-${language}.html`,
                'text/html',
                pageOf(context, operation, gated, made, language),
              );
            const { agreement, manifest } = gated;
            const result = { ...made, agreement: agreement.agreement, recipient: agreement.recipient, number: '' };
            return {
              written: result,
              outcome: {
                counts: {
                  rows: made.rows,
                  people: made.people,
                  restricted: made.left.restricted,
                  erased: made.left.erased,
                },
                rules: [agreement.recipient],
              },
              sealed: async (sha256) => {
                result.number = await enterDisclosure(
                  session,
                  operation,
                  context.operator,
                  {
                    kind: 'processor',
                    recipient: agreement.name,
                    recipientId: agreement.recipient,
                    agreement: agreement.agreement,
                    basis: basisOf(context, agreement, manifest),
                    categories: gated.categories,
                    archiveDigest: sha256,
                    records: made.rows,
                  },
                  { sql: SUBJECTS },
                );
              },
            };
          },
        ).catch((error: unknown) => {
          registered = operation.ended;
          throw error;
        });
        registered = true;
        await file.publish();
        await journalDone(context);
        const {
          number,
          recipient,
          agreement,
          columns,
          rows,
          people,
          left,
          sha256,
          encrypted: sealed,
          purpose,
        } = written;
        return {
          operation: operation.id,
          disclosure: number,
          recipient,
          agreement,
          purpose,
          list,
          sha256,
          ...(sealed !== undefined && { encrypted: sealed }),
          columns: columns.map(({ heading }) => heading),
          rows,
          people,
          left,
          archive: path,
          audit: { sequence },
        };
      },
      name,
    );
  } catch (error) {
    if (!registered) {
      await file.discard();
      throw error;
    }
    if (!(error instanceof GdprError) || file.published) throw error;
    throw new GdprError(error.code, `${error.message}; the list is finished, and stands in ${file.partial}`, {
      cause: error,
      hint: `mend this, run gdpr recover, and where gdpr disclosure list has it, rename the list to ${list}`,
    });
  }
}

interface Gated {
  readonly agreement: Agreement;
  readonly manifest: Manifest;
  readonly catalog: Catalog;
  readonly columns: readonly ManifestColumn[];
  readonly categories: readonly string[];
}

/** The law, and the purpose's own basis, as the register and the person read it. */
function basisOf({ model }: Context, { role }: Agreement, { purpose }: Manifest): string {
  const { basis } = model.map.purposes[purpose] ?? {};
  return role === 'processor' ? BASIS.processor : basis === undefined ? BASIS.controller : `Art. ${basis}`;
}

/** @throws GdprError NOT_FOUND, DRIFT; REFUSED with every reason for which the agreement does not carry the list */
async function openGate(session: Session, context: Context, number: string): Promise<Gated> {
  const { model } = context;
  const { map } = model;
  const today = todayIn(map.timeZone);
  const agreement = await readAgreement(session, number).catch(async (error: unknown) => {
    if (!(error instanceof GdprError) || error.code !== 'NOT_FOUND') throw error;
    const known = (await readAgreements(session)).length;
    throw new GdprError('REFUSED', 'there is no such agreement on record, so nothing may be given under it', {
      hint: known === 0 ? 'put it on record: gdpr agreement add' : 'see: gdpr agreement list --all',
    });
  });
  const refuse = (reason: string, hint: string): never => {
    throw new GdprError('REFUSED', `nothing may be given under the agreement ${agreement.agreement}: ${reason}`, {
      hint,
    });
  };
  const state = agreementState(agreement, today);
  const end = agreement.ended ?? agreement.until;
  if (state === 'expired' || state === 'ended')
    refuse(`its last day was ${end}`, 'agree anew, and put that on record: gdpr agreement add');
  if (state === 'coming') refuse(`its first day is ${agreement.from}`, 'wait for that day');
  const differing = disagreementsOf(agreement, map);
  if (differing.length > 0)
    refuse(differing.join('; '), 'the register and the data map must not differ: mend the one that is wrong');
  const manifest =
    manifestOf(map, agreement.recipient) ??
    refuse(
      'the data map describes no list for its recipient',
      `describe it under recipients.${agreement.recipient}.manifest (docs/disclosure.md)`,
    );
  if (map.purposes[manifest.purpose]?.use === 'marketing')
    refuse(
      'its list is for marketing, where people may have objected',
      'use: gdpr marketing audience, which asks everybody’s consent',
    );
  if (!agreement.purposes.includes(manifest.purpose))
    refuse(`it does not cover the purpose ${manifest.purpose}`, 'see: gdpr agreement list');
  const catalog = await readCatalog(session);
  assertNoDrift(model, catalog);
  const headings = agreement.columns ?? Object.keys(manifest.columns);
  const gone = headings.filter((heading) => !Object.hasOwn(manifest.columns, heading));
  if (gone.length > 0)
    refuse(`it covers columns that the data map has no more: ${gone.join(', ')}`, 'mend the map, or agree anew');
  const columns = manifestColumns(model, catalog, manifest, headings);
  const categories = [...new Set(columns.map(({ category }) => category))];
  const uncovered = categories.filter((id) => !agreement.categories.includes(id));
  if (uncovered.length > 0)
    refuse(
      `it does not cover the categories ${uncovered.join(', ')}`,
      'name the columns that it does cover when it is put on record, or agree anew',
    );
  return { agreement, manifest, catalog, columns, categories };
}

function manifestOf({ recipients }: DataMap, id: string): Manifest | undefined {
  return recipients[id]?.manifest;
}

interface Made {
  readonly columns: readonly ManifestColumn[];
  readonly purpose: string;
  readonly rows: number;
  readonly people: number;
  readonly left: LeftRows;
  /** UTC with microseconds. */
  readonly at: string;
  readonly sha256: string;
  readonly encrypted?: string;
}

async function makeList(
  session: Session,
  context: Context,
  { agreement, manifest, catalog, columns, categories }: Gated,
  { orders }: ProcessorOrder,
  { file, encrypter }: { readonly file: NewFile; readonly encrypter: Encrypter | undefined },
  onProgress: (stage: 'rows' | 'people' | 'list', done: number, total: number) => void,
): Promise<Made> {
  const { model } = context;
  const numbers = [...new Set(orders.map((each) => each.trim()))];
  onProgress('rows', 0, 1);
  const headings = columns.map(({ heading }) => heading);
  await session.run(
    manifestSql(model, catalog, manifest, headings, numbers.length > 0),
    numbers.length > 0 ? [numbers] : [],
  );
  await session.run(`CREATE UNIQUE INDEX ON ${MANIFEST} (n)`);
  await session.run(`ANALYZE ${MANIFEST}`);
  if (numbers.length > 0) await assertDue(session, numbers.length);
  const table = manifestTable(model, manifest);
  const parties = [agreement.recipient, agreement.name];
  const left = await judgeRows(
    session,
    context,
    catalog,
    { table, parties, purpose: manifest.purpose, categories },
    (done, total) => {
      onProgress('people', done, total);
      stopIfAsked(context);
    },
  );
  const [counted] = await session.query<{ rows: number; people: number; at: string }>(
    `SELECT (SELECT count(*)::integer FROM ${MANIFEST} r WHERE NOT EXISTS (SELECT FROM pg_temp.manifest_left l WHERE l.n = r.n)) AS rows,
       (SELECT count(*)::integer FROM (${SUBJECTS}) s) AS people, ${timeText('transaction_timestamp()')} AS at`,
  );
  const { rows = 0, people = 0, at = '' } = counted ?? {};
  if (rows === 0) throw nothingLeft(left);
  onProgress('list', 0, rows);
  const hash = createHash('sha256');
  const csv = hashed(hash, csvOf(session, context, columns));
  const filled = await file.fill(encrypter === undefined ? csv : encrypted(encrypter, csv));
  const sha256 = hash.digest('hex');
  return {
    ...(encrypter && { encrypted: filled.sha256 }),
    columns,
    purpose: manifest.purpose,
    rows,
    people,
    left,
    at,
    sha256,
  };
}

async function* hashed(hash: Hash, content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of content) {
    hash.update(piece);
    yield piece;
  }
}

async function assertDue(session: Session, asked: number): Promise<void> {
  const [row] = await session.query<{ found: number }>(
    `SELECT count(DISTINCT order_number)::integer AS found FROM ${MANIFEST}`,
  );
  const missing = asked - (row?.found ?? 0);
  if (missing === 0) return;
  throw new GdprError(
    'REFUSED',
    `${missing} of the ${asked} orders named are not there, or nothing of them is due to this recipient`,
    {
      hint: 'see what the list takes under "manifest" in the data map',
    },
  );
}

function nothingLeft({ restricted, erased }: LeftRows): GdprError {
  if (restricted + erased === 0)
    return new GdprError('REFUSED', 'no row is due to this recipient, so that there is nothing to give', {
      hint: 'see what the list takes under "manifest" in the data map',
    });
  return new GdprError(
    'REFUSED',
    `nothing may be given: ${[
      ...(restricted > 0 ? [`${restricted} rows of people whose data is restricted (Art. 18)`] : []),
      ...(erased > 0 ? [`${erased} rows of erased people`] : []),
    ].join(', ')}`,
    { hint: 'a restricted person has to agree, for an open order: gdpr consent record --party' },
  );
}

function factsOf({ model }: Context, { id }: Operation, { agreement, manifest, categories }: Gated, made: Made) {
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

function pageOf(
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
