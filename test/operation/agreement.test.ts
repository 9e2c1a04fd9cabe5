import { appendFile, copyFile, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PEOPLE } from '../../examples/bookshop/people.js';
import { listArchives } from '../../src/operation/archives.js';
import { listEntries, verifyAuditLog } from '../../src/operation/log.js';
import { recover } from '../../src/operation/recover.js';
import { type Context, openContext } from '../../src/workspace/open.js';
import { type Exported, exportPerson } from '../customer/support/export.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

let workspace: TestWorkspace;
let context: Context;
let anna: Exported['result'];
let petr: Exported['result'];

beforeAll(async () => {
  workspace = await bookshopWorkspace();
  context = await workspace.context();
  anna = (await exportPerson(context, { email: PEOPLE.anna.email })).result;
  petr = (await exportPerson(context, { email: PEOPLE.petr.email })).result;
  await change('CREATE TABLE gdpr.kept AS TABLE gdpr.operation');
  await change('ALTER TABLE gdpr.operation DROP CONSTRAINT operation_archive_name');
});
afterAll(async () => {
  await context.database.close();
  await workspace.remove();
});
afterEach(async () => {
  await change('DELETE FROM gdpr.operation');
  await change('INSERT INTO gdpr.operation SELECT * FROM gdpr.kept');
});

const change = (sql: string, values: readonly unknown[] = []) =>
  context.database.transaction('read committed', (session) => session.run(sql, values));
const states = async () => new Map((await listArchives(context)).map(({ operation, state }) => [operation, state]));
const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

async function outcomeOf(operation: string): Promise<number> {
  const entries = await listEntries(context, { operation }, 10);
  return entries.find(({ kind }) => kind === 'outcome')?.sequence ?? 0;
}

describe('the table of operations', () => {
  it('agrees with the log, and the verification says so', async () => {
    const { valid, checks } = await verifyAuditLog(context);
    expect(valid).toBe(true);
    expect(checks.at(-1)).toEqual({
      id: 'operations',
      title: 'The operations agree with the log',
      ok: true,
      detail: '2 operations',
    });
  });

  const OTHER = `subject:${'a'.repeat(26)}`;
  it.each([
    [
      'another state',
      `UPDATE gdpr.operation SET state = 'failed' WHERE id = $1`,
      'has another state than the log says',
    ],
    [
      'no end',
      `UPDATE gdpr.operation SET state = 'started', ended_at = NULL WHERE id = $1`,
      'has another state than the log says',
    ],
    [
      'another digest',
      `UPDATE gdpr.operation SET archive_sha256 = repeat('0', 64) WHERE id = $1`,
      'has another digest of its archive than the log says',
    ],
    [
      'no digest',
      'UPDATE gdpr.operation SET archive_sha256 = NULL WHERE id = $1',
      'has another digest of its archive than the log says',
    ],
    [
      'another person',
      `UPDATE gdpr.operation SET subjects = ARRAY['${OTHER}'] WHERE id = $1`,
      'names other persons than the log does',
    ],
    [
      'a path for a name',
      `UPDATE gdpr.operation SET archive = '../../victim' WHERE id = $1`,
      'names an archive as none is named',
    ],
    ['no row', 'DELETE FROM gdpr.operation WHERE id = $1', 'is in the log and not in gdpr.operation'],
  ])('that was given %s is found, by the sequence of the outcome', async (_, sql, difference) => {
    expect(await change(sql, [anna.operation])).toBe(1);
    const { valid, checks, problems } = await verifyAuditLog(context);
    expect(problems).toEqual([
      { sequence: await outcomeOf(anna.operation), problem: `operation ${anna.operation} ${difference}` },
    ]);
    expect(valid).toBe(false);
    expect(checks.at(-1)).toMatchObject({ id: 'operations', ok: false, detail: '1 problem' });
  });

  it.each([
    ['started', 'NULL', 'is not in the log'],
    ['done', 'now()', 'has ended without an outcome in the log'],
  ])('with a row of nobody (%s) is found', async (state, ended, difference) => {
    await change(
      `INSERT INTO gdpr.operation (id, action, state, operator, subjects, ended_at)
       VALUES ('20260101-aaaaaaaaaaaaaaaa', 'customer export', '${state}', 'x', '{}', ${ended})`,
    );
    expect((await verifyAuditLog(context)).problems).toEqual([
      { sequence: null, problem: `operation 20260101-aaaaaaaaaaaaaaaa ${difference}` },
    ]);
  });
});

