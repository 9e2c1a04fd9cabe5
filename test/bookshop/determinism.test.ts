import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBookshop } from '../../examples/bookshop/generate.js';
import { connectEmbedded } from '../../src/database/embedded.js';
import { postgres15, testDatabase } from '../support/postgres.js';
import { outsideTool } from '../support/tools.js';
import { type Bookshop, openBookshop, rowsOf, tableDigests } from './support.js';

const SIZE = { customers: 200, seed: 7 };
const postgresql15 = outsideTool('postgresql-15');
const CATALOGUE_WITHOUT_SEED = ['app_settings', 'categories', 'parcel_machines', 'publishers'];

describe('the same seed', () => {
  let first: Bookshop;
  let digests: Record<string, string>;
  const open: Bookshop[] = [];

  beforeAll(async () => {
    first = await openBookshop(SIZE);
    open.push(first);
    digests = await tableDigests(first.database);
  });
  afterAll(async () => {
    for (const shop of open) await shop.drop();
  });

  it('gives the same rows in every table of a second database', async () => {
    const second = await openBookshop(SIZE);
    open.push(second);
    expect(await tableDigests(second.database)).toEqual(digests);
    expect(second.counts).toEqual(first.counts);
  });

  it('gives the same rows whatever the time zone of the session', async () => {
    const { url, drop } = await testDatabase();
    const { connectServer } = await import('../../src/database/connect.js');
    const database = await connectServer({ url, timeZone: 'Asia/Kathmandu' });
    await database.transaction('read committed', (session) => createBookshop(session, SIZE));
    await database.close();
    const utc = await connectServer({ url, timeZone: 'UTC' });
    try {
      expect(await tableDigests(utc)).toEqual(digests);
    } finally {
      await utc.close();
      await drop();
    }
  });

  it.skipIf(!postgresql15.available)('gives the same rows on PostgreSQL 15', async () => {
    const server = await postgres15();
    try {
      const older = await openBookshop(SIZE, () => server.testDatabase());
      const [version] = await rowsOf<{ number: string }>(
        older.database,
        "SELECT current_setting('server_version_num') AS number",
      );
      const found = await tableDigests(older.database);
      await older.drop();
      expect(version?.number).toMatch(/^15/);
      expect(found).toEqual(digests);
    } finally {
      await server.stop();
    }
  });

  it('gives the same rows on the embedded database', { timeout: 90_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bookshop-'));
    const embedded = await connectEmbedded(join(folder, 'data'), 'UTC');
    try {
      await embedded.transaction('read committed', (session) => createBookshop(session, SIZE));
      expect(await tableDigests(embedded)).toEqual(digests);
    } finally {
      await embedded.close();
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('gives other rows with another seed, but the same fixed people', async () => {
    const other = await openBookshop({ ...SIZE, seed: 8 });
    open.push(other);
    const otherDigests = await tableDigests(other.database);
    const same = Object.keys(digests).filter((table) => otherDigests[table] === digests[table]);
    expect(same).toEqual(CATALOGUE_WITHOUT_SEED);

    const fixed = 'SELECT c::text AS row FROM shop.customers c WHERE id <= 4 ORDER BY id';
    expect(await rowsOf(other.database, fixed)).toEqual(await rowsOf(first.database, fixed));
    const orders = 'SELECT o::text AS row FROM shop.orders o WHERE id <= 1000 ORDER BY id';
    expect(await rowsOf(other.database, orders)).toEqual(await rowsOf(first.database, orders));
  });
});
