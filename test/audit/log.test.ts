import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { appendEntry } from '../../src/audit/append.js';
import { checkpointLog, journalAhead } from '../../src/audit/checkpoint-write.js';
import { type AuditEntry, canonicalEntry } from '../../src/audit/entry.js';
import { journalCheckpoints } from '../../src/audit/journal.js';
import { type EntryFilter, readEntries, storedCheckpoints, storedEntries } from '../../src/audit/read.js';
import { leafHash } from '../../src/audit/tree.js';
import { type LogVerification, verifyLog } from '../../src/audit/verify.js';
import { sql as migration } from '../../src/database/migrations/0002_audit.js';
import { type Database, type Isolation, PgSession, type Session } from '../../src/database/session.js';
import { type TestDatabase, templateDatabase, testDatabase } from '../support/postgres.js';
import { draft, KEY, OTHER_KEY, OTHER_SUBJECT, SUBJECT } from './support.js';

type Transactions = Pick<Database, 'transaction'>;

/** The settings under which the tool's own connections run. */
const SETTINGS = 'SET search_path = pg_catalog';

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(SETTINGS);
  return client;
}

function databaseOn(client: pg.Client): Transactions {
  return {
    async transaction<T>(isolation: Isolation, work: (session: Session) => Promise<T>): Promise<T> {
      await client.query(`BEGIN ISOLATION LEVEL ${isolation}`);
      try {
        const result = await work(new PgSession(client));
        await client.query('COMMIT');
        return result;
      } catch (error) {
        await client.query('ROLLBACK');
        throw error;
      }
    },
  };
}

let template: string;
let testDb: TestDatabase;
let client: pg.Client;
let database: Transactions;
let folder: string;
let journalPath: string;

beforeAll(async () => {
  template = await templateDatabase('audit', async (url) => {
    const filling = await connect(url);
    await filling.query(`CREATE SCHEMA gdpr; ${migration}`);
    await filling.end();
  });
});
beforeEach(async () => {
  testDb = await testDatabase({ template });
  client = await connect(testDb.url);
  database = databaseOn(client);
  folder = mkdtempSync(join(tmpdir(), 'gdpr-test-log-'));
  journalPath = join(folder, 'journal');
});
afterEach(async () => {
  await client.end();
  await testDb.drop();
  rmSync(folder, { recursive: true });
});

async function append(count: number, changes: Parameters<typeof draft>[0] = {}): Promise<void> {
  for (let each = 0; each < count; each += 1) {
    await database.transaction('read committed', (session) => appendEntry(session, draft(changes)));
  }
}

const checkpoint = (key = KEY) => checkpointLog(database, { key, journalPath });

function list(filter: EntryFilter = {}): Promise<AuditEntry[]> {
  return database.transaction('read committed', async (session) => {
    const entries: AuditEntry[] = [];
    for await (const entry of readEntries(session, filter)) entries.push(entry);
    return entries;
  });
}

async function verify(): Promise<LogVerification> {
  const journal = await journalCheckpoints(journalPath);
  return database.transaction('repeatable read', (session) =>
    verifyLog({
      entries: storedEntries(session),
      checkpoints: storedCheckpoints(session),
      journalCheckpoints: journal,
      verifierKey: KEY,
    }),
  );
}

/** What a superuser can do: switch the triggers off and change the rows. */
async function tamper(...statements: string[]): Promise<void> {
  for (const table of ['audit_entry', 'audit_checkpoint'])
    await client.query(`ALTER TABLE gdpr.${table} DISABLE TRIGGER USER`);
  for (const statement of statements) await client.query(statement);
  for (const table of ['audit_entry', 'audit_checkpoint'])
    await client.query(`ALTER TABLE gdpr.${table} ENABLE ALWAYS TRIGGER audit_append_only`);
}

const problemsOf = async () => (await verify()).problems;

