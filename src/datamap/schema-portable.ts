import { z } from 'zod';
import { HEAD_TYPES, PART_TYPES } from './schema-org.js';
import { name, sqlText } from './schema-values.js';

const path = z
  .string()
  .regex(
    /^[a-z][A-Za-z0-9]*(\.[a-z][A-Za-z0-9]*)*$/,
    'a property of schema.org is a name or names joined by dots, e.g. orderNumber or deliveryAddress.postalCode',
  );

/** What a row is in `portable.jsonld`. */
export const rowSchemaOrg = z
  .union([
    z.strictObject({ type: z.enum(HEAD_TYPES).describe('Person: the person themself; Order: an order of theirs') }),
    z.strictObject({
      type: z.enum(PART_TYPES).describe('What the row is'),
      partOf: name.describe('The table whose row it is a part of, over the key of a reach'),
      as: z.string().min(1).describe("The property of that row's type under which it stands, e.g. acceptedOffer"),
    }),
  ])
  .describe("What a row is in schema.org's vocabulary, for the portable copy (Art. 20)");

/** What a column is there. */
export const columnSchemaOrg = z
  .union([
    path,
    z.strictObject({
      paths: z.array(path).min(1).optional().describe('The properties that take the value'),
      values: z
        .record(z.string(), z.string().min(1))
        .optional()
        .describe('What a stored code is called there, e.g. {shipped: OrderInTransit}'),
      lookup: z
        .strictObject({
          table: name.describe('An impersonal table'),
          key: sqlText.min(1).describe('Its key, which holds the same value as this column'),
          columns: z.record(name, path).describe('Its columns, and the properties that take their values'),
        })
        .optional()
        .describe('What the value means in a table that holds nothing personal, e.g. the title of the book ordered'),
    }),
  ])
  .describe("The column's property in schema.org's vocabulary, by its path, for the portable copy (Art. 20)");
