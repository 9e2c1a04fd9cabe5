import { quoteIdentifier, quoteName } from '../database/session.js';
import { type Granted, OWN_FUNCTIONS, OWN_TABLES, ROLES, type Role } from './own.js';
import type { ShopGrant } from './shop.js';

/** What the live database tells that the script goes by. */
export interface LiveSchema {
  readonly database: string;
  /** Major version of the server. */
  readonly version: number;
  /** Tables of schema `gdpr`. */
  readonly own: readonly string[];
  /** Tables of the map with row-level security. */
  readonly rowSecurity: readonly { readonly schema: string; readonly table: string }[];
}

export type RoleNames = Readonly<Record<Role, string>>;

const GRANTED: readonly Granted[] = ['operator', 'approver', 'auditor', 'marketer'];

/**
 * SQL that makes the roles and gives each the least it needs, and takes away what it had before: run again, it brings
 * everything to the same state. One transaction of plain statements, for psql or any other client.
 */
export function rolesScript(names: RoleNames, live: LiveSchema, shop: readonly ShopGrant[]): string {
  const role = (which: Role) => quoteIdentifier(names[which]);
  const granted = GRANTED.map(role).join(', ');
  const schemas = [...new Set(shop.map(({ schema }) => schema))].map(quoteIdentifier);
  return [
    [
      '-- Roles of gdpr, with the least that each needs. Run it as a superuser, or as the owner of the tables with',
      '-- CREATEROLE, and again after every "gdpr db migrate" and every change of the data map or of the tables.',
      'BEGIN;',
      "SET LOCAL client_encoding = 'UTF8';",
      'SET LOCAL search_path = pg_catalog;',
      'SET LOCAL client_min_messages = warning;',
    ],
    [
      '-- The roles; nobody logs in as one, people are made members: GRANT ... TO ...',
      ...ROLES.map((which) => createRole(names[which])),
    ],
    [
      '-- The owner of schema gdpr migrates it, and alone may change what is evidence',
      ...ownership(live.database, names.owner),
    ],
    [
      '-- Schema gdpr',
      `REVOKE ALL ON SCHEMA gdpr FROM PUBLIC, ${granted};`,
      `REVOKE ALL ON ALL TABLES IN SCHEMA gdpr FROM PUBLIC, ${granted};`,
      `REVOKE ALL ON ALL FUNCTIONS IN SCHEMA gdpr FROM PUBLIC, ${granted};`,
      `GRANT USAGE ON SCHEMA gdpr TO ${granted};`,
      ...live.own.flatMap((table) => ownGrants(table, names)),
      ...Object.entries(OWN_FUNCTIONS).flatMap(([name, roles]) => {
        const to = roles === 'everybody' ? 'PUBLIC' : roles.map(role).join(', ');
        return to === '' ? [] : [`GRANT EXECUTE ON FUNCTION gdpr.${name} TO ${to};`];
      }),
    ],
    [
      "-- What a migration adds is nobody else's until this script has run again",
      `ALTER DEFAULT PRIVILEGES FOR ROLE ${role('owner')} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;`,
      `ALTER DEFAULT PRIVILEGES FOR ROLE ${role('owner')} IN SCHEMA gdpr REVOKE ALL ON TABLES FROM PUBLIC, ${granted};`,
    ],
    [
      '-- From now on a second person agrees by a role of their own, not by a name',
      'ALTER TABLE gdpr.approval DROP CONSTRAINT IF EXISTS approval_by_roles;',
      "ALTER TABLE gdpr.approval ADD CONSTRAINT approval_by_roles CHECK (mode = 'roles') NOT VALID;",
    ],
    [
      "-- The shop's tables",
      ...schemas.flatMap((schema) => [
        `REVOKE ALL ON ALL TABLES IN SCHEMA ${schema} FROM ${granted};`,
        `REVOKE ALL ON SCHEMA ${schema} FROM ${granted};`,
        `GRANT USAGE ON SCHEMA ${schema} TO ${role('operator')};`,
      ]),
      ...[...new Set(shop.filter(({ marketer }) => marketer.length > 0).map(({ schema }) => schema))].map(
        (schema) => `GRANT USAGE ON SCHEMA ${quoteIdentifier(schema)} TO ${role('marketer')};`,
      ),
      `GRANT CONNECT ON DATABASE ${quoteIdentifier(live.database)} TO ${granted};`,
      `GRANT TEMPORARY ON DATABASE ${quoteIdentifier(live.database)} TO ${role('operator')}, ${role('marketer')};`,
      ...shop.flatMap((grant) => shopStatements(grant, role('operator'), role('marketer'), live.version)),
    ],
    live.rowSecurity.length === 0 ? [] : rowSecurityNote(live.rowSecurity, names.operator),
    ['COMMIT;'],
  ]
    .filter((part) => part.length > 0)
    .map((part) => `${part.join('\n')}\n`)
    .join('\n');
}

