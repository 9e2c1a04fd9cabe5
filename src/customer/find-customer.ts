import { readCatalog } from '../datamap/catalog.js';
import { assertNoDrift } from '../datamap/drift.js';
import { type AliasHasher, referencesOf } from '../identity/reference.js';
import type { Keys } from '../keys/keys.js';
import { endOperation, runOperation } from '../operation/operation.js';
import type { Context } from '../workspace/open.js';
import { type ErasedMatch, findErased } from './erase/find-erased.js';
import { type Candidate, findPeople, type MaskedCandidate, masked } from './find.js';
import { aliasesOf } from './people.js';
import type { PersonQuery } from './resolve.js';

/** A person who matches, under the reference by which logs know them. */
export interface Match extends Candidate {
  readonly subject: string;
}

/** Makes the keyed codes by which people are met again. */
export function hasherOf(keys: Keys): AliasHasher {
  return {
    version: keys.hmacVersion,
    hmac: (value) => keys.hmac('subject alias', value),
    hmacs: (value) => keys.hmacs('subject alias', value),
  };
}

/**
 * Searches in one snapshot, then gives every match its reference. The search itself is not logged here: the command
 * that it is part of logs what it was for.
 * @throws GdprError DRIFT and what `findPeople` throws
 */
export async function matchPeople(context: Context, query: PersonQuery): Promise<Match[]> {
  const { model, keys } = context;
  const candidates = await context.database.transaction('repeatable read', async (session) => {
    const catalog = await readCatalog(session);
    assertNoDrift(model, catalog);
    return findPeople(session, model, catalog, query);
  });
  if (candidates.length === 0) return [];
  const subjects = await context.database.transaction('read committed', (session) =>
    referencesOf(
      session,
      hasherOf(keys),
      candidates.map(({ person }) => aliasesOf(person, model)),
    ),
  );
  return candidates.map((candidate, i) => ({ ...candidate, subject: subjects[i] ?? '' }));
}

/**
 * The same with the erased people who were known by what is given: they too may ask what is held about them. One whom
 * the live database still leads to stands in the list once.
 */
export async function matchAlsoErased(context: Context, query: PersonQuery): Promise<Match[]> {
  const matches = await matchPeople(context, query);
  const erased = await findErased(context, query);
  return [
    ...matches,
    ...erased.filter(({ subject }) => !matches.some((match) => match.subject === subject)).map(erasedMatch),
  ];
}

/** An erased person, whom their tombstone alone leads to; `takeSnapshot` finds the rows that were kept. */
export function erasedMatch({ subject, kept }: ErasedMatch): Match {
  return {
    person: { roots: [], rows: [], identifiers: [], shared: [], names: [], byNameOnly: false },
    subject,
    traits: new Map(),
    id: subject,
    kind: { lv: 'dzēsta persona', en: 'erased person' },
    rows: kept.reduce((sum, { rows }) => sum + rows, 0),
    identified: true,
  };
}

export interface FindResult {
  readonly operation: string;
  readonly matches: readonly (MaskedCandidate & { subject: string })[];
  /** Erased people who were known by what was given, with what is kept of them; missing when there are none. */
  readonly erased?: readonly ErasedMatch[];
  readonly audit: { readonly sequence: number };
}

/** `customer find`: who matches, masked; the look is logged, since looking is access too. */
export async function findCustomer(context: Context, query: PersonQuery): Promise<FindResult> {
  return runOperation(context, { action: 'customer find', subjects: [] }, async (operation) => {
    const matches = await matchPeople(context, query);
    const erased = await findErased(context, query);
    const sequence = await endOperation(context, operation, {
      result: 'done',
      counts: { matches: matches.length, ...(erased.length > 0 && { erased: erased.length }) },
      subjects: [...new Set([...matches, ...erased].map(({ subject }) => subject))],
    });
    return {
      operation: operation.id,
      matches: matches.map((match) => ({ ...masked(match), subject: match.subject })),
      ...(erased.length > 0 && { erased }),
      audit: { sequence },
    };
  });
}
