import { hasherOf } from '../customer/find-customer.js';
import { rowId } from '../customer/roots.js';
import { inPieces } from '../database/pieces.js';
import type { Session } from '../database/session.js';
import type { Catalog } from '../datamap/catalog.js';
import { spellingOf } from '../datamap/match.js';
import type { DataMapModel } from '../datamap/model.js';
import { column, fromTable, keyOf } from '../datamap/sql.js';
import { parse } from '../identity/kinds.js';
import type { Keys } from '../keys/keys.js';
import { ownerIndex } from './person.js';
import { type MarketingSource, marketingSources, shopSaysSql } from './shop-says.js';

/** The temporary table that {@link keepShopSaid} fills: what the shop's columns say, beside keyed codes of whom. */
export const SHOP_SAID = 'pg_temp.gdpr_shop_said';

/**
 * Reads what the shop's columns say into a temporary table of the caller's transaction, each row with the keyed codes by
 * which a reference is met: those of the row and of its e-mail address. In batches, whatever the number of rows.
 */
export async function keepShopSaid(session: Session, model: DataMapModel, catalog: Catalog, keys: Keys): Promise<void> {
  await session.run(
    `CREATE TEMPORARY TABLE ${SHOP_SAID.split('.')[1]} (row_code text NOT NULL, email_code text, "row" text NOT NULL, channel text NOT NULL,
       says text NOT NULL, at timestamptz, wording text, is_person boolean NOT NULL) ON COMMIT DROP`,
  );
  for (const source of marketingSources(model)) {
    const says = shopSaysSql(model, catalog, source);
    if (says !== undefined) await keepSource(session, model, catalog, keys, source, says);
  }
  await session.run(`ANALYZE ${SHOP_SAID}`);
}

interface Said extends Record<string, unknown> {
  readonly key: string;
  readonly email: string | null;
  readonly channel: string;
  readonly says: string;
  readonly at: string | null;
  readonly wording: string | null;
}

async function keepSource(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  keys: Keys,
  { source, table, id }: MarketingSource,
  says: string,
): Promise<void> {
  const hasher = hasherOf(keys);
  const spelling = spellingOf(model);
  const key = keyOf(table, catalog);
  const isPerson =
    table.owners[ownerIndex({ id, source, table })]?.reaches.some(({ kind }) => kind === 'self') === true;
  const links = (name: string) => model.map.identifiers[table.entry.columns[name]?.identifier ?? '']?.links === true;
  const email = source.email !== undefined && links(source.email) ? `${column('t', source.email)}::text` : 'NULL';
  const parts = key.map((_, i) => `s.k${i + 1}::text`).join(', ');
  const on = key.map((part, i) => `${part.expression} = s.k${i + 1}`).join(' AND ');
  await inPieces<Said>(
    session,
    `SELECT to_json(ARRAY[${parts}])::text AS key, ${email} AS email, s.channel, s.says, s.at::text AS at, s.wording
     FROM (${says}) s JOIN ${fromTable(table, catalog)} t ON ${on}`,
    async (rows) => {
      const codes = rows.map((row) => {
        const parsed = JSON.parse(row.key) as string[];
        const [address] = row.email === null ? [] : parse('email', row.email, spelling);
        return {
          row: hasher.hmac(`row\n${rowId({ table: table.name, key: parsed })}`),
          email: address === undefined ? null : hasher.hmac(`email\n${address}`),
          // The key of another table may be the address itself.
          shown: isPerson ? `${table.name}:${parsed.length === 1 ? parsed[0] : JSON.stringify(parsed)}` : table.name,
        };
      });
      await session.run(
        `INSERT INTO ${SHOP_SAID} SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[]) u
         CROSS JOIN (SELECT ${isPerson}) p`,
        [
          codes.map((code) => code.row),
          codes.map((code) => code.email),
          codes.map((code) => code.shown),
          rows.map(({ channel }) => channel),
          rows.map(({ says: said }) => said),
          rows.map(({ at }) => at),
          rows.map(({ wording }) => wording),
        ],
      );
    },
  );
}
