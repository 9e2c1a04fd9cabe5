import type { Session } from '../../database/session.js';
import { spellingOf } from '../../datamap/match.js';
import type { DataMapModel } from '../../datamap/model.js';
import type { TableRead } from '../../datamap/read.js';
import { assertGoingOn } from '../../foundation/interrupt.js';
import { controllerIdentifiers, type Giver, giveCell } from '../cells.js';
import type { Traits } from '../traits.js';
import { rowKey } from './judge.js';
import { type ReviewText, reviewText } from './text.js';

/**
 * The texts of one person that somebody has to read, row by row, in the order of an export: every free text, and of
 * other values those that mention others. Two reads of the same rows give the same texts.
 */
export async function* listTexts(
  session: Session,
  {
    model,
    traits,
    reads,
    signal,
  }: {
    readonly model: DataMapModel;
    readonly traits: Traits;
    readonly reads: readonly TableRead[];
    readonly signal: AbortSignal;
  },
): AsyncGenerator<ReviewText> {
  const own = { traits, known: controllerIdentifiers(model), spelling: spellingOf(model) };
  for (const read of reads) {
    if (!read.columns.some(({ entry }) => entry.freeText === true || entry.json !== undefined)) continue;
    for await (const [, owners, hidden, ...values] of session.stream(read.sql, read.values)) {
      assertGoingOn(signal);
      const row = rowKey(read.key, values);
      if (row === undefined) break;
      const texts: ReviewText[] = [];
      const giver: Giver = {
        ...own,
        table: read.table,
        onJsonWithheld: () => {},
        judge: (found) => {
          const text = reviewText({ table: read.table.name, row }, found, own);
          if (text !== undefined) texts.push(text);
          return 'give';
        },
      };
      const others = new Set((hidden ?? '').split(','));
      read.columns.forEach((column, i) => {
        giveCell(giver, column, Number(owners), others.has(String(i)), values[i] ?? null);
      });
      yield* texts;
    }
  }
}
