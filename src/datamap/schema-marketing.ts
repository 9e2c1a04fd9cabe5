import { z } from 'zod';
import { condition } from './schema-table.js';
import { id, name, text } from './schema-values.js';

const conditions = z.array(condition).min(1);

/** What the shop's own columns say of somebody's wish to hear from it. */
const says = z.strictObject({
  channel: z.enum(['email', 'sms']).describe('The way of sending that it is about'),
  yes: conditions.describe('The row says yes while it meets all of these conditions'),
  at: name
    .optional()
    .describe('The column with the time of the yes; without a time a yes proves nothing and does not count'),
  wordings: z
    .array(name)
    .optional()
    .describe('Ids of registered wordings that were shown where the yes comes from; without one it does not count'),
  no: conditions.optional().describe('The row says no while it meets all of these conditions; a no always counts'),
});

/** Where somebody lives or has things sent to. */
const place = z
  .union([
    z.strictObject({ column: name.describe('A column of the same row') }),
    z.strictObject({
      table: name.describe('A table of addresses whose rows belong, by key, to the person of the row'),
      owner: id.optional().describe('Whose the addresses are; the first owner of that table if left out'),
      column: name.describe('The column of that table'),
    }),
  ])
  .describe('The town or parish, for segments');

/** From a line of an order to the category of what was bought. */
const lines = z.strictObject({
  table: name.describe('The table of the lines; an owner of it reaches the orders by key'),
  path: z
    .array(
      z.strictObject({
        column: name.describe('The column of the table before that holds the key: of the lines first'),
        table: name.describe('The table that it leads to, which holds nothing about people'),
        key: name.describe('The column of that table with the same value'),
      }),
    )
    .min(1)
    .describe('The way from a line to the table of categories, key by key'),
  category: name.describe('The column of the last table by whose values segments name a category, e.g. slug'),
  parent: name
    .optional()
    .describe('The column of the last table with the key of the category above, where there are subcategories'),
});

/** Rows in which addresses stand to which something may be sent. */
const source = z.strictObject({
  title: text.describe('Who these people are'),
  table: name.describe('The table, by schema.table'),
  owner: id.optional().describe('Whose addresses they are; the first owner of the table if left out'),
  email: name.optional().describe('The column with the e-mail address'),
  phone: name.optional().describe('The column with the phone number'),
  name: name.optional().describe('The column with the name, for the list'),
  givenName: name.optional().describe('The column with the given name, for programs that ask for it by itself'),
  familyName: name.optional().describe('The column with the family name'),
  language: name.optional().describe('The column with the language of correspondence, for the list'),
  place: place.optional(),
  birthDate: name.optional().describe('The column with the date of birth, where it is known'),
  legalPerson: conditions.optional().describe('The row is about a legal person while it meets all of these conditions'),
  when: conditions.optional().describe('Only rows that meet all of these conditions are looked at'),
  closed: conditions
    .optional()
    .describe('The row is out of use, an account that was closed for instance, while it meets all of these conditions'),
  says: z.array(says).optional().describe("What the shop's own columns say, by channel"),
});

export const marketing = z.strictObject({
  purpose: id.describe('The id of the purpose of sending offers; its use is marketing'),
  insight: id.optional().describe("The id of the purpose of understanding people's wishes; its use is insight"),
  ageOfConsent: z
    .int()
    .min(13)
    .max(16)
    .describe('The age from which somebody consents for themselves to an online service (Art. 8 and the national law)'),
  roleMailboxes: z
    .array(name)
    .describe(
      "What stands before the @ in addresses of firms that are nobody's own, e.g. info; every other address of a firm counts as a person's",
    ),
  sources: z.record(id, source).describe('Where addresses stand, by an id of your choice'),
  orders: z
    .strictObject({
      table: name.describe('The table of orders'),
      owner: id.optional().describe('The owner that is the buyer; the first owner of the table if left out'),
      placed: name.describe('The column with the time of the order'),
      completed: conditions.describe('The order was carried out while it meets all of these conditions'),
      refused: conditions
        .optional()
        .describe('The buyer refused offers in the box at the checkout while the order meets all of these conditions'),
      total: name.optional().describe('The column with the amount of the order'),
      lines: lines.optional().describe('What was bought, for segments'),
    })
    .optional()
    .describe('Orders, by which a customer is known; without them nobody is written to without consent'),
});

export type Marketing = z.infer<typeof marketing>;
