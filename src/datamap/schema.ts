import { z } from 'zod';

const id = z
  .string()
  .regex(/^[a-z][a-z0-9-]*$/, 'an id is lower-case letters, digits and hyphens, and starts with a letter');
const name = z.string().min(1);

/** A text that people read, in both languages. */
const text = z.strictObject({ lv: z.string().min(1), en: z.string().min(1) });

/** ISO 8601 period of years, months, weeks and days. */
const period = z
  .string()
  .regex(
    /^P(?=\d)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?$/,
    'a period is ISO 8601 in years, months, weeks and days, e.g. P5Y or P18M',
  );

const controller = z.strictObject({
  name,
  registration: z.string().optional(),
  address: name,
  email: z.string().optional(),
  phone: z.string().optional(),
  website: z.string().optional(),
  /** The data protection officer or whoever answers for data protection. */
  officer: z.string().optional(),
});

const supervisor = z.strictObject({ name: text, address: name, email: name, website: name });

/** Why data is held (Art. 5(1)(b)), and the legal basis in words of Art. 6(1). */
const purpose = z.strictObject({
  title: text,
  description: text.optional(),
  /** The point of Art. 6(1), e.g. `6(1)(b)`. */
  basis: z.string().regex(/^6\(1\)\([a-f]\)$/, 'a legal basis is a point of Art. 6(1), e.g. 6(1)(b)'),
  /** The national or sector law beside it. */
  law: z.string().optional(),
  /** The interest pursued, when the basis is 6(1)(f). */
  interest: text.optional(),
});

const category = z.strictObject({
  title: text,
  /** May reveal what Art. 9 protects. */
  special: z.boolean().optional(),
});

/** Art. 15(1)(c), 30(1)(d): who receives data, by name. */
const recipient = z.strictObject({
  name,
  kind: text,
  role: z.enum(['processor', 'controller']),
  agreement: z.string().optional(),
  country: z.string().regex(/^[A-Z]{2}$/, 'a country is its ISO 3166-1 code of two letters'),
  /** The safeguard of Art. 46 when the country is outside the EEA. */
  transfer: text.optional(),
  purposes: z.array(id).min(1),
  categories: z.array(id).min(1),
});

const retentionRule = z.strictObject({
  title: text,
  period,
  /** The day the period is counted from: the clock itself, or the end of the financial year it falls in. */
  from: z.enum(['event', 'financial-year-end']),
  law: name,
  /** What starts the clock, in words, for rows whose clock has not started. */
  criterion: text,
  /** Periods are the controller's decision: who made it, and when. */
  confirmedBy: z.string().optional(),
});

const identifier = z.strictObject({
  title: text,
  kind: z.enum(['email', 'phone', 'name', 'personas-kods', 'code']),
  /**
   * True when an equal value means the same person (an e-mail, a personas kods). A phone or a name only narrows:
   * households share phones, namesakes share names.
   */
  links: z.boolean(),
});

/** A kind of person with a row of their own, e.g. a customer or a company's contact person. */
const person = z.strictObject({ title: text, table: name });

const jsonPath = z.array(z.union([z.string(), z.literal('*')])).min(1);

/** A condition on columns of the same row; every listed one must hold. */
const condition = z.union([
  z.strictObject({ column: name, isNull: z.boolean() }),
  z.strictObject({ column: name, in: z.array(z.string()).min(1) }),
]);

/** One value of the row: a column, or a place inside a JSON column. */
const operand = { column: name, path: z.array(z.string()).min(1).optional() };

/**
 * How a row belongs to a person. `self`: it is the person's own row. `through`: by key to a row of another mapped
 * table that belongs to them (composite keys list several pairs; a polymorphic pair adds `when` on its type column;
 * a JSON path stands in for a column). `identifier`: its values equal identifiers of the person; all listed must
 * match, and one of them must link.
 */
const reach = z.union([
  z.strictObject({ self: id }),
  z.strictObject({
    through: name,
    /** The owner of the other table's row; its first owner unless said otherwise. */
    owner: id.optional(),
    on: z.array(z.strictObject({ ...operand, to: name })).min(1),
    when: z.array(condition).optional(),
  }),
  z.strictObject({
    identifier: z.array(z.strictObject({ ...operand, is: id })).min(1),
    when: z.array(condition).optional(),
  }),
]);

const owner = z.strictObject({ title: text, reach: z.array(reach).min(1) });

/** The moment a retention period counts from. */
const clockSource = z.union([
  /** A timestamp or date of the row itself. */
  z.strictObject({ column: name }),
  /** A timestamp of the row this one reaches its owner through, over any number of hops. */
  z.strictObject({ parent: name, column: name }),
  /** The latest such timestamp over all rows of the person in that table. */
  z.strictObject({ person: name, column: name }),
]);
const clock = z.union([clockSource, z.strictObject({ latest: z.array(clockSource).min(2) })]);

