import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sqlPlainEmail } from '../../src/identity/email.js';
import { parse } from '../../src/identity/kinds.js';
import { sqlPlainPhone } from '../../src/identity/phone-key.js';
import { readAddress } from '../../src/marketing/read-address.js';
import { type TestDatabase, testDatabase } from '../support/postgres.js';
import { anyText, PAIRS } from './spellings.js';
import { connect, dropSibling, type Evaluator, siblingDatabase } from './sql.js';

const TEXTS = { minLength: 400, maxLength: 400 };
const RUNS = { numRuns: 8, endOnFailure: true };

let database: TestDatabase;
let sibling: string;
const connections: Evaluator[] = [];

beforeAll(async () => {
  database = await testDatabase();
  // One whose lower('I') is no i.
  sibling = await siblingDatabase(
    database.url,
    'plain_tr',
    "LC_COLLATE 'C' LC_CTYPE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR'",
  );
  for (const url of [database.url, sibling]) connections.push(await connect(url));
});

afterAll(async () => {
  for (const { client } of connections) await client.end();
  await dropSibling(database.url, sibling);
  await database.drop();
});

const letters = (alphabet: string, most: number) =>
  fc.array(fc.constantFrom(...alphabet), { maxLength: most }).map((all) => all.join(''));
const ends = fc.constantFrom('', '.lv', '.LV', '.test', '.', '.invalid');
const address = fc.oneof(
  fc.tuple(letters('aIZ09._+-%', 8), letters('@', 1), letters('aIZ0.-_', 8), ends).map((parts) => parts.join('')),
  fc
    .tuple(
      fc.constantFrom('Anna.B', 'a_1+x', 'x-', 'a..b', '-a', 'a.'),
      fc.constantFrom('@pasts', '@Sub-1.x', '@a.-b', '@x-', '@y_z'),
      ends,
    )
    .map((parts) => parts.join('')),
);
const begins = fc.constantFrom('', '+371', '+371 ', '00371', '371', '+', ' ');
const number = fc.oneof(
  fc.tuple(begins, letters('0126789 -', 11)).map((parts) => parts.join('')),
  fc
    .tuple(
      begins,
      fc.constantFrom('2123', '6712', '1212', '21'),
      fc.constantFrom('', ' ', '-'),
      fc.constantFrom('4567', '456'),
    )
    .map((parts) => parts.join('')),
);

describe('what SQL can tell of an address', () => {
  it('is the one normal form that TypeScript reads, of e-mail addresses that can be written to', async () => {
    let told = 0;
    const texts = fc.oneof(
      address,
      PAIRS.email.map(([, stored]) => stored),
      anyText,
    );
    await fc.assert(
      fc.asyncProperty(fc.array(texts, TEXTS), async (all) => {
        for (const connection of connections) {
          const forms = await connection.evaluate(sqlPlainEmail('x'), all);
          all.forEach((text, i) => {
            if (forms[i] === null) return;
            told += 1;
            expect(parse('email', text)).toEqual([forms[i]]);
            const nowhere = /\.(?:invalid|test|localhost)$/.test(String(forms[i]));
            const read = readAddress(text, { channel: 'email', spelling: {} });
            expect('address' in read, text).toBe(!nowhere);
          });
        }
      }),
      RUNS,
    );
    expect(told).toBeGreaterThan(50);
  });

  it('is the one number that TypeScript reads, whatever the default country', async () => {
    let told = 0;
    const texts = fc.oneof(
      number,
      PAIRS.phone.map(([, stored]) => stored),
      anyText,
    );
    await fc.assert(
      fc.asyncProperty(fc.array(texts, TEXTS), fc.constantFrom('LV', 'EE'), async (all, defaultCountry) => {
        for (const connection of connections) {
          const forms = await connection.evaluate(sqlPlainPhone('x', { defaultCountry }), all);
          all.forEach((text, i) => {
            if (forms[i] === null) return;
            told += 1;
            expect(parse('phone', text, { defaultCountry })).toEqual([forms[i]]);
          });
        }
      }),
      RUNS,
    );
    expect(told).toBeGreaterThan(50);
  });

  it('is what nearly everybody has', async () => {
    const [connection] = connections as [Evaluator];
    const emails = ['anna.berzina@pasts.example', 'A.B-c_d+e@Sub-1.Pasts.example', 'x@y.lv'];
    expect(await connection.evaluate(sqlPlainEmail('x'), emails)).toEqual(emails.map((each) => each.toLowerCase()));
    const phones = ['21234567', '+37121234567', '+371 2123 4567', '67123456'];
    const read = await connection.evaluate(sqlPlainPhone('x', {}), phones);
    expect(read).toEqual(['+37121234567', '+37121234567', '+37121234567', '+37167123456']);
  });
});
