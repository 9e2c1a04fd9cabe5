import type { ColumnModel, DataMapModel, PersonalTableModel } from '../datamap/model.js';
import { GdprError } from '../foundation/errors.js';

/** A column that a segment reads. */
export interface ColumnRead {
  readonly table: PersonalTableModel;
  readonly column: string;
}

/**
 * Checks that columns are held for a purpose that a segment may serve; `reader` is what reads them, for the message. What may reveal what Art. 9 protects is used for
 * people who gave their explicit consent to a purpose that it is held for (Art. 9(2)(a)), and for nobody else.
 * @returns the purposes of which people must have consented to one; [] where no column asks for it
 * @throws GdprError REFUSED that names the column, its category and what to do
 */
export function fitPurposes(model: DataMapModel, reader: string, read: readonly ColumnRead[]): string[] {
  const { purposes, categories } = model.map;
  let explicit: string[] | undefined;
  for (const { table, column } of distinct(read)) {
    const { entry } = column;
    const named = `${table.name}.${column.name} (category "${entry.category}")`;
    const serving = entry.purposes.filter((id) => purposes[id]?.use !== undefined);
    if (serving.length === 0) {
      throw new GdprError(
        'REFUSED',
        `${reader} reads ${named}, which is held for no purpose whose use is marketing or insight`,
        {
          hint: 'if it is held for such a purpose, and people are told so, name the purpose at the column in the data map; if not, leave the column out',
        },
      );
    }
    if (categories[entry.category]?.special !== true) continue;
    const consented = serving.filter((id) => purposes[id]?.explicitConsent === true);
    const both = explicit?.filter((id) => consented.includes(id)) ?? consented;
    if (both.length === 0) {
      throw new GdprError(
        'REFUSED',
        consented.length === 0
          ? `${reader} reads ${named}, which may reveal what Art. 9 protects, and no purpose that it is held for rests on explicit consent`
          : `${reader} reads ${named}, which is held under another explicit consent than its other columns`,
        {
          hint: 'Art. 9(2)(a): ask people for their explicit consent to a purpose of its own, mark that with explicitConsent: true in the data map, name it at the column, and record who consented; or leave the column out',
        },
      );
    }
    explicit = both;
  }
  return explicit ?? [];
}

function distinct(read: readonly ColumnRead[]): { table: PersonalTableModel; column: ColumnModel }[] {
  const found = read.flatMap(({ table, column: name }) => {
    const column = table.columns.find((each) => each.name === name);
    return column === undefined ? [] : [{ table, column }];
  });
  return [...new Map(found.map((each) => [`${each.table.name} ${each.column.name}`, each])).values()];
}
