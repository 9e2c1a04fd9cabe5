import { foldSql, ROOTS, saidSql } from '../consent/fold-sql.js';
import { hasherOf } from '../customer/find-customer.js';
import { rowId } from '../customer/roots.js';
import { addressHashers } from '../customer/suppression/suppress.js';
import { assertComparable } from '../customer/suppression/suppressed.js';
import type { Session } from '../database/session.js';
import type { Catalog } from '../datamap/catalog.js';
import { spellingOf } from '../datamap/match.js';
import { canonicalName } from '../datamap/names.js';
import type { Condition, Marketing } from '../datamap/schema.js';
import { column, conditions, fromTable, keyOf, textLiteral } from '../datamap/sql.js';
import { ownedTable } from '../datamap/ways.js';
import { assertGoingOn } from '../foundation/interrupt.js';
import { nameTokens, parse } from '../identity/kinds.js';
import type { Context } from '../workspace/open.js';
import { categoriesOf, languageOf, placeOf } from './insight-columns.js';
import { tablesByName } from './orders-of.js';
import { type Segment, segmentCondition } from './segment.js';

/** What is asked about people; nothing else of them is read. */
export interface Questions {
  readonly language: boolean;
  readonly place: boolean;
  readonly category: boolean;
  readonly segments: readonly Segment[];
  /** The purposes of which it matters who consented explicitly. */
  readonly purposes: readonly string[];
}

/** Rows read and looked up at a time; memory is bounded by it. */
const BATCH = 5000;

const CREATE = [
  `CREATE TEMPORARY TABLE insight_row (n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, rank integer NOT NULL, source text NOT NULL,
     key text NOT NULL, email text, phone text, name text, language text, place text, categories text[], segments boolean[] NOT NULL)
   ON COMMIT DROP`,
  `CREATE TEMPORARY TABLE insight_known (n bigint PRIMARY KEY, person text NOT NULL, stopped boolean NOT NULL, consents text[] NOT NULL)
   ON COMMIT DROP`,
  `CREATE TEMPORARY TABLE insight_root ON COMMIT DROP AS ${ROOTS}`,
  `CREATE TEMPORARY TABLE insight_stopped ON COMMIT DROP AS
   SELECT DISTINCT coalesce(r.root, s.subject) AS root
   FROM (SELECT subject FROM gdpr.objection WHERE purpose = 'insight'
         UNION ALL SELECT subject FROM gdpr.restriction WHERE lifted_at IS NULL
         UNION ALL SELECT subject FROM gdpr.tombstone) s
   LEFT JOIN pg_temp.insight_root r ON r.reference = s.subject`,
];

/** Where people stand on the purposes, on each channel, and when they last took a consent back. */
function consented(marketing: string, purposes: readonly string[]): string {
  const wanted = purposes.length === 0 ? 'false' : `x.purpose IN (${purposes.map(textLiteral).join(', ')})`;
  const said = `SELECT x.* FROM (${saidSql(textLiteral(marketing))}) x WHERE x.party IS NULL AND x.event_at <= transaction_timestamp() AND ${wanted}`;
  return `CREATE TEMPORARY TABLE insight_consent ON COMMIT DROP AS
SELECT f.root, f.purpose, f.channel, f.state, f.since, greatest(f.withdrawn_at, f.expired_at) AS stopped_at FROM (${foldSql(said)}) f`;
}

/**
 * One row a person: an e-mail address, or where there is none a phone, or the row itself. Of a person who stands in
 * several sources the first says in which segment they are. Nobody is here of whom any row or address is stopped.
 */
const PEOPLE = `
CREATE TEMPORARY TABLE insight_person ON COMMIT DROP AS
SELECT k.person, (array_agg(w.language ORDER BY w.rank, w.n) FILTER (WHERE w.language <> ''))[1] AS language,
  (array_agg(w.place ORDER BY w.rank, w.n) FILTER (WHERE w.place IS NOT NULL))[1] AS place,
  (array_agg(to_json(w.segments) ORDER BY w.rank, w.n))[1] AS segments,
  (array_agg(to_json(w.categories) ORDER BY w.rank, w.n))[1] AS categories,
  string_agg(DISTINCT array_to_string(k.consents, ' '), ' ') AS consents
FROM pg_temp.insight_row w JOIN pg_temp.insight_known k USING (n)
GROUP BY k.person HAVING NOT bool_or(k.stopped)`;

