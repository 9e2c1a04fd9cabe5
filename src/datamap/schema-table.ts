import { z } from 'zod';
import { columnSchemaOrg, rowSchemaOrg } from './schema-portable.js';
import { id, name, ownerName, sqlText, text } from './schema-values.js';

export const condition = z
  .union([
    z.strictObject({
      column: name.describe('A column of the same row'),
      isNull: z.boolean().describe('true: the column must be NULL; false: it must not be'),
    }),
    z.strictObject({
      column: name.describe('A column of the same row'),
      in: z.array(sqlText).min(1).describe('The column, as text, must be one of these'),
    }),
  ])
  .describe('A condition on a column of the same row');

const when = z.array(condition).optional().describe('The reach holds only for rows that meet all of these conditions');

/** One value of the row: a column, or a place inside a JSON column. */
const operand = {
  column: name.describe('A column of this table'),
  path: z
    .array(sqlText)
    .min(1)
    .optional()
    .describe('The place inside the JSON document that the column holds, e.g. [customer, id]'),
};

const reach = z
  .union([
    z.strictObject({
      self: id.describe("The row is a person's own: the id of the kind of person under persons"),
    }),
    z.strictObject({
      through: name.describe('By key: the row belongs to whoever the row of this other table belongs to'),
      owner: id.optional().describe("Which owner of the other table's row; its first owner if left out"),
      on: z
        .array(
          z.strictObject({ ...operand, to: name.describe('The column of the other table that holds the same value') }),
        )
        .min(1)
        .describe('The columns of the key; a composite key lists several'),
      when,
    }),
    z.strictObject({
      identifier: z
        .array(z.strictObject({ ...operand, is: id.describe('The id of the identifier under identifiers') }))
        .min(1)
        .describe('By value: the row belongs to whoever has these identifiers; all must match and one must link'),
      when,
    }),
  ])
  .describe('One way in which a row belongs to a person');

const owner = z.strictObject({
  title: text.describe('Who this is, e.g. buyer'),
  reach: z.array(reach).min(1).describe('The ways in which the row belongs to this person; one that holds is enough'),
  erase: z
    .enum(['delete', 'columns'])
    .optional()
    .describe(
      "What erasure of this person does with the row, where that differs from the table's own word. delete: it goes, whoever else it is about; columns: it stays, and their columns change",
    ),
});

const counts = z
  .array(condition)
  .min(1)
  .optional()
  .describe('The date counts only where its row meets all of these conditions');

const clockSource = z.union([
  z.strictObject({ column: name.describe('A date or timestamp of the row itself'), when: counts }),
  z.strictObject({
    parent: name.describe('A table that this row reaches its owner through, over any number of hops'),
    column: name.describe('A date or timestamp of the row there'),
    when: counts,
  }),
  z.strictObject({
    person: name.describe('A table: the latest date over all rows that the person has in it'),
    column: name.describe('A date or timestamp of those rows'),
    when: counts,
  }),
]);

const clock = z
  .union([
    clockSource,
    z.strictObject({
      latest: z.array(clockSource).min(2).describe('The latest of several; those without a value do not count'),
    }),
  ])
  .describe('The day from which the period is counted; without a value it has not begun');

const wait = z.strictObject({
  parent: name
    .optional()
    .describe('A table that this row reaches its owner through: the conditions are about its row there'),
  when: z.array(condition).min(1).describe('The row is in this state while it meets all of these conditions'),
  because: text.describe('Why it is right that the clock has not begun'),
});

const keepUntil = z.strictObject({
  rule: id.describe('The id of the rule under retention'),
  clock,
  columns: z.array(name).optional().describe('The columns that the rule is about; all if left out'),
  waits: z
    .array(wait)
    .min(1)
    .optional()
    .describe(
      'States in which the clock rightly has no value yet; a row without a value in any other state is an error',
    ),
});

const eraseWord = z.enum(['clear', 'pseudonym', 'with-row', 'leave']);
const eraseText = z.strictObject({ text: sqlText.describe('The fixed text that takes its place') });

const erase = z
  .union([
    eraseWord,
    eraseText,
    z.strictObject({
      generalise: z
        .enum(['year', 'month', 'postcode-district'])
        .describe('Keep only the year, the month or the first digits of the postcode'),
    }),
    z.strictObject({
      keep: id.describe('Kept until the period of this retention rule ends'),
      // biome-ignore lint/suspicious/noThenProperty: a word of the map's format, and never a function
      then: z.union([eraseWord, eraseText]).describe('What happens to it then'),
    }),
  ])
  .describe(
    'What erasure does to the column of a row that stays. clear: empty it (NULL); pseudonym: replace it with a keyed token; with-row: it goes with its row, and is emptied where the row stays for somebody else; leave: nothing, it says nothing about anybody',
  );

