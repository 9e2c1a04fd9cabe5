import { journalDone } from '../customer/settle-journaled.js';
import { encrypterTo } from '../delivery/age.js';
import { NewFile } from '../delivery/new-file.js';
import { GdprError } from '../foundation/errors.js';
import { archiveChange } from '../operation/archived.js';
import { runOperation } from '../operation/operation.js';
import type { Context } from '../workspace/open.js';
import type { LeftRows } from './judge-rows.js';
import { SUBJECTS, subjectsCsv } from './manifest-csv.js';
import { basisOf, openGate } from './processor-gate.js';
import { makeList } from './processor-list.js';
import { factsOf, pageOf } from './processor-record.js';
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
            const made = await makeList(session, context, gated, order.orders, { file, encrypter }, onProgress);
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
