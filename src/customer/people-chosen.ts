import { readCatalog } from '../datamap/catalog.js';
import { assertNoDrift } from '../datamap/drift.js';
import type { Language } from '../documents/page-model.js';
import { GdprError } from '../foundation/errors.js';
import { referencesOf } from '../identity/reference.js';
import { readRequestsNumbered } from '../request/register.js';
import type { Kind, StoredRequest } from '../request/request.js';
import type { Context } from '../workspace/open.js';
import { type ErasedMatch, findErasedOf } from './erase/find-erased.js';
import { isErased } from './erase/kept-person.js';
import { erasedMatch, hasherOf } from './find-customer.js';
import { type Basis, basisOf, checkRequest, checkRequester } from './identity-check.js';
import { aliasesOf, type FoundPerson } from './people.js';
import type { PersonLine } from './people-file.js';
import { queryFor } from './requester.js';
import { type PersonQuery, type Resolved, resolveQueries } from './resolve.js';

/** A line that leads to one person whose identity was checked. */
export interface Chosen {
  readonly line: number;
  readonly request?: string;
  readonly person: FoundPerson;
  readonly subject: string;
  readonly basis: Basis;
  readonly language: Language;
}

/** A line that is left out, with the reason. */
export interface Left {
  readonly line: number;
  readonly request?: string;
  readonly fault: GdprError;
}

/** A line that was left out, as it is reported. */
export interface RefusedLine {
  readonly line: number;
  readonly request?: string;
  readonly state: 'refused';
  readonly code: string;
  readonly exit: number;
  readonly message: string;
}

export function refusedLine({ line, request, fault }: Left): RefusedLine {
  const { code, exit, message } = fault;
  return { line, ...(request !== undefined && { request }), state: 'refused', code, exit, message };
}

/**
 * Finds the person of each line, in a handful of statements for them all. Nobody is asked to choose: a line that
 * several match, or that leads to a person without identifying them, is left out, as is one whose request is not open
 * or of another kind.
 * @throws GdprError DRIFT
 */
export async function choosePeople(
  context: Context,
  lines: readonly PersonLine[],
  kind: Kind,
): Promise<{ chosen: Chosen[]; left: Left[] }> {
  const { model, database, keys } = context;
  const left: Left[] = [];
  const leave = ({ line, request }: PersonLine, error: unknown) => {
    if (!(error instanceof GdprError)) throw error;
    left.push({ line, ...(request !== undefined && { request }), fault: error });
  };
  const requests = new Map(
    (
      await database.transaction('read committed', (session) =>
        readRequestsNumbered(
          session,
          lines.flatMap(({ request }) => request ?? []),
        ),
      )
    ).map((request) => [request.number, request]),
  );
  const asked = lines.flatMap((line) => {
    try {
      return [prepared(line, requests, kind)];
    } catch (error) {
      leave(line, error);
      return [];
    }
  });
  const resolved = await database.transaction('repeatable read', async (session) => {
    const catalog = await readCatalog(session);
    assertNoDrift(model, catalog);
    return resolveQueries(
      session,
      model,
      catalog,
      asked.map(({ query }) => query),
    );
  });
  const erased = await erasedAmong(context, asked, resolved);
  const found = asked.flatMap((each, i) => {
    try {
      return [{ ...each, erased: erased[i] ?? [], person: theOne(resolved[i], erased[i] ?? []) }];
    } catch (error) {
      leave(each.line, error);
      return [];
    }
  });
  const live = found.filter(({ person }) => !isErased(person));
  const references = await database.transaction('read committed', (session) =>
    referencesOf(
      session,
      hasherOf(keys),
      live.map(({ person }) => aliasesOf(person, model)),
    ),
  );
  const referenceOf = new Map(live.map(({ line }, i) => [line, references[i] ?? '']));
  const firstLines = new Map<string, number>();
  const chosen = found.flatMap(({ line, request, basis, person, erased: before }): Chosen[] => {
    const subject = referenceOf.get(line) ?? before[0]?.subject ?? '';
    try {
      const others = before.filter((other) => other.subject !== subject);
      if (others.length > 0) throw new GdprError('SEVERAL', `${others.length + 1} people match`);
      if (request !== undefined) checkRequester(request, subject);
      const first = firstLines.get(subject);
      if (first !== undefined) throw new GdprError('REFUSED', `the same person stands on line ${first}`);
      firstLines.set(subject, line.line);
      const number = request === undefined ? {} : { request: request.number };
      return [{ line: line.line, ...number, person, subject, basis, language: line.language }];
    } catch (error) {
      leave(line, error);
      return [];
    }
  });
  return { chosen, left };
}

interface Prepared {
  readonly line: PersonLine;
  readonly request: StoredRequest | undefined;
  readonly query: PersonQuery;
  readonly basis: Basis;
}

function prepared(line: PersonLine, requests: ReadonlyMap<string, StoredRequest>, kind: Kind): Prepared {
  const request = line.request === undefined ? undefined : requests.get(line.request);
  if (line.request !== undefined && request === undefined) {
    throw new GdprError('NOT_FOUND', `there is no request ${line.request}`, { hint: 'see: gdpr request list --all' });
  }
  if (request !== undefined) checkRequest(request, kind);
  const query = request === undefined ? line.query : queryFor(request, line.query);
  return { line, request, query, basis: basisOf(line.verified, request) };
}

/** Erased people by what each line gives; none of a line that cannot be answered. */
async function erasedAmong(
  context: Context,
  asked: readonly Prepared[],
  resolved: readonly Resolved[],
): Promise<ErasedMatch[][]> {
  const answered = asked.flatMap(({ query }, i) => ('people' in (resolved[i] ?? {}) ? [{ i, query }] : []));
  const found = await findErasedOf(
    context,
    answered.map(({ query }) => query),
  );
  const byLine = new Map(answered.map(({ i }, at) => [i, found[at] ?? []]));
  return asked.map((_, i) => byLine.get(i) ?? []);
}

function theOne(resolved: Resolved | undefined, erased: readonly ErasedMatch[]): FoundPerson {
  if (resolved === undefined) throw new GdprError('NOBODY', 'nobody matches');
  if ('fault' in resolved) throw resolved.fault;
  const [person, ...others] = resolved.people;
  if (person === undefined) {
    const [first] = erased;
    if (first === undefined) throw new GdprError('NOBODY', 'nobody matches');
    return erasedMatch(first).person;
  }
  if (others.length > 0) throw new GdprError('SEVERAL', `${others.length + 1} people match`);
  if (!resolved.identified) {
    throw new GdprError('SEVERAL', 'what is given is mentioned in rows of one person, but does not identify them');
  }
  return person;
}
