import { z } from 'zod';
import { disclosure } from './schema-disclosure.js';
import {
  automatedDecisions,
  category,
  controller,
  identifier,
  person,
  purpose,
  recipient,
  retentionRule,
  supervisor,
} from './schema-head.js';
import { keptGround } from './schema-kept.js';
import { marketing } from './schema-marketing.js';
import { impersonalTable, personalTable } from './schema-table.js';
import { country, dayOfYear, id, name, text, timeZone } from './schema-values.js';

/** The data map: every column of the shop's database described once. */
export const dataMapSchema = z.strictObject({
  version: z.literal(1).describe('The version of this format'),
  controller: controller.describe('Who answers for the data (Art. 4(7))'),
  supervisor: supervisor.describe('The authority that people can complain to (Art. 15(1)(f))'),
  timeZone: timeZone.describe('IANA name of the zone whose days count, e.g. Europe/Riga'),
  country: country.describe('The country whose phone numbers are written without a prefix, ISO 3166-1'),
  financialYearEnd: dayOfYear.describe('The last day of the financial year, MM-DD'),
  automatedDecisions: automatedDecisions.describe('Automated decisions, Art. 15(1)(h)'),
  transfers: text.describe('Transfers outside the EEA, in words (Art. 15(2))'),
  purposes: z.record(id, purpose).describe('Why data is held (Art. 5(1)(b)), by an id of your choice'),
  categories: z.record(id, category).describe('Categories of data, by an id of your choice'),
  recipients: z.record(id, recipient).describe('Who receives data (Art. 15(1)(c), 30(1)(d)), by an id of your choice'),
  retention: z.record(id, retentionRule).describe('How long data is kept, by an id of your choice'),
  keptGrounds: z
    .record(id, keptGround)
    .optional()
    .describe('What erasure waits for: an open order, an unpaid invoice, a dispute, by an id of your choice'),
  identifiers: z.record(id, identifier).describe('What people are found by, by an id of your choice'),
  persons: z.record(id, person).describe('The kinds of people with a row of their own, by an id of your choice'),
  marketing: marketing
    .optional()
    .describe('Who can be sent offers, and how the shop itself notes who wants them; without it nothing is sent'),
  disclosure: disclosure
    .optional()
    .describe('What a court or an authority can ask for, beside the categories, and which date rows have'),
  ignoredSchemas: z
    .record(name, text)
    .optional()
    .describe('Schemas whose tables hold nothing of the shop, with the reason'),
  tables: z
    .record(name, z.union([impersonalTable, personalTable]))
    .describe('Every table, by schema.table; a part with a dot or a quote is written as in SQL: "my.schema".orders'),
});

export type DataMap = z.infer<typeof dataMapSchema>;
export type Text = z.infer<typeof text>;
export type { KeptGround } from './schema-kept.js';
export type { Marketing } from './schema-marketing.js';
export type {
  ClockSource,
  ColumnEntry,
  Condition,
  ImpersonalTable,
  JsonNode,
  KeepUntil,
  PersonalTable,
  Reach,
  Source,
} from './schema-table.js';
