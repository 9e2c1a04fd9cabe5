import { hasherOf } from '../customer/find-customer.js';
import { aliasesOf, type FoundPerson } from '../customer/people.js';
import type { Session } from '../database/session.js';
import { referencesOf } from '../identity/reference.js';
import type { Context } from '../workspace/open.js';
import { type Disclosed, type KnownPerson, subjectsOf } from './people.js';
import type { OpenScope } from './records.js';
import { peopleOfRows } from './row-people.js';

/** Rows looked at together; memory is bounded by it and by the number of people. */
const BATCH = 1000;

/** Somebody whom rows of the scope are about. */
interface RowsOf {
  readonly person: FoundPerson;
  readonly rows: number;
}

/** The people to whom the owners of the rows in the scope lead; rows without a key lead to nobody. */
export async function readOthers(session: Session, { model }: Context, scope: OpenScope): Promise<RowsOf[]> {
  const found: RowsOf[] = [];
  for (const { table, columns, keys } of scope.tables) {
    if (keys === undefined || columns.length === 0) continue;
    const rows = await session.query<{ key: string }>(`SELECT q.key::text AS key FROM (${keys.sql}) q`, keys.values);
    for (let i = 0; i < rows.length; i += BATCH) {
      const part = rows.slice(i, i + BATCH).map(({ key }) => ({ table: table.name, key: JSON.parse(key) as string[] }));
      const counts = new Map<FoundPerson, number>();
      for (const { people, erased } of await peopleOfRows(session, model, scope.catalog, table, part))
        if (!erased) for (const person of people) counts.set(person, (counts.get(person) ?? 0) + 1);
      for (const [person, n] of counts) found.push({ person, rows: n });
    }
  }
  return found;
}

/** The same people by their references, each once, without those whom the disclosure is about anyway. */
export async function othersOf(
  { database, keys, model }: Context,
  disclosed: Disclosed,
  found: readonly RowsOf[],
): Promise<(KnownPerson & { readonly rows: number })[]> {
  if (found.length === 0) return [];
  const subjects = await database.transaction('read committed', (session) =>
    referencesOf(
      session,
      hasherOf(keys),
      found.map(({ person }) => aliasesOf(person, model)),
    ),
  );
  const own = new Set([...subjectsOf(disclosed), ...disclosed.people.map(({ subject }) => subject)]);
  const others = new Map<string, KnownPerson & { readonly rows: number }>();
  found.forEach(({ person, rows }, i) => {
    const subject = subjects[i] ?? '';
    if (own.has(subject)) return;
    others.set(subject, { person, subject, rows: (others.get(subject)?.rows ?? 0) + rows });
  });
  return [...others.values()].sort((a, b) => (a.subject < b.subject ? -1 : 1));
}