/**
 * Fills `pg_temp.insight_person` in the caller's transaction: everybody of the map's marketing sources but legal
 * persons, accounts that are out of use, and whoever objected to profiling, is restricted or was erased. A statement a
 * source, then three a batch of rows.
 */
export async function gatherPeople(
  session: Session,
  context: Pick<Context, 'model' | 'keys' | 'surroundings'>,
  catalog: Catalog,
  questions: Questions,
  snapshot: string,
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  const { marketing } = context.model.map;
  if (marketing === undefined) throw new Error('a map without a part on marketing');
  for (const statement of CREATE) await session.run(statement);
  await session.run(consented(marketing.purpose, questions.purposes));
  for (const statement of rowStatements(context, catalog, questions, snapshot)) await session.run(statement);
  for (const table of ['row', 'root', 'stopped', 'consent']) await session.run(`ANALYZE pg_temp.insight_${table}`);
  const hashers = addressHashers(context.keys);
  await assertComparable(session, hashers);
  const [size] = await session.query<{ total: string }>('SELECT count(*)::text AS total FROM pg_temp.insight_row');
  const total = Number(size?.total ?? 0);
  for (let last = '0', done = 0; ; ) {
    assertGoingOn(context.surroundings.signal);
    const rows = await session.query<InsightRow>(
      `SELECT w.n::text AS n, w.source, w.key, w.email, w.phone, w.name FROM pg_temp.insight_row w WHERE w.n > $1::bigint ORDER BY w.n LIMIT ${BATCH}`,
      [last],
    );
    const end = rows.at(-1);
    if (end === undefined) break;
    await lookUp(session, context, rows);
    last = end.n;
    done += rows.length;
    onProgress(done, total);
  }
  await session.run('ANALYZE pg_temp.insight_known');
  await session.run(PEOPLE);
}

interface InsightRow {
  readonly [key: string]: unknown;
  readonly n: string;
  readonly source: string;
  /** The key's parts as a JSON list of texts. */
  readonly key: string;
  readonly email: string | null;
  readonly phone: string | null;
  readonly name: string | null;
}

type Sources = Marketing['sources'];