describe('appending', () => {
  it('numbers from 1, stamps UTC microseconds, and stores what was hashed', async () => {
    const before = new Date(Date.now() - 60_000).toISOString();
    await client.query("SET timezone = 'Europe/Riga'");
    const appended = await database.transaction('read committed', async (session) => [
      await appendEntry(session, draft()),
      await appendEntry(session, draft({ operator: { name: 'Žanis "O\'Hara" \\ 😀', databaseRole: 'r' } })),
    ]);
    const entries = await list();
    expect(entries.map(({ sequence }) => sequence)).toEqual([1, 2]);
    expect(entries).toMatchObject([draft(), { operator: { name: 'Žanis "O\'Hara" \\ 😀', databaseRole: 'r' } }]);
    expect(appended).toEqual(
      entries.map((entry) => ({ sequence: entry.sequence, leafHash: leafHash(canonicalEntry(entry)).toString('hex') })),
    );
    for (const { time } of entries) {
      expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
      expect(time > before && time < new Date(Date.now() + 60_000).toISOString()).toBe(true);
    }
    await checkpoint();
    expect(await verify()).toMatchObject({ valid: true, size: 2, problems: [] });
  });

  it('leaves no trace and no gap when the transaction is rolled back', async () => {
    await append(1);
    const aborted = database.transaction('read committed', async (session) => {
      await appendEntry(session, draft());
      throw new Error('the change failed');
    });
    await expect(aborted).rejects.toThrow('the change failed');
    await append(1);
    expect((await list()).map(({ sequence }) => sequence)).toEqual([1, 2]);
  });

  it('stays without gaps while two connections append at once', async () => {
    const other = await connect(testDb.url);
    try {
      const appendTwenty = async (through: Transactions, operation: string): Promise<void> => {
        for (let each = 0; each < 20; each += 1) {
          await through.transaction('read committed', (session) => appendEntry(session, draft({ operation })));
        }
      };
      await Promise.all([appendTwenty(database, 'one'), appendTwenty(databaseOn(other), 'two')]);
    } finally {
      await other.end();
    }
    const entries = await list();
    expect(entries.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 40 }, (_, at) => at + 1));
    expect(entries.filter(({ operation }) => operation === 'one').length).toBe(20);
    expect(entries.findLastIndex(({ operation }) => operation === 'one')).toBeGreaterThan(19);
    expect(entries.map(({ time }) => time)).toEqual(entries.map(({ time }) => time).toSorted());
    await checkpoint();
    expect(await verify()).toMatchObject({ valid: true, size: 40 });
  });

  it('is refused in a snapshot that may be older than the end of the log', async () => {
    const late = database.transaction('repeatable read', (session) => appendEntry(session, draft()));
    await expect(late).rejects.toMatchObject({
      code: 'BUG',
      message: 'the audit log is written in READ COMMITTED, not in repeatable read',
    });
  });

  it('refuses what looks like personal data, before anything is written', async () => {
    const personal = database.transaction('read committed', (session) =>
      appendEntry(session, draft({ ground: 'anna@example.com asked' })),
    );
    await expect(personal).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    expect(await list()).toEqual([]);
  });
});

describe('listing', () => {
  it('filters by sequence, time, action, operation and subject', async () => {
    await append(2);
    await append(1, { action: 'customer erase', operation: 'other', subjects: [OTHER_SUBJECT, SUBJECT] });
    await append(1, { subjects: [] });
    const [first, second, third] = await list();
    const sequences = async (filter: EntryFilter) => (await list(filter)).map(({ sequence }) => sequence);
    expect(await sequences({ from: 2, to: 3 })).toEqual([2, 3]);
    expect(await sequences({ since: second?.time, until: third?.time })).toEqual([2]);
    expect(await sequences({ until: first?.time })).toEqual([]);
    expect(await sequences({ action: 'customer erase' })).toEqual([3]);
    expect(await sequences({ operation: 'other' })).toEqual([3]);
    expect(await sequences({ subject: SUBJECT })).toEqual([1, 2, 3]);
    expect(await sequences({ subject: OTHER_SUBJECT, from: 1, action: 'customer erase' })).toEqual([3]);
    expect(await sequences({ subject: "' OR true --" })).toEqual([]);
  });

  it('refuses a row that does not hold an entry', async () => {
    await append(1);
    await tamper("UPDATE gdpr.audit_entry SET entry = '{}'");
    await expect(list()).rejects.toMatchObject({ code: 'VERIFICATION_FAILED' });
  });
});

