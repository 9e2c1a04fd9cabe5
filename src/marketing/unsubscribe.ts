import { CsvFile, type CsvLine } from '../consent/import/csv.js';
import { type ReasonLines, Tally } from '../consent/import/tally.js';
import { settleJournaled } from '../customer/settle-journaled.js';
import { GdprError } from '../foundation/errors.js';
import { assertGoingOn } from '../foundation/interrupt.js';
import { runOperation } from '../operation/operation.js';
import type { Settled } from '../request/settle.js';
import type { Context } from '../workspace/open.js';
import {
  RETURNED_COLUMNS,
  RETURNED_SYNONYMS,
  type ReturnedColumn,
  type ReturnedKind,
  type ReturnedLine,
  returnedReader,
} from './returned.js';
import { TakingBack } from './take-back.js';

export interface Returned {
  readonly kind: ReturnedKind;
  readonly lines: number;
  /** Lines that changed where somebody stands. */
  readonly taken: number;
  /** Lines that say what was known. */
  readonly known: number;
  /** Lines of tokens that this workspace did not make, or that were altered. */
  readonly foreign: readonly number[];
  /** Lines of bounces after which the address stays in use. */
  readonly soft: number;
  readonly bad: readonly ReasonLines[];
}

const BATCH = 5000;

/**
 * Takes back into the ledger what comes back from sending, in one transaction: a followed link withdraws from that
 * channel (Art. 7(3); RFC 8058), an address that cannot be reached is out of use, a complaint is an objection to all
 * sending (Art. 21(2)). Each suppresses the address, too. Lines that are no good do not hold up the others. The same
 * file again changes nothing.
 * @param file one token a line, or CSV; `-` is standard input
 * @throws GdprError MAP_INVALID where the map has no part on marketing; INPUT_INVALID, INTERRUPTED, FILE_UNAVAILABLE
 */
export async function takeBackReturned(
  context: Context,
  {
    kind,
    file,
    ignoreColumns,
  }: { readonly kind: ReturnedKind; readonly file: string; readonly ignoreColumns: boolean },
  onProgress: (bytes: number) => void = () => {},
): Promise<Settled<Returned>> {
  const purpose = context.model.map.marketing?.purpose;
  if (purpose === undefined) {
    throw new GdprError('MAP_INVALID', 'the data map has no part on marketing', {
      hint: 'describe it: docs/data-map.md',
    });
  }
  return runOperation(context, { action: 'marketing unsubscribe', subjects: [] }, (operation) =>
    settleJournaled(context, operation, async (session) => {
      const csv = new CsvFile<ReturnedColumn>(file, {
        columns: RETURNED_COLUMNS[kind],
        required: [kind === 'tokens' ? 'token' : 'email'],
        synonyms: RETURNED_SYNONYMS,
        ignoreOthers: ignoreColumns,
      });
      const read = returnedReader(kind, context.model, context.keys);
      const taking = new TakingBack(context, session, operation.id, kind, purpose);
      const bad = new Tally();
      const foreign: number[] = [];
      let [lines, soft] = [0, 0];
      let batch: ReturnedLine[] = [];
      const take = async () => {
        assertGoingOn(context.surroundings.signal);
        for (const { line, fault } of await taking.take(batch)) bad.add(fault, line);
        batch = [];
        onProgress(csv.bytes);
      };
      for await (const raw of linesOf(kind, csv)) {
        lines += 1;
        const line = read(raw);
        if ('of' in line) batch.push(line);
        else if (line.other === 'soft') soft += 1;
        else if (line.other === 'foreign') foreign.push(line.line);
        else bad.add(line.other.fault, line.line);
        if (batch.length >= BATCH) await take();
        else if (lines % BATCH === 0) assertGoingOn(context.surroundings.signal);
      }
      await take();
      const { taken, known } = taking;
      return {
        result: { kind, lines, taken, known, foreign, soft, bad: bad.reasons() },
        traces: { counts: { lines, taken, known, foreign: foreign.length, soft, bad: bad.count } },
      };
    }),
  );
}

/** The lines of a CSV file; of tokens, those of a plain file too, whose first line is one. */
async function* linesOf(kind: ReturnedKind, csv: CsvFile<ReturnedColumn>): AsyncGenerator<CsvLine<ReturnedColumn>> {
  if (kind === 'tokens') yield* csv.linesOrValues('token');
  else yield* csv.lines();
}
