import type { Session } from '../../database/session.js';
import { type Catalog, readCatalog } from '../../datamap/catalog.js';
import { spellingOf } from '../../datamap/match.js';
import type { DataMapModel } from '../../datamap/model.js';
import { occurrencesOf, occurrenceText } from '../../datamap/occurrences.js';
import { fromTable } from '../../datamap/sql.js';
import { GdprError } from '../../foundation/errors.js';
import { parse, searchKeys, sqlKey } from '../../identity/kinds.js';
import { endOperation, runOperation } from '../../operation/operation.js';
import type { Context } from '../../workspace/open.js';
import { erasedCodes, erasedWith, hasErasures } from './erased.js';
import type { ResidueHit } from './hit.js';
import { compileNeedles, isEmpty, type Needles, NO_NEEDLES } from './needles.js';
import { knownSubjects } from './own.js';
import { assertReadable, countsOf, type ResidueProgress, type ResidueProof, searchResidue } from './prove.js';
import { readTogether } from './readers.js';
import { returnedPeople } from './returned.js';
import { rangesOf } from './scan.js';
import { readSearchable } from './searchable.js';
import { readTokens, type Token, valuesOf } from './tokens.js';

/** A proof of all erasures; each hit with the reference of whose it is. */
export interface SweepResult {
  readonly operation: string;
  /** Erased people. */
  readonly erased: number;
  readonly residue: {
    readonly clean: boolean;
    readonly hits: readonly (Omit<ResidueHit, 'person'> & { readonly subject: string })[];
  };
  readonly counts: ResidueProof['counts'];
  readonly searched: ResidueProof['searched'];
  readonly unsearched: ResidueProof['unsearched'];
  readonly audit: { readonly sequence: number };
}

/**
 * `customer residue --sweep`: proves all earlier erasures again. Nobody's values are known any more, so whatever may
 * identify somebody is taken from every column and compared by keyed code with the tombstones; what meets one is then
 * searched for like a person's. Names are not met this way, since a tombstone has none.
 * @throws GdprError as `searchResidue`
 */
export async function sweepResidue(
  context: Context,
  onProgress: (progress: ResidueProgress) => void,
): Promise<SweepResult> {
  const { database, model, keys, surroundings } = context;
  return runOperation(context, { action: 'customer residue', subjects: [] }, async (operation) => {
    const { proof, subjects, erased } = await database.transaction('repeatable read', async (session) => {
      const catalog = await readCatalog(session);
      assertReadable(model, catalog);
      const count = await erasedPeople(session);
      const met = count === 0 ? new Map<string, Needles>() : await erasedValues(session, context, onProgress);
      const left = await leftCodes(
        session,
        model,
        catalog,
        [...met.values()].flatMap(({ codes }) => codes),
      );
      const people = [...met].flatMap(([subject, found]) => {
        const needles = { ...found, codes: found.codes.filter((code) => !left.has(code)) };
        return isEmpty(compileNeedles(needles, spellingOf(model))) ? [] : [{ subject, needles }];
      });
      const known = await knownSubjects(session, keys, people);
      const collected = await returnedPeople(
        session,
        model,
        catalog,
        people.map(({ needles }, i) => ({ needles, isOwn: (alias) => known.whose(alias).includes(i) })),
      );
      const wanted = people.map((person, i) => ({ ...person, collected: collected[i] }));
      return {
        proof: await searchResidue(session, { database, model, keys }, wanted, onProgress, surroundings.signal),
        subjects: people.map(({ subject }) => subject),
        erased: count,
      };
    });
    const { clean, counts, searched, unsearched } = proof;
    const hits = proof.hits.map(({ person, ...hit }) => ({ ...hit, subject: subjects[person] ?? '' }));
    const left = [...new Set(hits.filter((hit) => hit.class === 'residue').map(({ subject }) => subject))];
    const sequence = await endOperation(context, operation, {
      result: 'done',
      counts: { erased, ...countsOf(proof) },
      subjects: left,
    });
    return {
      operation: operation.id,
      erased,
      residue: { clean, hits },
      counts,
      searched,
      unsearched,
      audit: { sequence },
    };
  });
}

async function erasedPeople(session: Session): Promise<number> {
  if (!(await hasErasures(session))) return 0;
  const [row] = await session.query<{ count: string }>(
    'SELECT count(DISTINCT subject)::text AS count FROM gdpr.tombstone_identifier',
  );
  return Number(row?.count ?? 0);
}

const MEMBER = { email: 'emails', phone: 'phones', 'personas-kods': 'kods', code: 'codes' } as const;

/** The values of erased people that still stand somewhere, by reference. */
async function erasedValues(
  session: Session,
  { database, model, keys, surroundings }: Context,
  onProgress: (progress: ResidueProgress) => void,
): Promise<Map<string, Needles>> {
  const { tables } = await readSearchable(session, await readCatalog(session));
  const spelling = spellingOf(model);
  const { kinds, mayHave } = await erasedCodes(session);
  const shortCodes = keys.shortHmacs(DOMAIN);
  const met = new Map<string, Needles>();
  const seen = new Set<string>();
  const units = tables.flatMap((table) => rangesOf(table).map((pages) => ({ table, pages })));
  await readTogether(database, session, units, async (reader, { table, pages }) => {
    if (surroundings.signal.aborted)
      throw new GdprError('INTERRUPTED', 'stopped by the operator; the search is not complete');
    onProgress({ table: table.name, done: tables.indexOf(table), total: tables.length });
    const byCode = new Map<string, Token>();
    await readTokens(reader, table, pages, (token) => {
      if (seen.has(token)) return;
      if (seen.size >= MOST_SEEN) seen.clear();
      seen.add(token);
      for (const value of valuesOf(token, spelling)) {
        const text = `${value.kind}\n${value.value}`;
        if (kinds.has(value.kind) && shortCodes.some((codeOf) => mayHave(codeOf(text))))
          for (const code of keys.hmacs(DOMAIN, text)) byCode.set(code, value);
      }
    });
    if (byCode.size === 0) return;
    for (const { subject, hmac } of await erasedWith(reader, [...byCode.keys()])) {
      const value = byCode.get(hmac);
      if (value === undefined) continue;
      const needles = met.get(subject) ?? NO_NEEDLES;
      const member = MEMBER[value.kind];
      met.set(subject, { ...needles, [member]: [...new Set([...needles[member], value.value])] });
    }
  });
  return met;
}

/** Of the codes by which people are known. */
const DOMAIN = 'subject alias';
/** Tokens that are remembered, so that one which many rows hold is read once. */
const MOST_SEEN = 200_000;

/**
 * The codes that name a row which erasure leaves, such as the number of an order without its buyer: wherever else they
 * stand, they say nothing about anybody any more.
 */
async function leftCodes(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  codes: readonly string[],
): Promise<Set<string>> {
  const left = new Set<string>();
  if (codes.length === 0) return left;
  const keys = [[...new Set(codes.flatMap((code) => searchKeys('code', code)))]];
  for (const place of occurrencesOf(model)) {
    const { table } = place.node;
    const stays = place.places.every(
      ({ column, path }) => path === undefined && table.entry.columns[column]?.erase === 'leave',
    );
    if (place.kind !== 'code' || !stays) continue;
    const text = occurrenceText(place, catalog);
    const sql = `SELECT ${text} FROM ${fromTable(table, catalog)} t WHERE ${sqlKey('code', text)} = ANY ($1::text[])`;
    for await (const [stored] of session.stream(sql, keys))
      for (const form of parse('code', stored ?? '')) left.add(form);
  }
  return left;
}
