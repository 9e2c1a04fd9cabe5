import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { verifyArchive } from '../../src/archive/verify.js';
import { prepareEraseMany } from '../../src/customer/erase/erase-many.js';
import { recoverErasures } from '../../src/customer/erase/recover.js';
import type { ColumnEntry } from '../../src/datamap/schema.js';
import { approvePlan, readPlan } from '../../src/operation/approve.js';
import { listArchives } from '../../src/operation/archives.js';
import { verifyAuditLog } from '../../src/operation/log.js';
import { recover } from '../../src/operation/recover.js';
import { type Context, openContext } from '../../src/workspace/open.js';
import { unzip } from '../customer/support/archive.js';
import { mapOf, through } from '../datamap/maps.js';
import { testDatabase } from '../support/postgres.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';
import { backends, goneBut, Victims, type Work } from './victims.js';

const GROUND = 'Art. 17(1)(b)';
/** Two people whose letters are in different languages. */
const LINES = ['anna@x.example', 'janis@x.example'].map((email, i) => ({
  line: i + 1,
  query: { email },
  verified: 'account login',
  language: i === 0 ? ('en' as const) : ('lv' as const),
}));
const title = { lv: 'Teksts', en: 'Text' };
/** A rule of the map, whose second word the linter takes for a promise. */
const kept: ColumnEntry['erase'] = JSON.parse('{"keep": "long", "then": "clear"}');

/** Two people who share a row, and a third: few rows, so that an erasure has few statements. */
const SHOP = `
DROP SCHEMA shop CASCADE;
CREATE SCHEMA s;
CREATE TABLE s.people (id int PRIMARY KEY, name text, email text);
CREATE TABLE s.gifts (id int PRIMARY KEY, day date, giver int REFERENCES s.people, receiver int REFERENCES s.people, words text, paid text, sent_to text);
INSERT INTO s.people VALUES (1, 'Anna Kalna', 'anna@x.example'), (2, 'Jānis Lejnieks', 'janis@x.example'), (3, 'Ilze Egle', 'ilze@x.example');
INSERT INTO s.gifts VALUES (1, '2025-05-05', 1, 2, 'To him', 'by card', 'Street 2'), (2, '2025-05-05', 3, 2, 'From her', 'in cash', 'Street 2'), (3, '2025-05-05', 3, 3, 'Mine', 'in cash', 'Street 3');`;
const MODEL = mapOf({
  head: {
    identifiers: { email: { title, kind: 'email', links: true }, name: { title, kind: 'name', links: false } },
    retention: { long: { title, period: 'P50Y', from: 'event', law: 'law', criterion: title } },
  },
  tables: {
    's.people': {
      owners: { account: [{ self: 'customer' }] },
      columns: {
        id: { owner: 'shared' },
        name: { identifier: 'name' },
        email: { identifier: 'email' },
      },
    },
    's.gifts': {
      owners: { giver: [through('s.people', 'giver')], receiver: [through('s.people', 'receiver')] },
      retention: [{ rule: 'long', clock: { column: 'day' } }],
      columns: {
        ...Object.fromEntries(['id', 'day', 'giver', 'receiver'].map((name) => [name, { owner: 'shared' }])),
        words: { owner: 'giver', erase: 'clear' },
        paid: { owner: 'giver', erase: kept },
        sent_to: { owner: 'receiver', erase: 'clear' },
      },
    },
  },
});

let origin: TestWorkspace;
let victims: Victims;
let copies: (() => Promise<void>)[] = [];

beforeAll(async () => {
  origin = await bookshopWorkspace();
  const client = new pg.Client({ connectionString: origin.url });
  await client.connect();
  await client.query(SHOP);
  await client.end();
  await writeFile(join(origin.root, 'datamap.yaml'), stringify(MODEL.map));
  const context = await origin.context();
  const prepared = await prepareEraseMany(context, LINES, GROUND);
  await prepared.store();
  await approvePlan({ ...context, operator: 'second' }, await readPlan(context, prepared.plan.digest));
  await context.database.close();
  victims = new Victims();
}, 120_000);
afterEach(async () => {
  for (const remove of copies) await remove();
  copies = [];
});
afterAll(async () => {
  await victims.end();
  await origin.remove();
});

/** The workspace and its database as they were before the erasure. */
async function copy(): Promise<{ url: string; open: () => Promise<Context>; work: Work }> {
  const { url, drop, name } = await testDatabase({ template: new URL(origin.url ?? '').pathname.slice(1) });
  const root = `${origin.root}-${name}`;
  await cp(origin.root, root, { recursive: true });
  copies.push(async () => {
    await drop();
    await rm(root, { recursive: true, force: true });
  });
  const environment = { ...origin.environment, DATABASE_URL: url };
  const work: Work = { folder: root, environment, work: 'erase', asked: { lines: LINES, ground: GROUND } };
  return { url, open: () => openContext({ ...origin.surroundings, folder: root, environment }), work };
}