describe('the tables refuse', () => {
  const refused = [
    'UPDATE gdpr.audit_entry SET action = action',
    'UPDATE gdpr.audit_entry SET action = action WHERE false',
    'DELETE FROM gdpr.audit_entry',
    'TRUNCATE gdpr.audit_entry',
    'TRUNCATE gdpr.audit_checkpoint CASCADE',
    'UPDATE gdpr.audit_checkpoint SET note = note',
    'DELETE FROM gdpr.audit_checkpoint',
    "INSERT INTO gdpr.audit_checkpoint (size, note, frontier) VALUES (1, '', '') ON CONFLICT (size) DO UPDATE SET note = excluded.note",
    'MERGE INTO gdpr.audit_entry e USING (SELECT 1::bigint AS s) x ON e.sequence = x.s WHEN MATCHED THEN DELETE',
  ];
  it('every way to change or remove a row, also where replication would not fire triggers', async () => {
    await append(1);
    await checkpoint();
    const message = expect.stringMatching(/is append-only: (UPDATE|DELETE|TRUNCATE) refused$/);
    for (const role of ['origin', 'replica']) {
      await client.query(`SET session_replication_role = ${role}`);
      for (const statement of refused) {
        await expect(client.query(statement), statement).rejects.toMatchObject({ code: '42501', message });
      }
    }
    await client.query('RESET session_replication_role');
    expect(await verify()).toMatchObject({ valid: true, size: 1 });
  });
});

