import type { Session } from '../../database/session.js';
import { readCatalog } from '../../datamap/catalog.js';
import { spellingOf } from '../../datamap/match.js';
import { endOperation, runOperation } from '../../operation/operation.js';
import type { Context } from '../../workspace/open.js';
import { erasedWith, hasErasures } from './erased.js';
import type { ResidueHit } from './hit.js';
import { type Needles, NO_NEEDLES } from './needles.js';
import { knownSubjects } from './own.js';
import { assertReadable, countsOf, type ResidueProgress, type ResidueProof, searchResidue } from './prove.js';
import { returnedPeople } from './returned.js';
import { readSearchable } from './searchable.js';
import { type Token, tokensIn, valuesOf } from './tokens.js';

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
      const people = [...met].map(([subject, needles]) => ({ subject, needles }));
      const known = await knownSubjects(session, keys, people);
      const collected = await returnedPeople(
        session,
        model,
        catalog,
        people.map(({ needles }, i) => ({ needles, isOwn: (alias) => known[i]?.has(alias) === true })),
      );
      const wanted = people.map((person, i) => ({ ...person, collected: collected[i] }));
      return {
        proof: await searchResidue(session, { model, keys }, wanted, onProgress, surroundings.signal),
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
  { model, keys }: Context,
  onProgress: (progress: ResidueProgress) => void,
): Promise<Map<string, Needles>> {
  const { tables } = await readSearchable(session, await readCatalog(session));
  const spelling = spellingOf(model);
  const met = new Map<string, Needles>();
  for (const [done, table] of tables.entries()) {
    onProgress({ table: table.name, done, total: tables.length });
    for await (const tokens of tokensIn(session, table)) {
      const byCode = new Map<string, Token>();
      for (const token of tokens)
        for (const value of valuesOf(token, spelling))
          byCode.set(keys.hmac('subject alias', `${value.kind}\n${value.value}`), value);
      for (const { subject, hmac } of await erasedWith(session, keys.hmacVersion, [...byCode.keys()])) {
        const value = byCode.get(hmac);
        if (value === undefined) continue;
        const needles = met.get(subject) ?? NO_NEEDLES;
        const member = MEMBER[value.kind];
        met.set(subject, { ...needles, [member]: [...new Set([...needles[member], value.value])] });
      }
    }
  }
  return met;
}
