import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { quoteName, type Session } from '../../src/database/session.js';
import { GdprError } from '../../src/foundation/errors.js';
import { bookStep, fillCatalogue } from './generator/catalogue.js';
import { correspondenceSteps } from './generator/correspondence.js';
import { customerSteps } from './generator/customers.js';
import { Dice, literal } from './generator/dice.js';
import { draftOrders } from './generator/drafts.js';
import { fulfilmentSteps } from './generator/fulfilment.js';
import { allNames, type Name } from './generator/names.js';
import { guestTable, orderSteps } from './generator/orders.js';
import { FIRST_ID, type Plan, type Progress, runStep, type Step } from './generator/step.js';
import { wishSteps } from './generator/wishes.js';
import { FIXED_ROWS, insertPeople } from './people.js';

export interface BookshopOptions {
  /** Accounts, the four fixed ones included: 200 to 1,000,000. Everything else grows with them. */
  readonly customers: number;
  /** The same seed gives the same rows on any supported server. */
  readonly seed: number;
  /** The day at whose beginning (UTC) the shop stands still, ISO 8601; the fixed people's dates do not move with it. */
  readonly asOf?: string;
  readonly onProgress?: Progress;
}

export interface TableCount {
  readonly table: string;
  readonly rows: number;
}

/** The day on which a bookshop stands still unless it is told otherwise. */
const BOOKSHOP_DATE = '2026-11-01';

const FEWEST = 200;
const MOST = 1_000_000;
const AFTER_THE_DATA = '-- After the data:';

/**
 * Makes the schema `shop` in an empty database and fills it, inside the session's transaction and within the
 * database; answers the rows of each table. A million customers are some 31 million rows.
 * @throws GdprError `INPUT_INVALID` when an option is out of range.
 */
export async function createBookshop(session: Session, options: BookshopOptions): Promise<TableCount[]> {
  const plan = planOf(options);
  const [tables = '', keys = ''] = (await readFile(bookshopFile('schema.sql'), 'utf8')).split(AFTER_THE_DATA);
  const rows = new Map<string, number>();
  const count = (table: string, more: number) => rows.set(table, (rows.get(table) ?? 0) + more);
  const run = async (steps: readonly Step[]) => {
    for (const step of steps) count(step.table, await runStep(session, step, options.onProgress));
  };

  await session.query(tables);
  await session.query("SELECT set_config('work_mem', '64MB', true), set_config('maintenance_work_mem', '256MB', true)");
  for (const [table, more] of Object.entries(await fillCatalogue(session))) count(table, more);
  await run([bookStep(plan)]);
  await insertPeople(session);
  for (const { table } of FIXED_ROWS) count(table, 1);

  await session.query(NAME_TABLE);
  await session.run(NAME_ROWS, [JSON.stringify(allNames().map(sqlName))]);
  await run(customerSteps(plan));
  await analyse(session, rows.keys());
  await session.query(guestTable(plan));
  const last = await draftOrders(session, plan);
  for (const step of orderSteps(plan, last)) {
    await run([step]);
    await analyse(session, [step.table]);
  }
  await run([...fulfilmentSteps(plan, last), ...wishSteps(plan), ...correspondenceSteps(plan, last)]);

  await session.query('DROP TABLE pg_temp.names, pg_temp.guests, pg_temp.drafts');
  await continueSequences(session);
  await buildKeys(session, keys, options.onProgress);
  await analyse(session, rows.keys());
  return [...rows].map(([table, total]) => ({ table: `shop.${table}`, rows: total })).sort(byTable);
}

const NAME_COLUMNS = 'language text, first text, last text, ascii_first text, ascii_last text';
const NAME_TABLE = `CREATE TEMP TABLE names (id int PRIMARY KEY, ${NAME_COLUMNS}) ON COMMIT DROP`;
const NAME_ROWS = `
  INSERT INTO pg_temp.names (id, language, first, last, ascii_first, ascii_last)
  SELECT n - 1, r.* FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS a (name, n),
  LATERAL jsonb_to_record(a.name) AS r (${NAME_COLUMNS})`;

/** A name with the keys of its columns. */
function sqlName({ asciiFirst, asciiLast, ...name }: Name) {
  return { ...name, ascii_first: asciiFirst, ascii_last: asciiLast };
}

function planOf({ customers, seed, asOf = BOOKSHOP_DATE }: BookshopOptions): Plan {
  if (!Number.isSafeInteger(customers) || customers < FEWEST || customers > MOST) {
    throw new GdprError('INPUT_INVALID', `a bookshop has ${FEWEST} to ${MOST} customers`);
  }
  if (!Number.isSafeInteger(seed)) throw new GdprError('INPUT_INVALID', 'the seed is a whole number');
  if (!/^\d{4}-\d{2}-\d{2}$/.test(asOf) || Number.isNaN(Date.parse(asOf))) {
    throw new GdprError('INPUT_INVALID', 'the date of the bookshop is not a day', { hint: 'write it as 2026-11-01' });
  }
  const books = Math.min(8000, 250 + Math.floor(customers / 25));
  return { customers, books, dice: new Dice(seed), asOf: `timestamptz ${literal(`${asOf} 00:00:00+00`)}` };
}

/** A file of this example in the package, which keeps them beside the sources whether or not these were compiled. */
export function bookshopFile(name: string): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new GdprError('FILE_UNAVAILABLE', `the package's file ${name} is missing`);
    folder = parent;
  }
  return join(folder, 'examples', 'bookshop', name);
}

/** Statistics, so that later joins of large tables are planned as such. */
async function analyse(session: Session, tables: Iterable<string>): Promise<void> {
  for (const table of tables) await session.query(`ANALYZE ${quoteName('shop', table)}`);
}

/** Lets new rows be numbered after the generated ones. */
async function continueSequences(session: Session): Promise<void> {
  const columns = await session.query<{ table: string; sequence: string }>(
    `SELECT c.relname AS table, pg_get_serial_sequence(format('%I.%I', n.nspname, c.relname), a.attname) AS sequence
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = 'shop' AND a.attname = 'id' AND a.attidentity <> ''`,
  );
  for (const { table, sequence } of columns) {
    const ids = `SELECT greatest(max(id), ${FIRST_ID}) FROM ${quoteName('shop', table)}`;
    await session.query(`SELECT setval($1::regclass, (${ids}))`, [sequence]);
  }
}

async function buildKeys(session: Session, sql: string, onProgress?: Progress): Promise<void> {
  const statements = sql.match(/^(ALTER|CREATE) [^;]+/gm) ?? [];
  for (const [index, statement] of statements.entries()) {
    await session.query(statement);
    onProgress?.('keys and indexes', index + 1, statements.length);
  }
}

function byTable(a: TableCount, b: TableCount): number {
  return a.table < b.table ? -1 : 1;
}
