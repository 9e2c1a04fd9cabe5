import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { timeText } from '../../src/audit/append.js';
import { instantsOf, timeOf } from '../../src/consent/import/time.js';
import { PgSession } from '../../src/database/session.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

let workspace: TestWorkspace;
let client: pg.Client;
let session: PgSession;
beforeAll(async () => {
  workspace = await bookshopWorkspace();
  client = new pg.Client({ connectionString: workspace.url });
  await client.connect();
  await client.query("SET timezone = 'Europe/Riga'");
  session = new PgSession(client);
}, 120_000);
afterAll(async () => {
  await client.end();
  await workspace.remove();
});

const two = (max: number, min = 0) => fc.integer({ min, max }).map((n) => String(n).padStart(2, '0'));
const day = fc
  .date({ min: new Date('1900-01-01'), max: new Date('2020-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));
const fraction = fc.oneof(
  fc.constant(''),
  fc.integer({ min: 0, max: 999_999_999 }).map((n) => `.${n}`),
);
const offset = fc.oneof(
  fc.constantFrom('Z', 'z', ' Z', ''),
  fc.tuple(fc.constantFrom('+', '-', ' +'), two(14), fc.constantFrom('', '30', ':45')).map((parts) => parts.join('')),
);

describe('the time on a line', { timeout: 120_000 }, () => {
  it('is the instant that PostgreSQL reads in it, with an offset or on the clock of the session', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(day, two(23), two(59), two(59), fraction, offset), { minLength: 1, maxLength: 50 }),
        async (parts) => {
          const times = parts.map(([date, h, m, s, f, zone]) => timeOf(`${date}T${h}:${m}:${s}${f}${zone}`) ?? 'none');
          const read = await session.query<{ at: string }>(
            `SELECT ${timeText('u.time::timestamptz')} AS at FROM unnest($1::text[]) WITH ORDINALITY u (time, n) ORDER BY u.n`,
            [times],
          );
          expect((await instantsOf(session, times)).map(({ at }) => at)).toEqual(read.map(({ at }) => at));
        },
      ),
      { numRuns: 30 },
    );
  });

  it.each([
    ['2024-02-29', true],
    ['2000-02-29', true],
    ['1900-02-29', false],
    ['2023-02-29', false],
    ['2025-04-31', false],
    ['2025-12-31', true],
    ['2025-13-01', false],
    ['2025-00-01', false],
    ['2025-01-00', false],
  ])('%s is a day: %s', (text, is) => {
    expect(timeOf(text) !== undefined).toBe(is);
  });
});

describe('texts that are bound as an array', () => {
  it('arrive as they are, whatever letters they have', async () => {
    const text = fc.string({ unit: fc.constantFrom('"', '\\', ',', '{', '}', ' ', '\n', 'N', 'U', 'L', 'ā', '𝄞') });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(fc.oneof(text, fc.constant('NULL'))), { maxLength: 20 }), async (texts) => {
        const rows = await session.query<{ text: string | null }>(
          'SELECT u.text FROM unnest($1::text[]) WITH ORDINALITY u (text, n) ORDER BY u.n',
          [texts],
        );
        expect(rows.map((row) => row.text)).toEqual(texts);
      }),
      { numRuns: 50 },
    );
  });
});
