import type { Anchor } from '../customer/anchors.js';
import { keyNames } from '../customer/erase/sql.js';
import { hasherOf } from '../customer/find-customer.js';
import { aliasesOf, type FoundPerson, peopleOf } from '../customer/people.js';
import { rowId } from '../customer/roots.js';
import type { Session } from '../database/session.js';
import type { Catalog } from '../datamap/catalog.js';
import { collectRows, forgetCollected } from '../datamap/collect.js';
import { compileCollect, type RowKey, rowsOf } from '../datamap/collect-plan.js';
import { spellingOf } from '../datamap/match.js';
import type { DataMapModel, PersonalTableModel } from '../datamap/model.js';
import { occurrencesOf, occurrenceText } from '../datamap/occurrences.js';
import { fromTable, keyOf, live } from '../datamap/sql.js';
import { now } from '../foundation/clock.js';
import { parse } from '../identity/kinds.js';
import { knownReferences } from '../identity/reference.js';
import { dayOf } from '../request/day.js';
import type { Context } from '../workspace/open.js';
import { protectedOf } from './guards.js';

/** Somebody whose rows retention leaves alone, and whether a hold is why. */
export interface Protected {
  readonly person: FoundPerson;
  readonly held: boolean;
}

/**
 * The people whose rows wait: those on hold as a whole, those whose data is restricted, those with an open request for
 * a copy. They are known by their references alone, so the shop's people are hashed until all of them are found; where
 * nobody is protected, nothing is read.
 */
export async function findProtected(
  session: Session,
  { model, keys }: Pick<Context, 'model' | 'keys'>,
  catalog: Catalog,
): Promise<Protected[]> {
  const noted = await session.query<{ subject: string; held: boolean }>(
    `WITH RECURSIVE noted AS (
       SELECT unnest(subjects) AS subject, true AS held FROM gdpr.hold WHERE scope = 'person' AND released_at IS NULL AND until >= $1::date
       UNION SELECT subject, false FROM gdpr.restriction WHERE lifted_at IS NULL
       UNION SELECT subject, false FROM gdpr.request WHERE state = 'open' AND kind IN ('access', 'portability') AND subject IS NOT NULL
     ), one AS (
       SELECT subject, held FROM noted
       UNION SELECT CASE WHEN s.by = o.subject THEN s.reference ELSE s.by END, o.held
       FROM gdpr.subject_superseded s JOIN one o ON o.subject IN (s.by, s.reference)
     ) SELECT subject, bool_or(held) AS held FROM one GROUP BY subject`,
    [dayOf(now(), model.map.timeZone)],
  );
  if (noted.length === 0) return [];
  const held = new Map(noted.map((each) => [each.subject, each.held]));
  const aliases = await session.query<{ hmac: string; kind: string }>(
    'SELECT hmac, kind FROM gdpr.subject_alias WHERE reference = ANY ($1::text[])',
    [[...held.keys()]],
  );
  const wanted = new Set(aliases.map(({ hmac }) => hmac));
  const anchors = [
    ...(await rowAnchors(
      session,
      { model, keys },
      catalog,
      new Set(aliases.flatMap(({ kind, hmac }) => (kind === 'row' ? [hmac] : []))),
    )),
    ...(await identifierAnchors(session, { model, keys }, catalog, new Set(aliases.map(({ kind }) => kind)), wanted)),
  ];
  const { people } = await peopleOf(session, model, catalog, anchors);
  const references = await knownReferences(
    session,
    hasherOf(keys),
    people.map((person) => aliasesOf(person, model)),
  );
  return people.flatMap((person, i) => {
    const mine = (references[i] ?? []).flatMap((reference) => held.get(reference) ?? []);
    return mine.length === 0 ? [] : [{ person, held: mine.includes(true) }];
  });
}

/** Rows that are persons, then single rows of nobody known, whose own alias is wanted, until all are found. */
async function rowAnchors(
  session: Session,
  { model, keys }: Pick<Context, 'model' | 'keys'>,
  catalog: Catalog,
  wanted: Set<string>,
): Promise<Anchor[]> {
  const anchors: Anchor[] = [];
  const isPerson = ({ owners }: PersonalTableModel) =>
    owners.some(({ reaches }) => reaches.some(({ kind }) => kind === 'self'));
  for (const table of [...model.tables].sort((a, b) => Number(isPerson(b)) - Number(isPerson(a)))) {
    const self = table.owners.flatMap(({ reaches }) =>
      reaches.flatMap((reach) => (reach.kind === 'self' ? [reach.person] : [])),
    );
    const loose = table.owners.find(({ reaches }) => reaches.some(({ kind }) => kind === 'identifier'));
    const found = live(table, catalog);
    if ((self.length === 0 && loose === undefined) || found.key.length === 0 || found.kind === 'view') continue;
    const texts = keyOf(table, catalog).map(({ expression }) => `${expression}::text`);
    for await (const parts of session.stream(`SELECT ${texts.join(', ')} FROM ${fromTable(table, catalog)} t`)) {
      const row: RowKey = { table: table.name, key: parts as string[] };
      if (wanted.size === 0) return anchors;
      const codes = keys.hmacs('subject alias', `row\n${rowId(row)}`);
      if (!codes.some((code) => wanted.has(code))) continue;
      for (const code of codes) wanted.delete(code);
      const [person] = self;
      if (person !== undefined) anchors.push({ kind: 'root', person, row });
      else if (loose !== undefined) anchors.push({ kind: 'row', row, owner: loose.id });
    }
  }
  return anchors;
}

