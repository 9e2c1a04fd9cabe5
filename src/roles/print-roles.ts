import { readCatalog } from '../datamap/catalog.js';
import { assertNoDrift } from '../datamap/drift.js';
import { formatTableName } from '../datamap/names.js';
import { GdprError } from '../foundation/errors.js';
import type { OpenWorkspace } from '../workspace/open.js';
import { OWN_TABLES, ROLES } from './own.js';
import { type LiveSchema, type RoleNames, rolesScript } from './script.js';
import { shopGrants } from './shop.js';

export interface PrintedRoles {
  readonly sql: string;
  readonly roles: RoleNames;
  /** Ids of the purposes whose data the marketer reads. */
  readonly audience: readonly string[];
  /** Tables of the map with row-level security, which the script leaves in force. */
  readonly rowSecurity: readonly string[];
}

/** Room for the longest role's name within the 63 bytes of PostgreSQL's names. */
const PREFIX = /^[a-z][a-z0-9_]{0,49}$/;

/**
 * The SQL that sets up the database's roles for this workspace's map; nothing is changed.
 * @param audience ids of purposes; without any, those that rest on consent (Art. 6(1)(a))
 * @throws GdprError USAGE for a prefix or a purpose that does not fit, REFUSED on the embedded database, DRIFT
 */
export async function printRoles(
  { database, model, config }: OpenWorkspace,
  options: { readonly prefix: string; readonly audience?: readonly string[] | undefined },
): Promise<PrintedRoles> {
  const { prefix } = options;
  if (!PREFIX.test(prefix) || prefix.startsWith('pg_')) {
    throw new GdprError('USAGE', 'the prefix is not the beginning of a role name', {
      hint: 'small letters, digits and _, a letter first, at most 50, not pg_',
    });
  }
  if (config.database === 'embedded') {
    throw new GdprError('REFUSED', 'the embedded database has one user and no roles', {
      hint: 'roles are for a PostgreSQL server; a second person agrees by name here',
    });
  }
  const { purposes } = model.map;
  const audience = options.audience ?? Object.keys(purposes).filter((id) => purposes[id]?.basis === '6(1)(a)');
  if (audience.some((id) => purposes[id] === undefined)) {
    throw new GdprError('USAGE', 'a purpose under --audience is not in the data map', {
      hint: `one of: ${Object.keys(purposes).join(', ')}`,
    });
  }
  const roles = Object.fromEntries(ROLES.map((role) => [role, `${prefix}${role}`])) as RoleNames;
  return database.transaction('repeatable read', async (session) => {
    const catalog = await readCatalog(session);
    assertNoDrift(model, catalog);
    const shop = shopGrants(model, catalog, new Set(audience));
    const [server] = await session.query<{ name: string; version: number }>(
      "SELECT current_database() AS name, current_setting('server_version_num')::integer / 10000 AS version",
    );
    const tables = await session.query<{ schema: string; table: string; own: boolean; secured: boolean }>(
      `SELECT n.nspname AS schema, c.relname AS "table", n.nspname = 'gdpr' AS own, c.relrowsecurity AS secured
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') ORDER BY 1, 2`,
    );
    const live: LiveSchema = {
      database: server?.name ?? '',
      version: server?.version ?? 0,
      own: tables.filter(({ own, table }) => own && OWN_TABLES[table] !== undefined).map(({ table }) => table),
      rowSecurity: tables.filter(
        ({ secured, schema, table }) => secured && shop.some((each) => each.schema === schema && each.table === table),
      ),
    };
    return {
      sql: rolesScript(roles, live, shop),
      roles,
      audience,
      rowSecurity: live.rowSecurity.map(formatTableName),
    };
  });
}
