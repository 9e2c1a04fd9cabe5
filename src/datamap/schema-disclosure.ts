import { z } from 'zod';
import { id, name, text } from './schema-values.js';

const group = z.strictObject({
  title: text.describe('What the rows are together, e.g. orders'),
  root: name.describe('The table whose rows the others hang on, e.g. the orders'),
  date: name.describe('The date or timestamp of a row of that table: all that hangs on it has its date'),
  tables: z
    .array(name)
    .min(1)
    .describe('The tables whose rows belong to it: the first one itself, and others that reach their owner through it'),
});

const date = z
  .union([
    z.strictObject({ column: name.describe('A date or timestamp of the row itself') }),
    z.strictObject({
      parent: name.describe('A table that this row reaches its owner through, over any number of hops'),
      column: name.describe('A date or timestamp of the row there'),
    }),
  ])
  .describe('Which date a row of the table has');

/** What can be asked for by a court or an authority, beside the categories of the map. */
export const disclosure = z.strictObject({
  groups: z
    .record(id, group)
    .describe('Rows of several tables that are asked for by one word, e.g. order, by an id of your choice'),
  dates: z
    .record(name, date)
    .optional()
    .describe('The date of the rows of other tables, by schema.table; without one, no range of dates covers them'),
});