/** Values of linking identifiers whose alias is wanted; where several people share one, it is the name beside it that tells. */
async function identifierAnchors(
  session: Session,
  { model, keys }: Pick<Context, 'model' | 'keys'>,
  catalog: Catalog,
  kinds: ReadonlySet<string>,
  wanted: ReadonlySet<string>,
): Promise<Anchor[]> {
  const spelling = spellingOf(model);
  const anchors = new Map<string, Anchor>();
  for (const place of occurrencesOf(model)) {
    const { identifier, kind, node } = place;
    if (model.map.identifiers[identifier]?.links !== true) continue;
    const shared = kinds.has(`${kind} and name`);
    if (!kinds.has(kind) && !shared) continue;
    const text = occurrenceText(place, catalog);
    const sql = `SELECT DISTINCT ${text} FROM ${fromTable(node.table, catalog)} t WHERE ${text} IS NOT NULL`;
    for await (const [raw] of session.stream(sql)) {
      for (const value of parse(kind, raw ?? '', spelling)) {
        // Of an address that several people share, everybody is looked at; whose reference it is, is asked afterwards.
        if (shared || keys.hmacs('subject alias', `${kind}\n${value}`).some((code) => wanted.has(code)))
          anchors.set(`${identifier} ${value}`, { kind: 'identifier', identifier, value });
      }
    }
  }
  return [...anchors.values()];
}

/** The protected people's rows: by table, the keys as texts and whether a hold is why. */
export type ProtectedRows = ReadonlyMap<string, readonly { readonly key: readonly string[]; readonly held: boolean }[]>;

/** Collects their rows and forgets the collection again; in the caller's transaction. */
export async function protectedRows(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  people: readonly Protected[],
): Promise<ProtectedRows> {
  const rows = new Map<string, { key: readonly string[]; held: boolean }[]>();
  if (people.length === 0) return rows;
  const plan = compileCollect(model, catalog);
  await collectRows(
    session,
    plan,
    model,
    catalog,
    people.map(({ person }) => person),
  );
  const held = people.map((each) => each.held);
  for (const table of model.tables) {
    const key = keyOf(table, catalog);
    const found = await session.query<{ key: string; held: boolean }>(
      `SELECT array_to_json(ARRAY[${key.map((_, i) => `r.k${i + 1}::text`).join(', ')}])::text AS key, bool_or(($1::boolean[])[r.person + 1]) AS held
       FROM ${rowsOf(table)} r GROUP BY ${keyNames(table, catalog, 'r')}`,
      [held],
    );
    if (found.length > 0)
      rows.set(
        table.name,
        found.map((row) => ({ key: JSON.parse(row.key) as string[], held: row.held })),
      );
  }
  await forgetCollected(session, plan);
  return rows;
}

/** Enters the protected rows of these tables into their temporary tables, for the statements of one transaction. */
export async function enterProtected(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  rows: ProtectedRows,
  tables: ReadonlySet<string>,
): Promise<void> {
  for (const table of model.tables) {
    const mine = rows.get(table.name);
    if (mine === undefined || !tables.has(table.name)) continue;
    const key = keyOf(table, catalog);
    const names = key.map((_, i) => `k${i + 1}`).join(', ');
    await session.run(
      `CREATE TEMPORARY TABLE gdpr_protected_${table.index} (${key.map((part, i) => `k${i + 1} ${part.type}`).join(', ')}, held boolean, PRIMARY KEY (${names})) ON COMMIT DROP`,
    );
    await session.run(
      `INSERT INTO ${protectedOf(table)} SELECT ${key.map((part, i) => `u.k${i + 1}::${part.type}`).join(', ')}, u.held
       FROM unnest($1::boolean[], ${key.map((_, i) => `$${i + 2}::text[]`).join(', ')}) u (held, ${names})`,
      [mine.map(({ held }) => held), ...key.map((_, i) => mine.map((row) => row.key[i] ?? null))],
    );
    await session.run(`ANALYZE ${protectedOf(table)}`);
  }
}
