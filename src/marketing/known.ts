import { ROOTS } from '../consent/fold-sql.js';
import { rowId } from '../customer/roots.js';
import type { AddressHasher } from '../customer/suppression/suppress.js';
import { assertComparable } from '../customer/suppression/suppressed.js';
import { inPieces } from '../database/pieces.js';
import type { Session } from '../database/session.js';
import { GdprError } from '../foundation/errors.js';
import { type IdentifierOptions, nameTokens, parse } from '../identity/kinds.js';
import type { AliasHasher } from '../identity/reference.js';
import { addressColumn, addressSql, JOIN_READ, textSql } from './addresses.js';
import { type AudienceChannel, CANDIDATES, type CarriedText, JUDGED } from './candidates.js';

/** Rows whose codes are made and looked up at a time; memory is bounded by it. */
const PIECE = 5000;

/** Under which references candidates are known, whose row was erased, and whose address is suppressed for profiling. */
const CREATE_KNOWN = [
  // own: the reference is of the row itself; other: of somebody with rows of their own who was not erased, and so is another.
  `CREATE TEMPORARY TABLE audience_known (n bigint NOT NULL, root text NOT NULL, own boolean NOT NULL,
     other boolean NOT NULL) ON COMMIT DROP`,
  'CREATE TEMPORARY TABLE audience_erased (n bigint NOT NULL) ON COMMIT DROP',
  'CREATE TEMPORARY TABLE audience_unprofiled (n bigint NOT NULL) ON COMMIT DROP',
  `CREATE TEMPORARY TABLE audience_root ON COMMIT DROP AS ${ROOTS}`,
];

export interface Codes {
  readonly alias: AliasHasher;
  /** The newest first. */
  readonly suppression: readonly AddressHasher[];
}

export interface KnownRules {
  readonly channel: AudienceChannel;
  readonly spelling: IdentifierOptions;
  /** The table of each source, by its number; of one without a key no row is known again by its place. */
  readonly tables: readonly { readonly name: string; readonly keyed: boolean }[];
}

export type KnownProgress = (done: number, total: number) => void;

interface CandidateRow {
  readonly [key: string]: unknown;
  readonly n: string;
  readonly place: number;
  readonly key: string;
  readonly email: string | null;
  readonly phone: string | null;
  readonly name: string | null;
}

/** Whether people are known, or were erased, by an alias of a kind: what nobody is known by need not be computed. */
export interface KnownKinds extends Record<string, unknown> {
  readonly row: boolean;
  readonly email: boolean;
  readonly named: boolean;
  readonly phone: boolean;
  readonly erased: boolean;
}

export async function knownKinds(session: Session): Promise<KnownKinds> {
  const alias = (kind: string) => `EXISTS (SELECT FROM gdpr.subject_alias WHERE kind = '${kind}')`;
  const [kinds] = await session.query<KnownKinds>(
    `SELECT ${alias('row')} AS row, ${alias('email')} AS email, ${alias('email and name')} AS named, ${alias('phone')} AS phone,
       EXISTS (SELECT FROM gdpr.tombstone_identifier WHERE kind = 'row') AS erased`,
  );
  return kinds ?? { row: true, email: true, named: true, phone: true, erased: true };
}

/** The texts of candidates by which somebody may be known. */
export function textsKnown({ email, named, phone }: KnownKinds): CarriedText[] {
  return [
    ...(email || named ? ['email' as const] : []),
    ...(named ? ['name' as const] : []),
    ...(phone ? ['phone' as const] : []),
  ];
}

/**
 * Looks the candidates' keyed codes up, as far as there is anybody to be found by them: a statement a piece or two,
 * whatever it holds.
 * @returns whether any was found
 * @throws GdprError KEY_MISSING when people are known, or addresses suppressed, under a secret that is not here
 */
