import { z } from 'zod';
import { condition } from './schema-table.js';
import { id, name } from './schema-values.js';

const column = z
  .union([
    z.strictObject({
      column: name.describe('A column of the row'),
      lookup: z
        .strictObject({
          table: name.describe('An impersonal table'),
          key: name.describe('Its key, which holds the same value as this column'),
          column: name.describe('Its column whose value is given instead'),
        })
        .optional()
        .describe('What the value means in a table that holds nothing personal, e.g. the code of a parcel machine'),
    }),
    z.strictObject({
      parent: name.describe('A table that the row reaches its owner through, over any number of hops'),
      column: name.describe('A column of the row there'),
    }),
  ])
  .describe('What stands under the heading');

/** What a recipient is handed, row by row. */
export const manifest = z.strictObject({
  purpose: id.describe('What it is given for: one of the purposes of the recipient'),
  table: name.describe('The table whose rows are handed over, e.g. the shipments'),
  when: z.array(condition).optional().describe('Only rows that meet all of these conditions'),
  parents: z
    .array(
      z.strictObject({
        parent: name.describe('A table that the row reaches its owner through'),
        when: z.array(condition).min(1).describe('The row there meets all of these conditions'),
      }),
    )
    .optional()
    .describe('Only rows whose rows above meet these conditions, e.g. those of orders that are packed'),
  columns: z
    .record(name, column)
    .refine((columns) => Object.keys(columns).length > 0, 'a manifest needs at least one column')
    .describe('The columns by their headings, in their order; the agreement has to cover their categories'),
});
