import { ROOTS } from '../consent/fold-sql.js';
import { rowId } from '../customer/roots.js';
import type { Address } from '../customer/suppression/addresses.js';
import type { AddressHasher } from '../customer/suppression/suppress.js';
import { assertComparable } from '../customer/suppression/suppressed.js';
import type { Session } from '../database/session.js';
import { GdprError } from '../foundation/errors.js';
import type { IdentifierOptions } from '../identity/kinds.js';
import { nameTokens, parse } from '../identity/kinds.js';
import { isMobile } from '../identity/phone.js';
import type { AliasHasher } from '../identity/reference.js';
import { type AudienceChannel, CANDIDATES } from './candidates.js';

/** Rows read and looked up at a time; memory is bounded by it. */
const BATCH = 5000;

/**
 * Beside the candidates: their address in its normal form (`fault` where there is none to send to), and under which
 * references they are known, suppressed or erased.
 */
export const CREATE_ADDRESSES = [
  `CREATE TEMPORARY TABLE audience_address (n bigint PRIMARY KEY, address text, fault text, role boolean NOT NULL,
     code text, suppressed_at timestamptz, no_insight boolean NOT NULL, erased boolean NOT NULL) ON COMMIT DROP`,
  // own: the reference is of the row itself; other: of somebody with rows of their own who was not erased, and so is another.
  `CREATE TEMPORARY TABLE audience_known (n bigint NOT NULL, root text NOT NULL, own boolean NOT NULL,
     other boolean NOT NULL) ON COMMIT DROP`,
  // Every address that a cell can be read as: what is said against it counts for others who have one of them.
  'CREATE TEMPORARY TABLE audience_form (n bigint NOT NULL, form text NOT NULL) ON COMMIT DROP',
  `CREATE TEMPORARY TABLE audience_root ON COMMIT DROP AS ${ROOTS}`,
];

export interface Codes {
  readonly alias: AliasHasher;
  /** The newest first. */
  readonly suppression: readonly AddressHasher[];
}

export interface AddressRules {
  readonly channel: AudienceChannel;
  readonly spelling: IdentifierOptions;
  readonly roleMailboxes: ReadonlySet<string>;
  /** The table of each source; of one without a key no row is known again by its place. */
  readonly tables: ReadonlyMap<string, { readonly name: string; readonly keyed: boolean }>;
}

interface CandidateRow {
  readonly [key: string]: unknown;
  readonly n: string;
  readonly source: string;
  readonly key: string;
  readonly email: string | null;
  readonly phone: string | null;
  readonly name: string | null;
}

/** What is done with an address before anything is asked about the person: read it, or say why it cannot be used. */
type ReadAddress =
  | { readonly address: Address }
  | { readonly fault: 'no-address' | 'invalid-address' | 'not-mobile' | 'erased' };