export async function lookUpKnown(
  session: Session,
  codes: Codes,
  rules: KnownRules,
  kinds: KnownKinds,
  onProgress: KnownProgress,
): Promise<boolean> {
  await assertComparable(session, codes.suppression);
  await assertKnown(
    session,
    codes.suppression.map(({ version }) => version),
  );
  for (const create of CREATE_KNOWN) await session.run(create);
  if (!Object.values(kinds).includes(true)) return false;
  const [size] = await session.query<{ total: string }>(`SELECT count(*)::text AS total FROM ${CANDIDATES}`);
  const total = Number(size?.total ?? 0);
  let done = 0;
  let found = 0;
  await inPieces<CandidateRow>(
    session,
    `SELECT c.n::text AS n, c.place, c.key, ${textSql(rules.channel, 'email')} AS email, ${textSql(rules.channel, 'phone')} AS phone, c.name
     FROM ${CANDIDATES} c`,
    async (rows) => {
      found += await lookUp(session, codes.alias, rules, kinds, rows);
      done += rows.length;
      onProgress(done, total);
    },
    PIECE,
  );
  await session.run('ANALYZE pg_temp.audience_known');
  return found > 0;
}

/** @throws GdprError KEY_MISSING when people are known under a version of the secret that is not here */
async function assertKnown(session: Session, versions: readonly string[]): Promise<void> {
  const [row] = await session.query<{ version: string }>(
    `SELECT key_version AS version FROM gdpr.subject_alias WHERE key_version <> ALL ($1::text[])
     UNION ALL SELECT key_version FROM gdpr.tombstone_identifier WHERE key_version <> ALL ($1::text[]) LIMIT 1`,
    [versions],
  );
  if (row === undefined) return;
  throw new GdprError('KEY_MISSING', `people are known by codes of the key ${row.version}, which is not here`, {
    hint: 'bring it from its copy: gdpr key import FILE; without it, nobody can tell who said no',
  });
}

async function lookUp(
  session: Session,
  hasher: AliasHasher,
  rules: KnownRules,
  kinds: KnownKinds,
  rows: readonly CandidateRow[],
): Promise<number> {
  const row = rows.flatMap(({ n, place, key }) => {
    const table = rules.tables[place];
    if (table?.keyed !== true || !(kinds.row || kinds.erased)) return [];
    const id = rowId({ table: table.name, key: JSON.parse(key) as string[] });
    return hasher.hmacs(`row\n${id}`).map((hmac) => ({ n, hmac, own: true }));
  });
  const others = rows.flatMap((each) =>
    aliasTexts(each, kinds, rules.spelling).flatMap((text) =>
      hasher.hmacs(text).map((hmac) => ({ n: each.n, hmac, own: false })),
    ),
  );
  let erased = 0;
  if (kinds.erased) {
    erased = await session.run(
      `INSERT INTO pg_temp.audience_erased
       SELECT DISTINCT u.n FROM unnest($1::bigint[], $2::text[]) u (n, hmac) JOIN gdpr.tombstone_identifier t ON t.hmac = u.hmac
       WHERE t.kind = 'row'`,
      [row.map(({ n }) => n), row.map(({ hmac }) => hmac)],
    );
  }
  const known = [...row, ...others];
  const found = await session.run(
    `INSERT INTO pg_temp.audience_known (n, root, own, other)
     SELECT m.n, m.root, m.own,
       NOT m.own AND EXISTS (SELECT FROM gdpr.subject_alias o WHERE o.reference = m.root AND o.kind = 'row')
         AND NOT EXISTS (SELECT FROM gdpr.tombstone t WHERE t.subject = m.root)
     FROM (
       SELECT u.n, coalesce(r.root, a.reference) AS root, bool_or(u.own) AS own
       FROM unnest($1::bigint[], $2::text[], $3::boolean[]) u (n, hmac, own)
       JOIN gdpr.subject_alias a ON a.hmac = u.hmac
       LEFT JOIN pg_temp.audience_root r ON r.reference = a.reference
       GROUP BY u.n, coalesce(r.root, a.reference)
     ) m`,
    [known.map(({ n }) => n), known.map(({ hmac }) => hmac), known.map(({ own }) => own)],
  );
  return erased + found;
}

