import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Context } from '../../../src/workspace/open.js';
import { outsideTool } from '../../support/tools.js';
import { bookshopWorkspace, type TestWorkspace } from '../../support/workspace.js';
import type { ReadArchive } from '../support/archive.js';
import { exportPortable } from './support.js';

vi.setConfig({ testTimeout: 120_000 });

const python = outsideTool('python3');
const NOTE = 'pirmā "rinda", un;\r\notrā rinda\nтретья \\N \\. 😀';

let workspace: TestWorkspace;
let context: Context;
let archive: ReadArchive;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gdpr-portable-csv-'));
  // The server reads the files as another user.
  await chmod(folder, 0o755);
  workspace = await bookshopWorkspace();
  context = await workspace.context();
  await context.database.transaction('read committed', async (session) => {
    await session.run('UPDATE shop.orders SET customer_note = $1 WHERE id = 4', [NOTE]);
  });
  archive = (await exportPortable(context, { email: 'anna.berzina@pasts.example' })).archive;
});
afterAll(async () => {
  await context.database.close();
  await workspace.remove();
  await rm(folder, { recursive: true, force: true });
});

/** A table's rows as the JSON file has them, in the words of CSV. */
function expected(table: string): string[][] {
  return archive.rows(table).map((row) =>
    Object.values(row).map((value) => {
      if (value === null) return '';
      if (typeof value === 'boolean') return value ? 't' : 'f';
      if (typeof value === 'object' && 'withheld' in value) return `[withheld: ${String(value.withheld)}]`;
      return typeof value === 'object' ? JSON.stringify(value) : String(value);
    }),
  );
}

const csvFiles = () => [...archive.files].filter(([name]) => name.endsWith('.csv'));
const tableOf = (name: string) =>
  [...archive.tables.keys()].find((table) => `data/${table.toLowerCase().replaceAll(' ', '_')}.csv` === name) ?? name;
/** JSON columns and formulas are told in other words in CSV. */
const comparable = (rows: readonly (readonly (string | null)[])[]) =>
  rows.map((row) =>
    row.map((cell) => (cell === null || cell === '' ? '' : /^\{/.test(cell) ? '{}' : cell.replace(/^'/, ''))),
  );

describe('the CSV of a portable copy', () => {
  it.skipIf(!python.available)('is read back by Python as the JSON has it', () => {
    expect(csvFiles().length).toBeGreaterThan(15);
    for (const [name, content] of csvFiles()) {
      const program =
        'import csv, io, json, sys; t = sys.stdin.buffer.read().decode("utf-8-sig"); print(json.dumps(list(csv.reader(io.StringIO(t, newline="")))[1:]))';
      const { stdout, status } = spawnSync(python.path, ['-c', program], { input: content });
      expect({ name, status }).toEqual({ name, status: 0 });
      expect({ name, rows: comparable(JSON.parse(stdout.toString()) as string[][]) }).toEqual({
        name,
        rows: comparable(expected(tableOf(name))),
      });
    }
  });

  it('is read back by PostgreSQL as the JSON has it', async () => {
    for (const [name, content] of csvFiles()) {
      const table = tableOf(name);
      const columns = Object.keys(archive.tables.get(table)?.columns ?? {}).map((_, i) => `c${i}`);
      const file = join(folder, name.replace('/', '-'));
      await writeFile(file, content, { mode: 0o644 });
      const rows = await context.database.transaction('read committed', async (session) => {
        await session.run(
          `CREATE TEMPORARY TABLE back (${columns.map((column) => `${column} text`).join(', ')}) ON COMMIT DROP`,
        );
        await session.run(`COPY back FROM '${file}' (FORMAT csv, HEADER true)`);
        const read: (string | null)[][] = [];
        for await (const row of session.stream('SELECT * FROM back')) read.push([...row]);
        return read;
      });
      expect({ name, rows: comparable(rows) }).toEqual({ name, rows: comparable(expected(table)) });
    }
  });

  it('keeps a text with quotes and lines to the letter', () => {
    const note = archive.rows('shop.orders').find(({ id }) => id === '4')?.customer_note;
    expect(note).toBe(NOTE);
    expect(archive.text('data/shop.orders.csv')).toContain(`"${NOTE.replaceAll('"', '""')}"`);
  });
});