const namesSomeone = z
  .boolean()
  .optional()
  .describe("Holds the name of somebody: the person's own is given, anybody else's redacted");

const freeText = z.boolean().optional().describe('Written by people in their own words; may mention others');

const jsonNode = z.strictObject({
  path: z
    .array(sqlText)
    .min(1)
    .describe(
      'Names that lead to the place; "*" stands for every element of a list, e.g. [items, "*", book]. What stands below the place is given only where it is described too',
    ),
  title: text.describe('What stands there, for the person'),
  category: id.describe('The id of its category'),
  owner: ownerName.optional().describe("Whose it is, if not the column's owner"),
  namesSomeone,
  identifier: id.optional().describe('The id of the identifier that it holds'),
  freeText,
  secret: text.optional().describe('Withheld from every export, with the reason that the person reads'),
  erase: z
    .enum(['clear', 'remove', 'leave'])
    .optional()
    .describe('What erasure does here: clear makes it null, remove takes it out'),
});

const column = z.strictObject({
  title: text.describe('What the column holds, for the person'),
  category: id.describe('The id of its category'),
  purposes: z.array(id).min(1).describe('Ids of the purposes for which it is held'),
  source: z
    .enum(['provided', 'observed', 'inferred'])
    .describe('Where it comes from: given by the person, recorded by the shop, or concluded from other data'),
  owner: ownerName
    .optional()
    .describe(
      'Whose datum it is: an owner of the table (the first if left out), shared (structure that every owner may see) or other (always a third party, never given)',
    ),
  namesSomeone,
  identifier: id.optional().describe('The id of the identifier that it holds; people are found by it'),
  part: z
    .boolean()
    .optional()
    .describe(
      'One part of an identifier that stands in several columns (first name, family name): read as one, in this order',
    ),
  secret: text.optional().describe('Withheld from every export, with the reason that the person reads'),
  freeText,
  format: z
    .enum(['text', 'date', 'timestamp', 'money', 'boolean', 'number', 'json'])
    .optional()
    .describe('How the value is shown, where its type does not tell'),
  codes: z.record(z.string(), text).optional().describe('What each stored code means'),
  json: z
    .array(jsonNode)
    .min(1)
    .optional()
    .describe('The places inside a JSON document; a place that is not listed is withheld'),
  schemaOrg: columnSchemaOrg.optional(),
  erase,
});

/** A row's owners are the bits of a signed 32-bit number. */
const MOST_OWNERS = 30;

export const personalTable = z.strictObject({
  title: text.describe('What a row of the table is, for the person'),
  description: text.optional().describe('A sentence about it, for the person'),
  schemaOrg: rowSchemaOrg.optional(),
  owners: z
    .record(id, owner)
    .refine((owners) => Object.keys(owners).length > 0, 'a table needs at least one owner')
    .refine((owners) => Object.keys(owners).length <= MOST_OWNERS, `a table may have at most ${MOST_OWNERS} owners`)
    .meta({
      description: 'The people whom a row is about, by an id of your choice',
      minProperties: 1,
      maxProperties: MOST_OWNERS,
    }),
  erase: z
    .enum(['delete', 'columns'])
    .describe(
      'What erasure does with the row. delete: it goes, unless it is about somebody else too: then only the columns of the person change; columns: it stays, and its columns change',
    ),
  retention: z.array(keepUntil).optional().describe('The retention rules that keep the row'),
  keptBecause: text.optional().describe('Why no retention rule applies, e.g. that the row goes with the account'),
  otherKeys: z
    .array(
      z.strictObject({
        columns: z.array(name).min(1).describe('The columns of the key'),
        because: text.describe('The reason'),
      }),
    )
    .optional()
    .describe('Foreign keys to personal tables that say nothing about whose the row is'),
  columns: z.record(name, column).describe('Every column of the table, by name'),
});

export const impersonalTable = z.strictObject({
  impersonal: text.describe('Why the table holds nothing about a person'),
  columns: z.array(name).min(1).describe('The names of all its columns'),
});

export type PersonalTable = z.infer<typeof personalTable>;
export type ImpersonalTable = z.infer<typeof impersonalTable>;
export type ColumnEntry = z.infer<typeof column>;
export type JsonNode = z.infer<typeof jsonNode>;
export type Reach = z.infer<typeof reach>;
export type Condition = z.infer<typeof condition>;
export type ClockSource = z.infer<typeof clockSource>;
export type Source = ColumnEntry['source'];
export type KeepUntil = z.infer<typeof keepUntil>;
