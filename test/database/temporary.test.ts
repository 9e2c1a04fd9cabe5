import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPool, type PooledDatabase } from '../../src/database/connect.js';
import type { Session } from '../../src/database/session.js';
import { emptyTemporary, indexTemporary, makeTemporary, temporary } from '../../src/database/temporary.js';
import { testDatabase } from '../support/postgres.js';

const ROWS = { name: 'rows', columns: ['k1 bigint', 'k2 character varying', 'kept text[]'] };
const OTHER = { name: 'other rows', columns: ['k1 "char"', 'k2 s.mail'] };

let database: PooledDatabase;
let drop: () => Promise<void>;

beforeAll(async () => {
  const made = await testDatabase();
  drop = made.drop;
  // One connection, so that each transaction finds what the one before it left.
  database = await openPool({ connectionString: made.url }, 'Europe/Riga', 1);
  await within((session) => session.run('CREATE SCHEMA s; CREATE DOMAIN s.mail AS text'));
});
afterAll(async () => {
  await database.close();
  await drop();
});

const within = <T>(work: (session: Session) => Promise<T>) => database.transaction('read committed', work);
const insert = (session: Session, values = "(1, 'a', '{}')") =>
  session.run(`INSERT INTO ${temporary('rows')} VALUES ${values}`);
const oids = async (session: Session) =>
  (
    await session.query<{ oid: string }>(
      "SELECT oid::text AS oid FROM pg_class WHERE relnamespace = pg_my_temp_schema() AND relkind = 'r' ORDER BY relname",
    )
  ).map(({ oid }) => oid);
const count = async (session: Session, name = 'rows') =>
  (await session.query<{ n: string }>(`SELECT count(*)::text AS n FROM ${temporary(name)}`))[0]?.n;

it('takes what an earlier transaction made, without its rows', async () => {
  const first = await within(async (session) => {
    await makeTemporary(session, [ROWS, OTHER]);
    await insert(session);
    await indexTemporary(session, 'rows', ['k1', 'k2']);
    return oids(session);
  });
  expect(first).toHaveLength(2);
  await within(async (session) => {
    await makeTemporary(session, [ROWS, OTHER]);
    expect(await oids(session)).toEqual(first);
    expect(await count(session)).toBe('0');
    await insert(session);
    await indexTemporary(session, 'rows', ['k1', 'k2']);
  });
});

it('makes anew what one that was undone made, and what has other columns', async () => {
  const undone = within(async (session) => {
    await makeTemporary(session, [{ name: 'undone', columns: ['a integer'] }, ROWS]);
    await insert(session);
    throw new Error('undone');
  });
  await expect(undone).rejects.toThrow('undone');
  await within(async (session) => {
    await makeTemporary(session, [{ name: 'undone', columns: ['a integer'] }, ROWS]);
    expect(await count(session, 'undone')).toBe('0');
    expect(await count(session)).toBe('0');
  });
  await within(async (session) => {
    await makeTemporary(session, [{ name: 'rows', columns: ['k1 text'] }]);
    await session.run(`INSERT INTO ${temporary('rows')} VALUES ('not a number')`);
  });
});

it('refuses to take rows of the same transaction for its own, and takes the table once it is emptied', () =>
  within(async (session) => {
    await makeTemporary(session, [ROWS]);
    await insert(session);
    const other = { ...ROWS, columns: ['k1 text'] };
    for (const table of [ROWS, other])
      await expect(makeTemporary(session, [OTHER, table])).rejects.toThrow('temporary tables still hold rows: rows');
    await emptyTemporary(session, ['rows', 'other rows']);
    await makeTemporary(session, [OTHER, ROWS]);
    expect(await count(session)).toBe('0');
  }));