/** A text in a DO block, whose body cannot take parameters. */
function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function createRole(name: string): string {
  return `DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = ${literal(name)}) THEN CREATE ROLE ${quoteIdentifier(name)} NOLOGIN; END IF; END $$;`;
}

/**
 * An administrator who is no superuser (PostgreSQL 16 and newer) may make roles and is not yet a member of them, which
 * handing tables over demands.
 */
function ownership(database: string, owner: string): string[] {
  const name = quoteIdentifier(owner);
  return [
    `DO $$ BEGIN IF NOT pg_catalog.pg_has_role(current_user, ${literal(owner)}, 'USAGE') THEN GRANT ${name} TO CURRENT_USER; END IF; END $$;`,
    `GRANT CREATE, CONNECT, TEMPORARY ON DATABASE ${quoteIdentifier(database)} TO ${name};`,
    `ALTER SCHEMA gdpr OWNER TO ${name};`,
    'DO $$',
    'DECLARE statement text;',
    'BEGIN',
    '  FOR statement IN',
    `    SELECT format('ALTER TABLE gdpr.%I OWNER TO %I', c.relname, ${literal(owner)}) FROM pg_catalog.pg_class c`,
    "    WHERE c.relnamespace = 'gdpr'::pg_catalog.regnamespace AND c.relkind IN ('r', 'p')",
    `    UNION ALL SELECT format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, ${literal(owner)})`,
    "    FROM pg_catalog.pg_proc p WHERE p.pronamespace = 'gdpr'::pg_catalog.regnamespace",
    '  LOOP EXECUTE statement; END LOOP;',
    'END $$;',
  ];
}

function ownGrants(table: string, names: RoleNames): string[] {
  return Object.entries(OWN_TABLES[table] ?? {}).map(
    ([which, privileges]) =>
      `GRANT ${privileges.join(', ')} ON ${quoteName('gdpr', table)} TO ${quoteIdentifier(names[which as Granted])};`,
  );
}

function shopStatements(
  { schema, table, ...grant }: ShopGrant,
  operator: string,
  marketer: string,
  version: number,
): string[] {
  const name = quoteName(schema, table);
  const columns = (list: readonly string[]) => `(${list.map(quoteIdentifier).join(', ')})`;
  const { update, delete: deletes, refresh } = grant.operator;
  const privileges = [
    'SELECT',
    ...(update.length > 0 ? [`UPDATE ${columns(update)}`] : []),
    ...(deletes ? ['DELETE'] : []),
  ];
  return [
    `GRANT ${privileges.join(', ')} ON ${name} TO ${operator};`,
    ...(refresh ? [refreshing(name, operator, version)] : []),
    ...(grant.marketer.length > 0 ? [`GRANT SELECT ${columns(grant.marketer)} ON ${name} TO ${marketer};`] : []),
  ];
}

/** An erasure reads materialised views anew, which before PostgreSQL 17 their owner alone may. */
function refreshing(view: string, operator: string, version: number): string {
  if (version >= 17) return `GRANT MAINTAIN ON ${view} TO ${operator};`;
  const name = view.replaceAll(/[\r\n]/g, ' ');
  return `-- An erasure reads ${name} anew: make the operators members of the role that owns it.`;
}

function rowSecurityNote(tables: LiveSchema['rowSecurity'], operator: string): string[] {
  return [
    '-- Row-level security stands on these tables. It is respected: the operator is refused, and nothing is silently',
    '-- left out, until you decide that the operator sees every row and run the statement below yourself. The attribute',
    '-- is not inherited: give it to the login, not to the group.',
    ...tables.map(({ schema, table }) => `--   ${quoteName(schema, table)}`.replaceAll(/[\r\n]/g, ' ')),
    `-- ALTER ROLE a_member_of_${operator.replaceAll(/\W/g, '_')} BYPASSRLS;`,
  ];
}
