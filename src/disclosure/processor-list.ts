import { createHash, type Hash } from 'node:crypto';
import type { Encrypter } from 'age-encryption';
import { timeText } from '../audit/append.js';
import type { Session } from '../database/session.js';
import { encrypted } from '../delivery/age.js';
import type { NewFile } from '../delivery/new-file.js';
import { GdprError } from '../foundation/errors.js';
import { assertGoingOn } from '../foundation/interrupt.js';
import type { Context } from '../workspace/open.js';
import { judgeRows, type LeftRows } from './judge-rows.js';
import { MANIFEST, type ManifestColumn, manifestSql, manifestTable } from './manifest.js';
import { csvOf, NOTHING_GIVEN, SUBJECTS } from './manifest-csv.js';
import type { Gated } from './processor-gate.js';

/** A list as it was written. */
export interface Made {
  readonly columns: readonly ManifestColumn[];
  readonly purpose: string;
  readonly rows: number;
  readonly people: number;
  readonly left: LeftRows;
  /** UTC with microseconds. */
  readonly at: string;
  readonly sha256: string;
  readonly encrypted?: string;
}

/**
 * Writes the rows that are due, without those of people who are restricted or erased, into the file.
 * @throws GdprError REFUSED when nothing is due, or some order that was asked for is not; INTERRUPTED, FILE_UNAVAILABLE
 */
export async function makeList(
  session: Session,
  context: Context,
  { agreement, manifest, catalog, columns, categories }: Gated,
  orders: readonly string[],
  { file, encrypter }: { readonly file: NewFile; readonly encrypter: Encrypter | undefined },
  onProgress: (stage: 'rows' | 'people' | 'list', done: number, total: number) => void,
): Promise<Made> {
  const { model } = context;
  const numbers = [...new Set(orders.map((each) => each.trim()))];
  onProgress('rows', 0, 1);
  const headings = columns.map(({ heading }) => heading);
  await session.run(
    manifestSql(model, catalog, manifest, headings, numbers.length > 0),
    numbers.length > 0 ? [numbers] : [],
  );
  await session.run(`CREATE UNIQUE INDEX ON ${MANIFEST} (n)`);
  await session.run(`ANALYZE ${MANIFEST}`);
  if (numbers.length > 0) await assertDue(session, numbers.length);
  const table = manifestTable(model, manifest);
  const parties = [agreement.recipient, agreement.name];
  const left = await judgeRows(
    session,
    context,
    catalog,
    { table, parties, purpose: manifest.purpose, categories },
    (done, total) => {
      onProgress('people', done, total);
      assertGoingOn(context.surroundings.signal, NOTHING_GIVEN);
    },
  );
  const [counted] = await session.query<{ rows: number; people: number; at: string }>(
    `SELECT (SELECT count(*)::integer FROM ${MANIFEST} r WHERE NOT EXISTS (SELECT FROM pg_temp.manifest_left l WHERE l.n = r.n)) AS rows,
       (SELECT count(*)::integer FROM (${SUBJECTS}) s) AS people, ${timeText('transaction_timestamp()')} AS at`,
  );
  const { rows = 0, people = 0, at = '' } = counted ?? {};
  if (rows === 0) throw nothingLeft(left);
  onProgress('list', 0, rows);
  const hash = createHash('sha256');
  const csv = hashed(hash, csvOf(session, context, columns));
  const filled = await file.fill(encrypter === undefined ? csv : encrypted(encrypter, csv));
  const sha256 = hash.digest('hex');
  return {
    ...(encrypter && { encrypted: filled.sha256 }),
    columns,
    purpose: manifest.purpose,
    rows,
    people,
    left,
    at,
    sha256,
  };
}

async function* hashed(hash: Hash, content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of content) {
    hash.update(piece);
    yield piece;
  }
}

async function assertDue(session: Session, asked: number): Promise<void> {
  const [row] = await session.query<{ found: number }>(
    `SELECT count(DISTINCT order_number)::integer AS found FROM ${MANIFEST}`,
  );
  const missing = asked - (row?.found ?? 0);
  if (missing === 0) return;
  throw new GdprError(
    'REFUSED',
    `${missing} of the ${asked} orders named are not there, or nothing of them is due to this recipient`,
    {
      hint: 'see what the list takes under "manifest" in the data map',
    },
  );
}

function nothingLeft({ restricted, erased }: LeftRows): GdprError {
  if (restricted + erased === 0)
    return new GdprError('REFUSED', 'no row is due to this recipient, so that there is nothing to give', {
      hint: 'see what the list takes under "manifest" in the data map',
    });
  return new GdprError(
    'REFUSED',
    `nothing may be given: ${[
      ...(restricted > 0 ? [`${restricted} rows of people whose data is restricted (Art. 18)`] : []),
      ...(erased > 0 ? [`${erased} rows of erased people`] : []),
    ].join(', ')}`,
    { hint: 'a restricted person has to agree, for an open order: gdpr consent record --party' },
  );
}