describe('checkpoints', () => {
  it('hash only what is new, and agree with the whole', async () => {
    const sizes: number[] = [];
    for (const count of [1, 4, 2, 6]) {
      await append(count);
      sizes.push((await checkpoint()).size);
    }
    expect(sizes).toEqual([1, 5, 7, 13]);
    const { rows } = await client.query(
      'SELECT size::int, octet_length(frontier) / 32 AS peaks FROM gdpr.audit_checkpoint ORDER BY size',
    );
    expect(rows).toEqual([
      { size: 1, peaks: 1 },
      { size: 5, peaks: 2 },
      { size: 7, peaks: 3 },
      { size: 13, peaks: 3 },
    ]);
    const result = await verify();
    expect(result).toMatchObject({ valid: true, size: 13 });
    expect((await journalCheckpoints(journalPath)).length).toBe(4);
    // Entries that were signed already are not read again: the last checkpoint does not notice, the verification does.
    await tamper("UPDATE gdpr.audit_entry SET entry = replace(entry, 'done', 'failed') WHERE sequence = 2");
    await append(1);
    expect((await checkpoint()).size).toBe(14);
    expect(await problemsOf()).toMatchObject([{ sequence: 2 }]);
  });

  it('are the same again when nothing is new, also over the empty log', async () => {
    const empty = await checkpoint();
    expect(empty.size).toBe(0);
    expect(await checkpoint()).toEqual(empty);
    await append(2);
    const two = await checkpoint();
    expect(await checkpoint()).toEqual(two);
    expect(await journalCheckpoints(journalPath)).toEqual([empty.note, two.note]);
    expect(await verify()).toMatchObject({ valid: true, size: 2 });
  });

  it('never cover an entry that is not committed, and do not wait for it', async () => {
    await append(3);
    const other = await connect(testDb.url);
    try {
      const appending = databaseOn(other).transaction('read committed', async (session) => {
        await appendEntry(session, draft());
        expect((await checkpoint()).size).toBe(3);
        throw new Error('rolled back');
      });
      await expect(appending).rejects.toThrow('rolled back');
    } finally {
      await other.end();
    }
    await append(1);
    await checkpoint();
    expect(await verify()).toMatchObject({ valid: true, size: 4 });
  });

  it('made by two connections at once are journaled in order', async () => {
    const other = await connect(testDb.url);
    try {
      const work = async (through: Transactions): Promise<void> => {
        for (let each = 0; each < 5; each += 1) {
          await through.transaction('read committed', (session) => appendEntry(session, draft()));
          await checkpointLog(through, { key: KEY, journalPath });
        }
      };
      await Promise.all([work(database), work(databaseOn(other))]);
    } finally {
      await other.end();
    }
    expect(await verify()).toMatchObject({ valid: true, size: 10 });
    const sizes = (await journalCheckpoints(journalPath)).map((note) => Number(note.split('\n')[1]));
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
    expect(sizes.at(-1)).toBe(10);
  });

  it('reach the journal later when a crash kept them from it', async () => {
    await append(2);
    await checkpoint();
    const before = readFileSync(journalPath);
    await append(1);
    const lost = await checkpoint();
    writeFileSync(journalPath, before);
    expect(await verify()).toMatchObject({ valid: true, size: 3 });
    expect(await checkpoint()).toEqual(lost);
    expect((await journalCheckpoints(journalPath)).at(-1)).toBe(lost.note);
  });

  it('are refused over new entries that were tampered with before they were signed', async () => {
    await append(4);
    await tamper("UPDATE gdpr.audit_entry SET entry = replace(entry, 'done', 'failed') WHERE sequence = 3");
    await expect(checkpoint()).rejects.toMatchObject({
      code: 'VERIFICATION_FAILED',
      message: 'the log is not signed, because entry 3 was changed',
    });
    await tamper('DELETE FROM gdpr.audit_entry WHERE sequence = 2');
    await expect(checkpoint()).rejects.toMatchObject({
      code: 'VERIFICATION_FAILED',
      message: 'the log is not signed, because entry 2 is missing',
    });
  });

  it('are refused on top of a tampered one, or one of another key', async () => {
    await append(3);
    await checkpoint();
    await append(1);
    await expect(checkpoint(OTHER_KEY)).rejects.toMatchObject({ code: 'VERIFICATION_FAILED' });
    await tamper("UPDATE gdpr.audit_checkpoint SET frontier = decode(repeat('00', 64), 'hex')");
    await expect(checkpoint()).rejects.toMatchObject({
      code: 'VERIFICATION_FAILED',
      message: 'the stored checkpoint over 3 entries does not belong to its tree',
    });
  });

  it('are refused when the log differs from the journal, whose checkpoint the database lost', async () => {
    await append(3);
    await checkpoint();
    await append(1);
    await tamper('DELETE FROM gdpr.audit_checkpoint', 'DELETE FROM gdpr.audit_entry WHERE sequence >= 3');
    await append(3, { action: 'customer erase' });
    await expect(checkpoint()).rejects.toMatchObject({
      code: 'VERIFICATION_FAILED',
      message: "the log differs from the journal's checkpoint over 3 entries",
    });
  });

  it('are refused when an older one of the journal is missing below the newest', async () => {
    await append(2);
    await checkpoint();
    const older = readFileSync(journalPath);
    await append(2);
    await checkpoint();
    writeFileSync(journalPath, older);
    await tamper('DELETE FROM gdpr.audit_checkpoint WHERE size = 2');
    await append(1);
    await expect(checkpoint()).rejects.toMatchObject({
      message: "the log differs from the journal's checkpoint over 2 entries",
    });
  });

  it('are refused when the journal has gone missing; it is never made anew', async () => {
    await append(1);
    await checkpoint();
    renameSync(journalPath, `${journalPath}.away`);
    await append(1);
    await expect(checkpoint()).rejects.toMatchObject({ code: 'FILE_UNAVAILABLE' });
    await expect(
      database.transaction('read committed', (session) => journalAhead(session, journalPath)),
    ).rejects.toMatchObject({
      code: 'FILE_UNAVAILABLE',
    });
    renameSync(`${journalPath}.away`, journalPath);
    expect((await checkpoint()).size).toBe(2);
  });
});

describe('the journal ahead of the log', () => {
  const ahead = () => database.transaction('read committed', (session) => journalAhead(session, journalPath));

  it('is known after a restored backup, and stops new checkpoints', async () => {
    expect(await ahead()).toBeUndefined();
    await append(2);
    await checkpoint();
    expect(await ahead()).toBeUndefined();
    await append(3);
    expect(await ahead()).toBeUndefined();
    await checkpoint();
    await tamper('DELETE FROM gdpr.audit_checkpoint WHERE size > 2', 'DELETE FROM gdpr.audit_entry WHERE sequence > 2');
    expect(await ahead()).toEqual({ journalSize: 5, logSize: 2 });
    await expect(checkpoint()).rejects.toMatchObject({
      code: 'LOG_BEHIND_JOURNAL',
      message: 'the journal knows of 5 entries, the log has 2',
    });
  });
});