/** RFC 2606; our own pseudonyms of erased people end so. */
const NOWHERE = /(?:^|[@.])(?:invalid|test|localhost)$/;
/** A spreadsheet would take a cell that begins so for a formula, and an address cannot be defused. */
const FORMULA = /^[=+\-@]/;
/** RFC 5321 4.5.3.1, and a domain with a dot whose labels are not empty. */
const SENDABLE = /^[^@]{1,64}@(?=.{1,255}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/;
const UNSENDABLE_LOCAL = /^\.|\.\.|\.@|["(),:;[\]\\]/;

/** An address as it can be written to, or why it cannot. A text that may stand for several phones is no address. */
function readAddress(
  raw: string | null,
  { channel, spelling }: Pick<AddressRules, 'channel' | 'spelling'>,
): ReadAddress {
  if (raw === null || raw.trim() === '') return { fault: 'no-address' };
  if (channel === 'email') {
    const [value, ...others] = parse('email', raw, spelling);
    if (value === undefined || others.length > 0) return { fault: 'invalid-address' };
    if (value.endsWith('@erased.invalid')) return { fault: 'erased' };
    if (NOWHERE.test(value) || FORMULA.test(value) || UNSENDABLE_LOCAL.test(value) || !SENDABLE.test(value))
      return { fault: 'invalid-address' };
    return { address: { kind: 'email', value } };
  }
  const numbers = parse('phone', raw, spelling);
  const mobiles = numbers.filter(isMobile);
  if (numbers.length === 1 && mobiles.length === 1) return { address: { kind: 'phone', value: numbers[0] as string } };
  return { fault: numbers.length === 1 ? 'not-mobile' : 'invalid-address' };
}

/**
 * Reads the candidates in batches, finds the normal form of each address, and looks their keyed codes up: a handful of
 * statements a batch, whatever it holds.
 */
export async function lookUpAddresses(
  session: Session,
  codes: Codes,
  rules: AddressRules,
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  await assertComparable(session, codes.suppression);
  await assertKnown(
    session,
    codes.suppression.map(({ version }) => version),
  );
  const [size] = await session.query<{ total: string }>(`SELECT count(*)::text AS total FROM ${CANDIDATES}`);
  const total = Number(size?.total ?? 0);
  for (let last = '0', done = 0; ; ) {
    const rows = await session.query<CandidateRow>(
      `SELECT c.n::text AS n, source, key, email, phone, name FROM ${CANDIDATES} c WHERE c.n > $1::bigint ORDER BY c.n LIMIT ${BATCH}`,
      [last],
    );
    const end = rows.at(-1);
    if (end === undefined) return;
    await lookUp(session, codes, rules, rows);
    last = end.n;
    done += rows.length;
    onProgress(done, total);
  }
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
  codes: Codes,
  rules: AddressRules,
  rows: readonly CandidateRow[],
): Promise<void> {
  const read = rows.map((row) => readAddress(rules.channel === 'email' ? row.email : row.phone, rules));
  const suppression = rows.flatMap(({ n }, i) => {
    const one = read[i];
    if (one === undefined || !('address' in one)) return [];
    return codes.suppression.map((hasher) => ({ n, version: hasher.version, hmac: hasher.hmac(one.address) }));
  });
  const row = rows.flatMap(({ n, source, key }) => {
    const table = rules.tables.get(source);
    if (table?.keyed !== true) return [];
    const id = rowId({ table: table.name, key: JSON.parse(key) as string[] });
    return codes.alias.hmacs(`row\n${id}`).map((hmac) => ({ n, hmac, own: true }));
  });
  const others = rows.flatMap(({ n, email, phone, name }) =>
    aliasTexts(email, phone, name, rules.spelling).flatMap((text) =>
      codes.alias.hmacs(text).map((hmac) => ({ n, hmac, own: false })),
    ),
  );
  await session.run(
    `INSERT INTO pg_temp.audience_address (n, address, fault, role, code, suppressed_at, no_insight, erased)
     SELECT u.n, u.address, u.fault, u.role, u.code, s.at, coalesce(s.insight, false),
       EXISTS (SELECT FROM unnest($8::bigint[], $9::text[]) r (n, hmac) JOIN gdpr.tombstone_identifier t ON t.hmac = r.hmac
               WHERE r.n = u.n AND t.kind = 'row')
     FROM unnest($1::bigint[], $2::text[], $3::text[], $4::boolean[], $5::text[]) u (n, address, fault, role, code)
     LEFT JOIN (
       SELECT c.n, max(x.suppressed_at) FILTER (WHERE x.channel IN ('all', $10)) AS at, bool_or(x.channel = 'insight') AS insight
       FROM unnest($6::bigint[], $7::text[]) c (n, hmac) JOIN gdpr.suppression x ON x.hmac = c.hmac
       GROUP BY c.n
     ) s ON s.n = u.n`,
    [
      rows.map(({ n }) => n),
      read.map((one) => ('address' in one ? one.address.value : null)),
      read.map((one) => ('fault' in one ? one.fault : null)),
      read.map((one) => 'address' in one && isRole(one.address, rules.roleMailboxes)),
      read.map((one) => ('address' in one ? (codes.suppression[0]?.hmac(one.address) ?? null) : null)),
      suppression.map(({ n }) => n),
      suppression.map(({ hmac }) => hmac),
      row.map(({ n }) => n),
      row.map(({ hmac }) => hmac),
      rules.channel,
    ],
  );
  const kind = rules.channel === 'email' ? 'email' : 'phone';
  const forms = rows.flatMap((each) =>
    parse(kind, each[kind] ?? '', rules.spelling).map((form) => ({ n: each.n, form })),
  );
  await session.run('INSERT INTO pg_temp.audience_form SELECT * FROM unnest($1::bigint[], $2::text[])', [
    forms.map(({ n }) => n),
    forms.map(({ form }) => form),
  ]);
  const known = [...row, ...others];
  await session.run(
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
}

/** What a row's identifiers are called as aliases of a person; a shared e-mail is told from another's by the name. */
function aliasTexts(
  email: string | null,
  phone: string | null,
  name: string | null,
  spelling: IdentifierOptions,
): string[] {
  const emails = email === null ? [] : parse('email', email, spelling);
  const phones = phone === null ? [] : parse('phone', phone, spelling);
  const called = name === null ? '' : nameTokens(name).toSorted().join(' ');
  return [
    ...emails.flatMap((value) => [
      `email\n${value}`,
      ...(called === '' ? [] : [`email and name\n${value}\n${called}`]),
    ]),
    ...phones.map((value) => `phone\n${value}`),
  ];
}

function isRole({ kind, value }: Address, roleMailboxes: ReadonlySet<string>): boolean {
  return kind === 'email' && roleMailboxes.has(value.slice(0, value.indexOf('@')));
}