describe('archive list', () => {
  it('believes the digest in the log, whatever the table of operations says', async () => {
    const original = await readFile(anna.archive);
    await copyFile(petr.archive, anna.archive);
    await change('UPDATE gdpr.operation SET archive_sha256 = $2 WHERE id = $1', [anna.operation, petr.sha256]);
    expect(await states()).toEqual(
      new Map([
        [anna.operation, 'changed'],
        [petr.operation, 'present'],
      ]),
    );
    await writeFile(anna.archive, original);
  });

  it('lists an archive whose operation was removed from the table', async () => {
    await change('DELETE FROM gdpr.operation WHERE id = $1', [anna.operation]);
    const listed = (await listArchives(context)).find(({ operation }) => operation === anna.operation);
    expect(listed).toMatchObject({ archive: anna.archive, sha256: anna.sha256, state: 'present' });
  });

  it('does not follow a path that stands in the table', async () => {
    await change("UPDATE gdpr.operation SET archive = '../gdpr.yaml' WHERE id = $1", [anna.operation]);
    const listed = (await listArchives(context)).find(({ operation }) => operation === anna.operation);
    expect(listed).toMatchObject({ archive: anna.archive, state: 'present' });
  });
});

describe('recover', () => {
  const forged = '20260101-aaaaaaaaaaaaaaaa';
  let partial: string;
  beforeEach(() => {
    partial = `${anna.archive}.partial`;
  });

  it.each(['started', 'done'])('touches nothing outside the archives for a path as a name (%s)', async (state) => {
    const victim = join(dirname(workspace.root), 'gdpr-victim');
    const names = [`${victim}.partial`, `${victim}.asice.partial`];
    for (const name of names) await writeFile(name, 'x');
    await change(
      `INSERT INTO gdpr.operation (id, action, state, operator, subjects, archive, ended_at)
       VALUES ($1, 'customer export', $2, 'x', '{}', '../../gdpr-victim', CASE WHEN $2 = 'done' THEN now() END)`,
      [forged, state],
    );
    const recovered = await recover(context);
    expect(recovered).toEqual([{ what: 'damaged', operation: forged }]);
    for (const name of names) expect(await readFile(name, 'utf8')).toBe('x');
    expect(JSON.stringify(recovered)).not.toContain('victim');
    for (const name of names) await rename(name, join(workspace.root, 'tidied'));
  });

  it('puts no other file under the name of an archive, even if the table vouches for it', async () => {
    const original = await readFile(anna.archive);
    await rename(anna.archive, partial);
    await copyFile(petr.archive, partial);
    await change('UPDATE gdpr.operation SET archive_sha256 = $2 WHERE id = $1', [anna.operation, petr.sha256]);
    expect(await recover(context)).toEqual([
      { what: 'damaged', operation: anna.operation, file: `export-${anna.operation}.asice.partial` },
    ]);
    expect(await exists(anna.archive)).toBe(false);
    await writeFile(partial, original);
    await change('UPDATE gdpr.operation SET archive_sha256 = $2 WHERE id = $1', [anna.operation, anna.sha256]);
    expect(await recover(context)).toEqual([
      { what: 'finished', operation: anna.operation, file: `export-${anna.operation}.asice` },
    ]);
    expect(await readFile(anna.archive)).toEqual(original);
  });

  it.each([
    ['taken back to its beginning', `UPDATE gdpr.operation SET state = 'started', ended_at = NULL WHERE id = $1`],
    ['made a failed one', `UPDATE gdpr.operation SET state = 'failed', archive = NULL WHERE id = $1`],
    ['removed', 'DELETE FROM gdpr.operation WHERE id = $1'],
  ])('keeps the file of an operation that was %s, for the log knows its outcome', async (_, sql) => {
    const entries = (await listEntries(context, {}, 1000)).length;
    await rename(anna.archive, partial);
    await change(sql, [anna.operation]);
    await recover(context);
    expect(await exists(partial)).toBe(true);
    expect((await listEntries(context, {}, 1000)).length).toBe(entries);
    await rename(partial, anna.archive);
  });
});

