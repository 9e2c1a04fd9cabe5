import { z } from 'zod';
import { manifest } from './schema-manifest.js';
import { country, id, name, period, text } from './schema-values.js';

export const controller = z.strictObject({
  name: name.describe('Full legal name'),
  registration: z.string().optional().describe('Registration number'),
  address: name.describe('Postal address'),
  email: z.string().optional().describe('E-mail address for questions about personal data'),
  phone: z.string().optional().describe('Phone number for questions about personal data'),
  website: z.string().optional().describe('Address of the shop or of its privacy policy'),
  officer: z.string().optional().describe('The data protection officer, or whoever answers for data protection'),
});

export const supervisor = z.strictObject({
  name: text.describe('Name of the authority'),
  address: name.describe('Its postal address'),
  email: name.describe('Its e-mail address'),
  website: name.describe('Its website'),
});

export const automatedDecisions = z.strictObject({
  exist: z.boolean().describe('Whether there are decisions of the kind of Art. 22'),
  text: text.describe('What the person reads about them, also where there are none'),
});

export const purpose = z.strictObject({
  title: text.describe('The purpose in a few words'),
  description: text.optional().describe('The purpose in a sentence or two'),
  basis: z
    .string()
    .regex(/^6\(1\)\([a-f]\)$/, 'a legal basis is a point of Art. 6(1), e.g. 6(1)(b)')
    .describe('The legal basis: a point of Art. 6(1), e.g. 6(1)(b)'),
  law: z.string().optional().describe('The national or sector law beside it'),
  interest: text.optional().describe('The interest pursued, where the basis is 6(1)(f)'),
  explicitConsent: z
    .literal(true)
    .optional()
    .describe(
      'True where it rests on explicit consent (Art. 9(2)(a)), so that it may use special categories of those who gave it; the basis is then 6(1)(a)',
    ),
  use: z
    .enum(['marketing', 'insight'])
    .optional()
    .describe(
      'marketing: offers are sent; insight: people are profiled. An objection (Art. 21) is against the purposes of a use',
    ),
});

export const category = z.strictObject({
  title: text.describe('The category in a few words'),
  special: z.boolean().optional().describe('True when the data may reveal what Art. 9 protects'),
});

export const recipient = z.strictObject({
  name: name.describe('The name itself: Art. 15(1)(c) asks who it is, not of what kind'),
  kind: text.describe('What the recipient is, e.g. courier'),
  role: z
    .enum(['processor', 'controller'])
    .describe('processor: works on your instructions; controller: answers for the data itself'),
  agreement: z.string().optional().describe('Number or date of the agreement with it'),
  country: country.describe('Where it is, ISO 3166-1'),
  transfer: text.optional().describe('The safeguard of Art. 46, where the country is outside the EEA'),
  purposes: z.array(id).min(1).describe('Ids of the purposes for which it receives data'),
  categories: z.array(id).min(1).describe('Ids of the categories that it receives'),
  manifest: manifest
    .optional()
    .describe('What it is handed regularly, e.g. the parcels to be delivered; without it nothing is handed over'),
});

export const retentionRule = z.strictObject({
  title: text.describe('What the rule is about'),
  period: period.describe('How long: ISO 8601 in years, months, weeks and days, e.g. P5Y'),
  from: z
    .enum(['event', 'financial-year-end'])
    .describe('What the period is counted from: the clock itself, or the end of the financial year it falls in'),
  law: name.describe('The law behind the period'),
  criterion: text.describe('The rule in words, which also tells when the period of a row that is still in use begins'),
  confirmedBy: z.string().optional().describe('Periods are your decision: who made it, and when'),
});

export const identifier = z.strictObject({
  title: text.describe('What the identifier is'),
  kind: z
    .enum(['email', 'phone', 'name', 'personas-kods', 'code'])
    .describe('How its values are read and compared; code: any number or text of your own'),
  links: z
    .boolean()
    .describe(
      'True when an equal value means the same person (an e-mail, a personas kods). A phone or a name only narrows: households share phones, namesakes share names',
    ),
});

export const person = z.strictObject({
  title: text.describe('What such a person is, e.g. customer'),
  table: name.describe('The table that holds a row for each of them'),
});