describe('tampering by a superuser is found and named:', () => {
  beforeEach(async () => {
    await append(3);
    await checkpoint();
    await append(5);
    await checkpoint();
    await append(2);
    await checkpoint();
  });

  it('nothing, when nothing was done', async () => {
    expect(await verify()).toMatchObject({ valid: true, size: 10, problems: [] });
  });

  it('a changed row', async () => {
    await tamper(`UPDATE gdpr.audit_entry SET entry = replace(entry, 'Anna', 'Inga') WHERE sequence = 5`);
    expect(await problemsOf()).toEqual([
      { sequence: 5, problem: 'entry 5 was changed: it does not match its leaf hash' },
    ]);
  });

  it('a row hidden from a list by its columns', async () => {
    await tamper(`UPDATE gdpr.audit_entry SET subjects = '{}' WHERE sequence = 5`);
    expect(await problemsOf()).toEqual([{ sequence: 5, problem: 'the column subjects of entry 5 was changed' }]);
    await tamper(`UPDATE gdpr.audit_entry SET time = time + interval '1 microsecond' WHERE sequence = 6`);
    expect(await problemsOf()).toContainEqual({ sequence: 6, problem: 'the column time of entry 6 was changed' });
  });

  it('a row rewritten together with its leaf hash', async () => {
    await tamper(
      `UPDATE gdpr.audit_entry SET entry = replace(entry, 'Anna', 'Inga') WHERE sequence = 5`,
      `UPDATE gdpr.audit_entry SET leaf_hash = sha256('\\x00'::bytea || convert_to(entry, 'UTF8')) WHERE sequence = 5`,
    );
    const problems = await problemsOf();
    expect(problems.map(({ problem }) => problem)).toEqual(
      ['database', 'journal'].map(
        (place) =>
          `the checkpoint over 8 entries in the ${place} disagrees with the log: entries 4 to 8 are not what was signed; ` +
          'so does the log differ from 1 later checkpoint',
      ),
    );
  });

  it('a removed entry', async () => {
    await tamper('DELETE FROM gdpr.audit_entry WHERE sequence = 7');
    expect((await problemsOf())[0]).toEqual({ sequence: 7, problem: 'entry 7 is missing' });
  });

  it('a cut-off tail with its checkpoints', async () => {
    await tamper('DELETE FROM gdpr.audit_entry WHERE sequence > 8', 'DELETE FROM gdpr.audit_checkpoint WHERE size > 8');
    expect((await problemsOf())[0]).toEqual({
      sequence: 9,
      problem:
        'entries 9 to 10 are missing at the end: the checkpoint over 10 entries in the journal was signed when the log had them',
    });
  });

  it('a removed checkpoint', async () => {
    await tamper('DELETE FROM gdpr.audit_checkpoint WHERE size = 8');
    expect(await problemsOf()).toEqual([
      { sequence: null, problem: 'the checkpoint over 8 entries in the journal is missing from the database' },
    ]);
  });

  it('an exchanged note', async () => {
    await tamper(
      `UPDATE gdpr.audit_checkpoint SET note = (SELECT note FROM gdpr.audit_checkpoint WHERE size = 3) WHERE size = 8`,
    );
    expect(await problemsOf()).toEqual([
      { sequence: null, problem: 'the checkpoint over 8 entries in the journal is missing from the database' },
    ]);
  });
});

describe('the embedded database', () => {
  it('takes the same tables, and refuses the same', async () => {
    const { PGlite } = await import('@electric-sql/pglite');
    const embedded = await PGlite.create();
    try {
      await embedded.exec(`CREATE SCHEMA gdpr; SET search_path = pg_catalog; ${migration}`);
      await expect(embedded.query('TRUNCATE gdpr.audit_entry')).rejects.toMatchObject({ code: '42501' });
      await expect(embedded.query('DELETE FROM gdpr.audit_checkpoint')).rejects.toMatchObject({ code: '42501' });
    } finally {
      await embedded.close();
    }
  });
});
