import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { bookshopFile } from '../../examples/bookshop/generate.js';
import { PEOPLE, type PersonKey } from '../../examples/bookshop/people.js';
import { findPeople } from '../../src/customer/find.js';
import type { FoundPerson } from '../../src/customer/people.js';
import { makeTemporary } from '../../src/database/temporary.js';
import { type Catalog, readCatalog } from '../../src/datamap/catalog.js';
import { compileCollect } from '../../src/datamap/collect-plan.js';
import { findDrift } from '../../src/datamap/drift.js';
import { reachProblems } from '../../src/datamap/graph.js';
import { buildModel, type DataMapModel } from '../../src/datamap/model.js';
import { referenceProblems } from '../../src/datamap/references.js';
import { type DataMap, dataMapSchema } from '../../src/datamap/schema.js';
import type { Context } from '../../src/workspace/open.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';
import { CASES } from './support/cases.js';
import { exportDigests } from './support/digest.js';
import { type Mutation, mutationsOf } from './support/mutations.js';
import { Rehearsal } from './support/rehearsal.js';

const WATCHED: readonly PersonKey[] = ['anna', 'ilze', 'petr', 'lasitava'];

let workspace: TestWorkspace;
let context: Context;
let catalog: Catalog;
let map: DataMap;
let people: FoundPerson[];

/** The checks of loading a map, without reading YAML each time. */
function modelOf(candidate: DataMap): DataMapModel | undefined {
  const { model, problems } = buildModel(candidate);
  return [...problems, ...referenceProblems(model), ...reachProblems(model)].length === 0 ? model : undefined;
}

/** The map with one mistake; undefined when that is not even in its form. Tables without it are not checked again. */
function mistaken({ table, apply }: Mutation): DataMap | undefined {
  const candidate = { ...map, tables: { ...map.tables } };
  const entry = candidate.tables[table];
  if (entry !== undefined) candidate.tables[table] = structuredClone(entry);
  apply(candidate);
  const changed = candidate.tables[table];
  if (changed === undefined) return candidate;
  const parsed = dataMapSchema.safeParse({ ...candidate, tables: { [table]: changed } });
  return parsed.success ? { ...candidate, tables: { ...candidate.tables, ...parsed.data.tables } } : undefined;
}

beforeAll(async () => {
  workspace = await bookshopWorkspace();
  context = await workspace.context();
  map = dataMapSchema.parse(parse(await readFile(bookshopFile('datamap.yaml'), 'utf8')));
  const { database } = context;
  for (const statement of CASES) await database.transaction('read committed', (session) => session.run(statement));
  const model = validModel();
  people = await database.transaction('repeatable read', async (session) => {
    catalog = await readCatalog(session);
    expect(findDrift(model, catalog)).toEqual([]);
    return [];
  });
  for (const key of WATCHED) {
    const found = await database.transaction('repeatable read', (session) =>
      findPeople(session, model, catalog, { email: PEOPLE[key].email }),
    );
    expect(found).toHaveLength(1);
    for (const { person } of found) people.push(person);
  }
});
afterAll(async () => {
  await context.database.close();
  await workspace.remove();
});

function validModel(): DataMapModel {
  const model = modelOf(map);
  if (model === undefined) throw new Error('the map of the bookshop is not valid');
  return model;
}

type Caught = 'load' | 'drift' | 'error' | 'export' | undefined;

async function whatCatches(mutation: Mutation, rehearsal: Rehearsal, expected: readonly string[]): Promise<Caught> {
  const candidate = mistaken(mutation);
  const model = candidate && modelOf(candidate);
  if (model === undefined) return 'load';
  if (findDrift(model, catalog).length > 0) return 'drift';
  const digests = await rehearsal
    .round(() => exportDigests(rehearsal, model, catalog, people))
    .catch((error: unknown) => {
      // A statement that PostgreSQL refuses is a refusal; a mistake of this test is not.
      if (error instanceof TypeError || error instanceof ReferenceError) throw error;
    });
  if (digests === undefined) return 'error';
  return digests.some((digest, i) => digest !== expected[i]) ? 'export' : undefined;
}

/** Mistakes that change nothing, each with the reason. */
const EQUIVALENT: Readonly<Record<string, string>> = {
  'shop.orders: reach 2 of buyer lacks the condition on customer_id':
    'a check of the table forbids a guest e-mail in the order of an account',
};

describe('a mistake in the map', () => {
  it('is refused, or seen in the export of somebody', async () => {
    const mutations = mutationsOf(map);
    expect(new Set(mutations.map(({ what }) => what)).size).toBe(mutations.length);
    const caught = new Map<Caught, string[]>();
    await context.database.transaction('repeatable read', async (session) => {
      const model = validModel();
      const rehearsal = new Rehearsal(session);
      // Made before the first round is undone, they are there for all of them.
      await makeTemporary(session, compileCollect(model, catalog).create);
      const digests = () => rehearsal.round(() => exportDigests(rehearsal, model, catalog, people));
      const expected = await digests();
      for (const mutation of mutations) {
        const by = await whatCatches(mutation, rehearsal, expected);
        caught.set(by, [...(caught.get(by) ?? []), mutation.what]);
      }
      // The map itself is caught by nothing, neither before nor after all of them.
      expect(await digests()).toEqual(expected);
    });
    const survivors = (caught.get(undefined) ?? []).filter((what) => !(what in EQUIVALENT));
    expect(survivors).toEqual([]);
    // Each net catches something, and no excuse is left that is none any more.
    expect(caught.get('load')?.length).toBeGreaterThan(20);
    expect(caught.get('drift')?.length).toBeGreaterThan(100);
    expect([...(caught.get('load') ?? []), ...(caught.get('drift') ?? [])].length).toBeGreaterThan(220);
    expect(caught.get('export')?.length).toBeGreaterThan(100);
    expect(Object.keys(EQUIVALENT).filter((what) => !caught.get(undefined)?.includes(what))).toEqual([]);
  }, 600_000);
});
