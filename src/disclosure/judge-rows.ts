import { timeText } from '../audit/append.js';
import { presentInstant } from '../consent/instant.js';
import { hasherOf } from '../customer/find-customer.js';
import { aliasesOf } from '../customer/people.js';
import type { Session } from '../database/session.js';
import type { Catalog } from '../datamap/catalog.js';
import type { PersonalTableModel } from '../datamap/model.js';
import { knownReferences, referencesOf } from '../identity/reference.js';
import type { Context } from '../workspace/open.js';
import { partyConsents } from './consented-to.js';
import { MANIFEST } from './manifest.js';
import { peopleOfRows } from './row-people.js';

/** Rows looked at together; memory is bounded by it. */
const BATCH = 10_000;

/** Why rows are not handed over: `erased` of people who were erased, `restricted` of who has their data restricted. */
export type LeftRows = Readonly<Record<'restricted' | 'erased', number>>;

/**
 * Whose the rows of a manifest are (`manifest_subject (n, subject)`), and which of them are not given (`manifest_left
 * (n, reason)`): rows of erased people, and of people whose data is restricted (Art. 18), unless an open order of
 * theirs needs the row and they agreed that this party gets these categories for this purpose.
 */
export async function judgeRows(
  session: Session,
  context: Context,
  catalog: Catalog,
  of: {
    readonly table: PersonalTableModel;
    readonly parties: readonly string[];
    readonly purpose: string;
    readonly categories: readonly string[];
  },
  onProgress: (done: number, total: number) => void,
): Promise<LeftRows> {
  await session.run(
    'CREATE TEMPORARY TABLE manifest_subject (n integer, subject text, PRIMARY KEY (n, subject)) ON COMMIT DROP',
  );
  await session.run(
    'CREATE TEMPORARY TABLE manifest_known (subject text, reference text, PRIMARY KEY (subject, reference)) ON COMMIT DROP',
  );
  await session.run(
    'CREATE TEMPORARY TABLE manifest_left (n integer PRIMARY KEY, reason text NOT NULL) ON COMMIT DROP',
  );
  const [size] = await session.query<{ total: number }>(`SELECT count(*)::integer AS total FROM ${MANIFEST}`);
  for (let last = 0; ; ) {
    const rows = await session.query<{ n: number; key: string }>(
      `SELECT n, key FROM ${MANIFEST} WHERE n > $1 ORDER BY n LIMIT ${BATCH}`,
      [last],
    );
    const end = rows.at(-1);
    if (end === undefined) break;
    await takePeople(session, context, catalog, of.table, rows);
    last = end.n;
    onProgress(last, size?.total ?? 0);
  }
  for (const table of ['subject', 'known']) await session.run(`ANALYZE pg_temp.manifest_${table}`);
  await session.run(
    `INSERT INTO pg_temp.manifest_left (n, reason)
     SELECT r.n, 'erased' FROM ${MANIFEST} r WHERE r.kept OR EXISTS (
       SELECT FROM pg_temp.manifest_subject s JOIN pg_temp.manifest_known k USING (subject)
       JOIN gdpr.tombstone t ON t.subject = k.reference WHERE s.n = r.n)
     ON CONFLICT DO NOTHING`,
  );
  await leaveRestricted(session, of);
  const left = await session.query<{ reason: 'restricted' | 'erased'; rows: number }>(
    'SELECT reason, count(*)::integer AS rows FROM pg_temp.manifest_left GROUP BY reason',
  );
  const count = (reason: string) => left.find((each) => each.reason === reason)?.rows ?? 0;
  return { restricted: count('restricted'), erased: count('erased') };
}

async function takePeople(
  session: Session,
  { model, keys }: Context,
  catalog: Catalog,
  table: PersonalTableModel,
  rows: readonly { readonly n: number; readonly key: string }[],
): Promise<void> {
  const found = await peopleOfRows(
    session,
    model,
    catalog,
    table,
    rows.map(({ key }) => ({ table: table.name, key: JSON.parse(key) as string[] })),
  );
  const erased = rows.filter((_, i) => found[i]?.erased).map(({ n }) => n);
  const people = [...new Set(found.flatMap(({ people: theirs, erased: gone }) => (gone ? [] : theirs)))];
  const aliases = people.map((person) => aliasesOf(person, model));
  const hasher = hasherOf(keys);
  const subjects = await referencesOf(session, hasher, aliases);
  const known = await knownReferences(session, hasher, aliases);
  const subjectOf = new Map(people.map((person, i) => [person, subjects[i] ?? '']));
  const pairs = rows.flatMap(({ n }, i) =>
    found[i]?.erased === true
      ? []
      : (found[i]?.people ?? []).map((person) => ({ n, subject: subjectOf.get(person) ?? '' })),
  );
  await session.run(
    'INSERT INTO pg_temp.manifest_subject SELECT * FROM unnest($1::integer[], $2::text[]) ON CONFLICT DO NOTHING',
    [pairs.map(({ n }) => n), pairs.map(({ subject }) => subject)],
  );
  const references = subjects.flatMap((subject, i) =>
    [...new Set([subject, ...(known[i] ?? [])])].map((reference) => ({ subject, reference })),
  );
  await session.run(
    'INSERT INTO pg_temp.manifest_known SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT DO NOTHING',
    [references.map(({ subject }) => subject), references.map(({ reference }) => reference)],
  );
  await session.run(
    "INSERT INTO pg_temp.manifest_left SELECT n, 'erased' FROM unnest($1::integer[]) n ON CONFLICT DO NOTHING",
    [erased],
  );
}

/** The people here who are restricted are few, and so are their consents. */
async function leaveRestricted(
  session: Session,
  { parties, purpose, categories }: { parties: readonly string[]; purpose: string; categories: readonly string[] },
): Promise<void> {
  const restricted = await session.query<{ subject: string; at: string }>(
    `SELECT k.subject, ${timeText('max(r.placed_at)')} AS at FROM pg_temp.manifest_known k
     JOIN gdpr.restriction r ON r.subject = k.reference WHERE r.lifted_at IS NULL GROUP BY k.subject`,
  );
  if (restricted.length === 0) return;
  const subjects = restricted.map(({ subject }) => subject);
  const since = new Map(restricted.map(({ subject, at }) => [subject, at]));
  const consents = await partyConsents(session, subjects, parties, await presentInstant(session));
  const agreed = consents.filter(
    (each) =>
      each.state === 'given' &&
      each.purpose === purpose &&
      // What was agreed to before the restriction does not lift it (Art. 18(2)).
      each.since > (since.get(each.subject) ?? '') &&
      categories.every((id) => each.categories.includes(id)),
  );
  const agreeing = new Set(agreed.map(({ subject }) => subject));
  await session.run(
    `INSERT INTO pg_temp.manifest_left (n, reason)
     SELECT r.n, 'restricted' FROM ${MANIFEST} r
     WHERE EXISTS (SELECT FROM pg_temp.manifest_subject s WHERE s.n = r.n
       AND (s.subject = ANY ($2::text[]) OR NOT r.open AND s.subject = ANY ($1::text[])))
     ON CONFLICT DO NOTHING`,
    [subjects, subjects.filter((subject) => !agreeing.has(subject))],
  );
}