/** What a row's identifiers are called as aliases of a person; a shared e-mail is told from another's by the name. */
function aliasTexts({ email, phone, name }: CandidateRow, kinds: KnownKinds, spelling: IdentifierOptions): string[] {
  const emails = email === null || !(kinds.email || kinds.named) ? [] : parse('email', email, spelling);
  const phones = phone === null || !kinds.phone ? [] : parse('phone', phone, spelling);
  const called = name === null || !kinds.named ? '' : nameTokens(name).toSorted().join(' ');
  return [
    ...emails.flatMap((value) => [
      ...(kinds.email ? [`email\n${value}`] : []),
      ...(called === '' ? [] : [`email and name\n${value}\n${called}`]),
    ]),
    ...phones.map((value) => `phone\n${value}`),
  ];
}

/** Notes whose address is suppressed for profiling, which keeps them out of every segment. */
export async function lookUpUnprofiled(session: Session, codes: Codes, channel: AudienceChannel): Promise<void> {
  const wanted = `SELECT a.n::text AS n, a.address FROM (
      SELECT c.n, ${addressSql(channel, true).address} AS address FROM ${CANDIDATES} c ${JOIN_READ} WHERE c.in_segment
    ) a WHERE a.address IS NOT NULL`;
  await lookUpSuppressed(session, codes, channel, ['insight'], wanted, (codesOfPiece) =>
    session.run(
      `INSERT INTO pg_temp.audience_unprofiled SELECT DISTINCT u.n FROM unnest($1::bigint[], $2::text[]) u (n, hmac)
       JOIN gdpr.suppression x ON x.hmac = u.hmac WHERE x.channel = 'insight'`,
      codesOfPiece,
    ),
  );
}

/**
 * Leaves out whose address is suppressed, unless they consented themselves since then. Only those are looked up for whom
 * this reason would be the first.
 */
export async function leaveOutSuppressed(
  session: Session,
  codes: Codes,
  channel: AudienceChannel,
  laterReasons: readonly string[],
): Promise<void> {
  const later = laterReasons.map((reason) => `'${reason}'`).join(', ');
  const wanted = `SELECT j.n::text AS n, j.address FROM ${JUDGED} j
    WHERE j.address IS NOT NULL AND (j.reason IS NULL OR j.reason IN (${later}))`;
  await session.run(
    'CREATE TEMPORARY TABLE audience_suppressed (n bigint NOT NULL, suppressed_at timestamptz NOT NULL) ON COMMIT DROP',
  );
  const found = await lookUpSuppressed(session, codes, channel, ['all', channel], wanted, (codesOfPiece) =>
    session.run(
      `INSERT INTO pg_temp.audience_suppressed
       SELECT u.n, max(x.suppressed_at) FROM unnest($1::bigint[], $2::text[]) u (n, hmac)
       JOIN gdpr.suppression x ON x.hmac = u.hmac WHERE x.channel IN ('all', '${channel}') GROUP BY u.n`,
      codesOfPiece,
    ),
  );
  if (!found) return;
  await session.run('ANALYZE pg_temp.audience_suppressed');
  await session.run(`ANALYZE ${JUDGED} (n)`);
  await session.run(
    `UPDATE ${JUDGED} j SET reason = 'suppressed' FROM pg_temp.audience_suppressed s
     WHERE s.n = j.n AND NOT coalesce(j.own_at > s.suppressed_at, false)`,
  );
}

/** Makes the codes of addresses, piece by piece, where addresses are suppressed on one of the channels at all. */
async function lookUpSuppressed(
  session: Session,
  { suppression }: Codes,
  channel: AudienceChannel,
  channels: readonly string[],
  wanted: string,
  write: (codes: [n: string[], hmac: string[]]) => Promise<unknown>,
): Promise<boolean> {
  const kind = addressColumn(channel);
  const [any] = await session.query<{ any: boolean }>(
    'SELECT EXISTS (SELECT FROM gdpr.suppression WHERE channel = ANY ($1::text[])) AS any',
    [channels],
  );
  if (any?.any !== true) return false;
  await inPieces<{ n: string; address: string }>(
    session,
    wanted,
    async (rows) => {
      const codes = rows.flatMap(({ n, address }) =>
        suppression.map((hasher) => ({ n, hmac: hasher.hmac({ kind, value: address }) })),
      );
      await write([codes.map(({ n }) => n), codes.map(({ hmac }) => hmac)]);
    },
    PIECE,
  );
  return true;
}