const keepUntil = z.strictObject({ rule: id, clock, columns: z.array(name).optional() });

/** What erasure does to a column of a row that itself stays. */
const erase = z.union([
  z.enum(['clear', 'pseudonym', 'with-row', 'leave']),
  z.strictObject({ text: z.string() }),
  z.strictObject({ generalise: z.enum(['year', 'month', 'postcode-district']) }),
  /** Kept until the named retention rule ends, then erased as `then` says. */
  z.strictObject({
    keep: id,
    then: z.union([z.enum(['clear', 'pseudonym', 'with-row', 'leave']), z.strictObject({ text: z.string() })]),
  }),
]);

const source = z.enum(['provided', 'observed', 'inferred']);

const jsonNode = z.strictObject({
  path: jsonPath,
  title: text,
  category: id,
  owner: z.string().optional(),
  identifier: id.optional(),
  secret: text.optional(),
  erase: z.enum(['clear', 'remove', 'leave']).optional(),
});

const column = z.strictObject({
  title: text,
  category: id,
  purposes: z.array(id).min(1),
  source,
  /** An owner of the table, `shared` (structure that every owner may see) or `other` (always a third party's). */
  owner: z.string().optional(),
  /** The name of somebody: the person's own is given, anybody else's redacted. */
  namesSomeone: z.boolean().optional(),
  identifier: id.optional(),
  /** One part of an identifier that stands in several columns (first name, family name): read as one, in this order. */
  part: z.boolean().optional(),
  /** Withheld from every export, with the reason that the person reads. */
  secret: text.optional(),
  /** Written by people in their own words; may mention others. */
  freeText: z.boolean().optional(),
  format: z.enum(['text', 'date', 'timestamp', 'money', 'boolean', 'number', 'json']).optional(),
  /** What each stored code means. */
  codes: z.record(z.string(), text).optional(),
  /** The places inside a JSON document; a place that is not listed is withheld. */
  json: z.array(jsonNode).min(1).optional(),
  erase,
});

const personalTable = z.strictObject({
  title: text,
  description: text.optional(),
  owners: z.record(id, owner).refine((owners) => Object.keys(owners).length > 0, 'a table needs at least one owner'),
  /** What erasure does with the row: delete it, or keep it and change its columns. */
  erase: z.enum(['delete', 'columns']),
  retention: z.array(keepUntil).optional(),
  /** Why no retention rule applies, e.g. the row goes with the account. */
  keptBecause: text.optional(),
  /** Foreign keys to personal tables that say nothing about whose the row is, with the reason. */
  otherKeys: z.array(z.strictObject({ columns: z.array(name).min(1), because: text })).optional(),
  columns: z.record(name, column),
});

const impersonalTable = z.strictObject({
  /** Why it holds nothing about a person. */
  impersonal: text,
  columns: z.array(name).min(1),
});

/** The data map: every column of the shop's database described once. */
export const dataMapSchema = z.strictObject({
  version: z.literal(1),
  controller,
  supervisor,
  timeZone: name,
  /** The country whose phone numbers are written without a prefix, ISO 3166-1. */
  country: z.string().regex(/^[A-Z]{2}$/),
  /** The last day of the financial year, MM-DD. */
  financialYearEnd: z.string().regex(/^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/),
  automatedDecisions: z.strictObject({ exist: z.boolean(), text }),
  /** Art. 15(2): transfers outside the EEA, in words. */
  transfers: text,
  purposes: z.record(id, purpose),
  categories: z.record(id, category),
  recipients: z.record(id, recipient),
  retention: z.record(id, retentionRule),
  identifiers: z.record(id, identifier),
  persons: z.record(id, person),
  /** Schemas whose tables hold nothing of the shop, with the reason. */
  ignoredSchemas: z.record(name, text).optional(),
  /** Tables by `schema.table`; a name with a dot or a quote is written as SQL quotes it: `"my.schema"."table"`. */
  tables: z.record(name, z.union([impersonalTable, personalTable])),
});

export type DataMap = z.infer<typeof dataMapSchema>;
export type Text = z.infer<typeof text>;
export type PersonalTable = z.infer<typeof personalTable>;
export type ImpersonalTable = z.infer<typeof impersonalTable>;
export type TableEntry = DataMap['tables'][string];
export type ColumnEntry = z.infer<typeof column>;
export type JsonNode = z.infer<typeof jsonNode>;
export type Reach = z.infer<typeof reach>;
export type Condition = z.infer<typeof condition>;
export type ClockSource = z.infer<typeof clockSource>;
export type Clock = z.infer<typeof clock>;
export type Source = z.infer<typeof source>;
export type KeepUntil = z.infer<typeof keepUntil>;

export function isPersonal(entry: TableEntry): entry is PersonalTable {
  return !('impersonal' in entry);
}