describe('a name of an archive', () => {
  it('can be no path in gdpr.operation', async () => {
    const fresh = await bookshopWorkspace();
    const opened = await fresh.context();
    const insert = (name: string) =>
      opened.database.transaction('read committed', (session) =>
        session.run(
          `INSERT INTO gdpr.operation (id, action, state, operator, subjects, archive)
           VALUES ('20260101-aaaaaaaaaaaaaaaa', 'x', 'started', 'x', '{}', $1)`,
          [name],
        ),
      );
    for (const name of [
      '../../victim',
      'a/b-20260101-aaaaaaaaaaaaaaaa.asice',
      'export-20260101-bbbbbbbbbbbbbbbb.asice',
      '',
    ])
      await expect(insert(name)).rejects.toMatchObject({ message: expect.stringContaining('23514') });
    expect(await insert('kept-data-20260101-aaaaaaaaaaaaaaaa.asice')).toBe(1);
    await opened.database.close();
    await fresh.remove();
  });
});

describe('an outcome that cannot be recorded', () => {
  it('undoes the export, which is logged as failed, and leaves nothing to recover', async () => {
    const before = await readdir(context.paths.archives);
    await change(
      "CREATE FUNCTION public.fail() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''planted''; END'",
    );
    await change(
      "CREATE TRIGGER planted BEFORE INSERT ON gdpr.audit_entry FOR EACH ROW WHEN (NEW.result = 'done') EXECUTE FUNCTION public.fail()",
    );
    const failing = exportPerson(context, { email: PEOPLE.anna.email });
    await expect(failing).rejects.toMatchObject({ code: 'BUG', message: expect.stringContaining('P0001') });
    await change('DROP TRIGGER planted ON gdpr.audit_entry');
    const [last] = await listEntries(context, {}, 1);
    expect(last).toMatchObject({ kind: 'outcome', result: 'failed', code: 'BUG' });
    expect(await readdir(context.paths.archives)).toEqual(before);
    expect(await recover(context)).toEqual([]);
    expect((await verifyAuditLog(context)).valid).toBe(true);
    await change('DROP TABLE gdpr.kept');
    await change('CREATE TABLE gdpr.kept AS TABLE gdpr.operation');
  });

  it('is not for a table that is spelled like an address', async () => {
    const other = await bookshopWorkspace();
    await appendFile(
      join(other.root, 'datamap.yaml'),
      `
  shop.log@2019:
    title: { lv: Žurnāls, en: Log }
    owners:
      customer:
        title: { lv: Klients, en: Customer }
        reach:
          - through: shop.customers
            on:
              - { column: customer_id, to: id }
    erase: delete
    retention:
      - rule: technical
        clock: { column: at }
    columns:
${['id', 'customer_id', 'at'].map((name) => `      ${name}: { title: { lv: Ieraksts, en: Record }, category: record, purposes: [wishes], source: observed, erase: with-row }`).join('\n')}
`,
    );
    // The map is read only once the table is there.
    const bare = await openContext(other.surroundings);
    await bare.database.transaction('read committed', async (session) => {
      await session.run(
        'CREATE TABLE shop."log@2019" (id int PRIMARY KEY, customer_id bigint REFERENCES shop.customers, at timestamptz NOT NULL)',
      );
      await session.run('INSERT INTO shop."log@2019" SELECT 1, id, now() FROM shop.customers WHERE email = $1', [
        PEOPLE.anna.email,
      ]);
    });
    const { result } = await exportPerson(bare, { email: PEOPLE.anna.email });
    expect(result.tables).toContainEqual({ table: 'shop.log@2019', rows: 1 });
    const [outcome] = await listEntries(bare, {}, 1);
    expect(outcome).toMatchObject({ result: 'done', counts: { 'shop.log@2019': 1 } });
    await bare.database.close();
    await other.remove();
  });
});