function rowStatements(
  { model }: Pick<Context, 'model'>,
  catalog: Catalog,
  questions: Questions,
  snapshot: string,
): string[] {
  const sources = model.map.marketing?.sources ?? {};
  const nothing = { sql: 'NULL', joins: [] };
  // A person in several sources is described by the one that tells the most of its people.
  const told = ({ language, place }: Sources[string]) => Number(language !== undefined) + Number(place !== undefined);
  const ranked = Object.entries(sources).sort(([, a], [, b]) => told(b) - told(a));
  return ranked.map(([id, source], rank) => {
    const table = ownedTable(source, tablesByName(model))?.table;
    if (table === undefined) throw new Error(`no table ${source.table} in the map`);
    const text = (name: string | undefined) => (name === undefined ? 'NULL' : `${column('t', name)}::text`);
    const key = keyOf(table, catalog).map(({ expression }) => `${expression}::text`);
    const language = questions.language ? languageOf(source) : nothing;
    const place = questions.place ? placeOf(model, catalog, source) : nothing;
    const categories = questions.category ? categoriesOf(model, catalog, source) : nothing;
    const segments = questions.segments.map((segment, i) =>
      segmentCondition(model, catalog, id, segment, { snapshot, prefix: `segment_${i}` }),
    );
    const joins = [...place.joins, ...categories.joins, ...segments.map((each) => each.joins)];
    const without = (list: readonly Condition[] | undefined) =>
      list === undefined ? [] : [`NOT coalesce(${conditions(list).join(' AND ')}, false)`];
    const where = [...conditions(source.when), ...without(source.legalPerson), ...without(source.closed)];
    return `INSERT INTO pg_temp.insight_row (rank, source, key, email, phone, name, language, place, categories, segments)
SELECT ${rank}, ${textLiteral(id)}, array_to_json(ARRAY[${key.join(', ')}])::text, ${text(source.email)}, ${text(source.phone)},
  ${text(source.name)}, ${language.sql}, ${place.sql}, ${categories.sql}, ARRAY[${segments.map(({ sql }) => sql).join(', ')}]::boolean[]
FROM ${fromTable(table, catalog)} t
${joins.join('\n')}
${where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`}`;
  });
}

/** Under which references and codes the rows of a batch are known, and what stands against counting them. */
async function lookUp(
  session: Session,
  { model, keys }: Pick<Context, 'model' | 'keys'>,
  rows: readonly InsightRow[],
): Promise<void> {
  const spelling = spellingOf(model);
  const alias = hasherOf(keys);
  const suppression = addressHashers(keys);
  const sources = model.map.marketing?.sources ?? {};
  const read = rows.map((row) => {
    const emails = row.email === null ? [] : parse('email', row.email, spelling);
    const phones = row.phone === null ? [] : parse('phone', row.phone, spelling);
    const id = rowId({ table: canonicalName(sources[row.source]?.table ?? ''), key: JSON.parse(row.key) as string[] });
    const called = row.name === null ? '' : nameTokens(row.name).toSorted().join(' ');
    const aliases = [
      `row\n${id}`,
      ...emails.flatMap((value) => [`email\n${value}`, `email and name\n${value}\n${called}`]),
    ];
    const addresses = [
      ...emails.map((value) => ({ kind: 'email', value }) as const),
      ...phones.map((value) => ({ kind: 'phone', value }) as const),
    ];
    return {
      n: row.n,
      person: emails[0] ?? [...phones].sort()[0] ?? id,
      aliases: aliases.flatMap((value) => alias.hmacs(value)),
      codes: addresses.flatMap((address) => suppression.map((hasher) => hasher.hmac(address))),
    };
  });
  const hashes = (of: 'aliases' | 'codes') => {
    const list = read.flatMap((each) => each[of].map((hmac) => ({ n: each.n, hmac })));
    return [list.map(({ n }) => n), list.map(({ hmac }) => hmac)];
  };
  await session.run(
    `WITH known AS MATERIALIZED (
       SELECT DISTINCT u.n, coalesce(r.root, a.reference) AS root
       FROM unnest($3::bigint[], $4::text[]) u (n, hmac) JOIN gdpr.subject_alias a ON a.hmac = u.hmac
       LEFT JOIN pg_temp.insight_root r ON r.reference = a.reference
     ),
     stopped AS MATERIALIZED (
       SELECT k.n FROM known k JOIN pg_temp.insight_stopped s ON s.root = k.root
       UNION SELECT u.n FROM unnest($3::bigint[], $4::text[]) u (n, hmac) JOIN gdpr.tombstone_identifier t ON t.hmac = u.hmac
       UNION SELECT u.n FROM unnest($5::bigint[], $6::text[]) u (n, hmac)
         JOIN gdpr.suppression s ON s.hmac = u.hmac WHERE s.channel = 'insight' OR s.source = 'erasure'
     ),
     consents AS MATERIALIZED (
       SELECT g.n, array_agg(DISTINCT g.purpose) AS purposes
       FROM (
         SELECT k.n, c.purpose FROM known k JOIN pg_temp.insight_consent c ON c.root = k.root
         GROUP BY k.n, c.purpose, c.channel
         HAVING NOT bool_or(c.state = 'objected')
           AND max(c.since) FILTER (WHERE c.state = 'given') > coalesce(max(c.stopped_at), '-infinity')
       ) g GROUP BY g.n
     )
     INSERT INTO pg_temp.insight_known (n, person, stopped, consents)
     SELECT u.n, u.person, s.n IS NOT NULL, coalesce(c.purposes, '{}')
     FROM unnest($1::bigint[], $2::text[]) u (n, person)
     LEFT JOIN stopped s ON s.n = u.n LEFT JOIN consents c ON c.n = u.n`,
    [read.map(({ n }) => n), read.map(({ person }) => person), ...hashes('aliases'), ...hashes('codes')],
  );
}
