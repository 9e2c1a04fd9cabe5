import { z } from 'zod';
import { condition } from './schema-table.js';
import { name, text } from './schema-values.js';

const cover = z.strictObject({
  table: name.describe('The table of the row that is meant, or one that a reach connects with it, up or down'),
  columns: z.array(name).min(1).optional().describe('The columns that are kept; all if left out'),
});

export const keptGround = z.strictObject({
  title: text.describe('The ground in a few words, e.g. an order that is not fulfilled yet'),
  law: name.describe('The law that lets the data be kept, e.g. Art. 17(3)(e)'),
  kind: z.enum(['open-order', 'unpaid-invoice', 'dispute']).describe('What is going on'),
  until: text.describe('When the ground ends, in words that the person reads'),
  rows: z
    .array(
      z.strictObject({
        table: name.describe('The table whose rows tell that it is going on'),
        when: z.array(condition).min(1).describe('The row tells so while it meets all of these conditions'),
        covers: z.array(cover).min(1).describe('What is kept meanwhile; the rest goes'),
      }),
    )
    .min(1)
    .describe('The rows that tell that it is going on, and what is kept meanwhile'),
});

export type KeptGround = z.infer<typeof keptGround>;
