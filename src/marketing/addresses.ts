import { inPieces } from '../database/pieces.js';
import type { Session } from '../database/session.js';
import { textLiteral } from '../datamap/sql.js';
import { type IdentifierOptions, parse } from '../identity/kinds.js';
import { type AudienceChannel, CANDIDATES } from './candidates.js';
import { faultSql, readAddress } from './read-address.js';

/**
 * The addresses of candidates whose spelling SQL cannot tell, as TypeScript reads them: every form that the cell can be
 * read as, and which of them can be written to (`address`), or why none can (`fault`).
 */
const CREATE_READ = `CREATE TEMPORARY TABLE audience_read (n bigint PRIMARY KEY, address text, fault text,
  forms text[] NOT NULL) ON COMMIT DROP`;

export interface AddressRules {
  readonly channel: AudienceChannel;
  readonly spelling: IdentifierOptions;
}

/** What a candidate's address is called in the candidates. */
export function addressColumn(channel: AudienceChannel): 'email' | 'phone' {
  return channel === 'email' ? 'email' : 'phone';
}

/** A candidate's own text of a kind, in its normal form where SQL could tell it; NULL where it was not gathered. */
export function textSql(channel: AudienceChannel, kind: 'email' | 'phone'): string {
  return kind === addressColumn(channel) ? 'coalesce(c.raw, c.form)' : `c.${kind}`;
}

/** Reads the addresses that are spelled otherwise than plainly, piece by piece. @returns whether there are any */
export async function readAddresses(session: Session, { channel, spelling }: AddressRules): Promise<boolean> {
  await session.run(CREATE_READ);
  let any = false;
  const kind = addressColumn(channel);
  await inPieces<{ n: string; raw: string }>(
    session,
    `SELECT c.n::text AS n, c.raw FROM ${CANDIDATES} c WHERE c.raw IS NOT NULL`,
    async (rows) => {
      any = true;
      const read = rows.map(({ n, raw }) => {
        const one = readAddress(raw, { channel, spelling });
        return {
          n,
          address: 'address' in one ? one.address.value : null,
          fault: 'fault' in one ? one.fault : null,
          forms: JSON.stringify(parse(kind, raw, spelling)),
        };
      });
      await session.run(
        `INSERT INTO pg_temp.audience_read SELECT u.n, u.address, u.fault, ARRAY(SELECT json_array_elements_text(u.forms::json))
         FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) u (n, address, fault, forms)`,
        [
          read.map(({ n }) => n),
          read.map(({ address }) => address),
          read.map(({ fault }) => fault),
          read.map(({ forms }) => forms),
        ],
      );
    },
  );
  await session.run('ANALYZE pg_temp.audience_read');
  return any;
}

/** Joins what was read to the candidates `c`. */
export const JOIN_READ = 'LEFT JOIN pg_temp.audience_read d USING (n)';

/**
 * Expressions over a candidate `c`: its address in the normal form, NULL where there is none to send to, and the fault, why not.
 * @param read whether some were read, and {@link JOIN_READ} joins them
 */
export function addressSql(
  channel: AudienceChannel,
  read: boolean,
): { readonly address: string; readonly fault: string } {
  const fault = faultSql(channel, 'c.form');
  const ofRead = (column: string) => (read ? `WHEN d.n IS NOT NULL THEN d.${column} ` : '');
  return {
    address: `CASE ${ofRead('address')}WHEN ${fault} IS NULL THEN c.form END`,
    fault: `CASE ${ofRead('fault')}WHEN c.form IS NULL THEN 'no-address' ELSE ${fault} END`,
  };
}

/** Whether an address is one of a firm that is nobody's own, by the part before the @. */
export function roleSql(channel: AudienceChannel, address: string, roleMailboxes: readonly string[]): string {
  if (channel !== 'email' || roleMailboxes.length === 0) return 'false';
  const names = roleMailboxes.map((each) => textLiteral(each.toLowerCase()));
  return `coalesce(split_part(${address}, '@', 1) IN (${names.join(', ')}), false)`;
}