/** What an erasure leaves, in the shop and beside it. */
async function stateOf(client: pg.Client, { paths }: Context) {
  const rows = async (sql: string) => (await client.query<{ row: unknown }>(sql)).rows.map(({ row }) => row);
  const journal = await readFile(paths.journal, 'utf8');
  return {
    shop: [
      await rows('SELECT to_jsonb(t) AS row FROM s.people t ORDER BY id'),
      await rows('SELECT to_jsonb(t) AS row FROM s.gifts t ORDER BY id'),
    ],
    tombstones: await rows('SELECT subject AS row FROM gdpr.tombstone ORDER BY subject'),
    journal: [...journal.matchAll(/"subject":"(subject:[a-z2-7]{26})"[^\n]*"type":"tombstone"/g)].length,
    suppressed: await rows('SELECT kind AS row FROM gdpr.suppression ORDER BY hmac'),
    kept: await rows('SELECT jsonb_build_array(table_name, key, columns) AS row FROM gdpr.kept_row ORDER BY key'),
    used: await rows('SELECT used_by IS NOT NULL AS row FROM gdpr.approval'),
    running: await rows("SELECT action AS row FROM gdpr.operation WHERE state = 'started'"),
    letters: await lettersIn(paths.archives),
  };
}

/** The languages of the letters in each certificate. */
async function lettersIn(archives: string): Promise<string[][]> {
  const names = (await readdir(archives).catch(() => [])).filter((name) => name.startsWith('erasure-'));
  expect(names.filter((name) => !name.endsWith('.asice'))).toEqual([]);
  return Promise.all(
    names.map(async (name) => {
      const files = await unzip(join(archives, name));
      const letters = [...files].filter(([file]) => file.startsWith('letters/'));
      return letters.map(([, content]) => /<html lang="(..)"/.exec(content.toString('utf8'))?.[1] ?? '').sort();
    }),
  );
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** A copy with what looks after it. */
interface Place {
  readonly work: Work;
  readonly client: pg.Client;
  readonly survivor: Context;
  close(): Promise<void>;
}

async function newPlace(): Promise<Place> {
  const { url, open, work } = await copy();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const survivor = await open();
  const leave = async () => {
    await client.end();
    await survivor.database.close();
  };
  const remove = copies.pop();
  let isOpen = true;
  const close = async () => {
    if (!isOpen) return;
    isOpen = false;
    await leave();
    await remove?.();
  };
  copies.push(close);
  return { work, client, survivor, close };
}

it('an erasure of two people killed before any of its statements is wholly done or wholly not', {
  timeout: 900_000,
}, async () => {
  const whole = await copy();
  const context = await whole.open();
  const [before, steps, after] = await withClient(whole.url, async (client) => {
    const first = await stateOf(client, context);
    return [first, await victims.whole(whole.work), await stateOf(client, context)];
  });
  await context.database.close();
  expect(after.shop).toEqual([
    [{ id: 3, name: 'Ilze Egle', email: 'ilze@x.example' }],
    [
      { id: 1, day: '2025-05-05', giver: null, receiver: null, words: null, paid: 'by card', sent_to: null },
      { id: 2, day: '2025-05-05', giver: 3, receiver: null, words: 'From her', paid: 'in cash', sent_to: null },
      { id: 3, day: '2025-05-05', giver: 3, receiver: 3, words: 'Mine', paid: 'in cash', sent_to: 'Street 3' },
    ],
  ]);
  expect(after).toMatchObject({ journal: 2, used: [true], running: [], letters: [['en', 'lv']] });
  expect(steps.length).toBeGreaterThan(150);

  const outcomes = { done: 0, undone: 0, certified: 0 };
  // What was undone is as it was before, so that the next erasure can begin there; what was done ends a copy.
  let place: Place | undefined;
  for (const [i, step] of steps.entries()) {
    if (!/^(query|sent) /.test(step)) continue;
    const where = `step ${i + 1} of ${steps.length}: ${step}`;
    place ??= await newPlace();
    const { client, survivor } = place;
    const own = await backends(client);
    expect({ where, ...(await victims.killed(place.work, i + 1)) }).toEqual({ where, code: null, signal: 'SIGKILL' });
    await goneBut(client, own);
    const recovered = [...(await recover(survivor)), ...(await recoverErasures(survivor))];
    const again = [...(await recover(survivor)), ...(await recoverErasures(survivor))];
    expect({ where, again }).toEqual({ where, again: [] });
    const state = await stateOf(client, survivor);
    const done = state.tombstones.length > 0;
    expect({ where, ...state }).toEqual({ where, ...(done ? after : before) });
    outcomes[done ? 'done' : 'undone'] += 1;
    if (recovered.some(({ what }) => what === 'certified')) outcomes.certified += 1;
    if (!done && i % 20 !== 0) continue;
    expect({ where, log: (await verifyAuditLog(survivor)).problems }).toEqual({ where, log: [] });
    const archives = await listArchives(survivor);
    expect({ where, missing: archives.filter((each) => each.state !== 'present') }).toEqual({ where, missing: [] });
    for (const { archive } of archives.filter((each) => basename(each.archive).startsWith('erasure-'))) {
      const { valid } = await verifyArchive(archive, { signers: [survivor.keys.ids.signing] });
      expect({ where, valid }).toEqual({ where, valid: true });
    }
    if (!done) continue;
    await place.close();
    place = undefined;
  }
  expect(outcomes.done).toBeGreaterThan(50);
  expect(outcomes.undone).toBeGreaterThan(80);
  expect(outcomes.certified).toBeGreaterThan(20);
});
