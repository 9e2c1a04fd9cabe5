import { createHash } from 'node:crypto';
import { controllerIdentifiers, giveCell } from '../../../src/customer/cells.js';
import { jsonRow } from '../../../src/customer/formats.js';
import type { FoundPerson } from '../../../src/customer/people.js';
import { WithheldCounter } from '../../../src/customer/table-writer.js';
import { readTraits } from '../../../src/customer/traits.js';
import type { Session } from '../../../src/database/session.js';
import type { Catalog } from '../../../src/datamap/catalog.js';
import { collectRows } from '../../../src/datamap/collect.js';
import { compileCollect } from '../../../src/datamap/collect-plan.js';
import { spellingOf } from '../../../src/datamap/match.js';
import type { DataMapModel } from '../../../src/datamap/model.js';
import { compileReads, type WithheldReason } from '../../../src/datamap/read.js';
import { live } from '../../../src/datamap/sql.js';

/**
 * What an export of each person would hold, as one text a person: the rows of each table, what is withheld of them
 * and a digest of all cells. The work of an export without its archive.
 */
export async function exportDigests(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  people: readonly FoundPerson[],
): Promise<string[]> {
  const contradicted = await collectRows(session, compileCollect(model, catalog), model, catalog, people);
  const traits = await readTraits(session, model, catalog, people);
  const counters = people.map(() => new WithheldCounter());
  const content = people.map(() => createHash('sha256'));
  const rows = people.map(() => new Map<string, number>());
  for (const { sql, table, columns, left } of compileReads(model, catalog)) {
    for await (const [number, owners, hidden, ...values] of session.stream(sql)) {
      const i = Number(number);
      const counter = counters[i];
      if (counter === undefined) throw new Error('a row of nobody');
      const others = new Set((hidden ?? '').split(','));
      const giver = {
        table,
        traits: traits[i] ?? new Map(),
        known: controllerIdentifiers(model),
        spelling: spellingOf(model),
        onJsonWithheld: (column: { name: string }, place: string, reason: WithheldReason) =>
          counter.add(table.name, `${column.name}.${place}`, reason),
      };
      const cells = columns.map((column, at) =>
        giveCell(giver, column, Number(owners), others.has(String(at)), values[at] ?? null),
      );
      cells.forEach((cell, at) => {
        if ('withheld' in cell) counter.add(table.name, columns[at]?.name ?? '', cell.withheld);
      });
      for (const { column, reason } of left) counter.add(table.name, column.name, reason);
      content[i]?.update(`${table.name} ${jsonRow(columns, cells, live(table, catalog))}\n`);
      rows[i]?.set(table.name, (rows[i]?.get(table.name) ?? 0) + 1);
    }
  }
  return people.map((_, i) =>
    JSON.stringify([
      [...(rows[i] ?? [])],
      counters[i]?.list(),
      contradicted.filter(({ person }) => person === i),
      content[i]?.digest('hex'),
    ]),
  );
}
