import { inPieces } from '../../database/pieces.js';
import { quoteName, type Row, type Session } from '../../database/session.js';
import type { Catalog } from '../../datamap/catalog.js';
import { column, fromTable, keyOf, textLiteral } from '../../datamap/sql.js';
import type { ColumnStep } from './change.js';
import type { TableErase } from './compile.js';
import { editJson } from './json-edit.js';
import { concerns, differs, fateOf, formatOf, free, hashOf, keyNames, sameRow, TOKENS } from './sql.js';
import { formatName, renderToken, type TokenFormat } from './token.js';

/** Makes the keyed hash (32 bytes) of a value's hash, for one operation alone. */
export type TokenHasher = (hash: string) => Buffer;

/**
 * Fills the table of tokens: for each value that is to be replaced its hash is read, keyed outside the database, and
 * the token written back; neither the secret nor a value is part of any statement. Equal values get equal tokens.
 */
export async function fillTokens(
  session: Session,
  tables: readonly TableErase[],
  catalog: Catalog,
  zone: string,
  hasher: TokenHasher,
): Promise<void> {
  if (!tables.some(({ columns }) => columns.some(({ change }) => change.kind === 'token'))) return;
  await session.run(
    'CREATE TEMPORARY TABLE gdpr_token (format text, hash text, token text, PRIMARY KEY (format, hash)) ON COMMIT DROP',
  );
  for (const { table, columns } of tables) {
    for (const step of columns) {
      if (step.change.kind !== 'token') continue;
      const format = formatOf(step);
      const sql = [
        `SELECT DISTINCT ${hashOf(`${column('t', step.column.name)}::text`)} AS hash`,
        `FROM ${fateOf(table)} f JOIN ${fromTable(table, catalog)} t ON ${sameRow(table, catalog, 't', 'f')}`,
        `WHERE NOT f.gone AND ${concerns(step, table)} AND ${free(step)} AND ${differs(step, zone)}`,
      ].join('\n');
      await inPieces<{ hash: string }>(session, sql, (rows) =>
        insertTokens(
          session,
          format,
          rows.map(({ hash }) => hash),
          hasher,
        ),
      );
    }
  }
}

async function insertTokens(
  session: Session,
  format: TokenFormat,
  hashes: readonly string[],
  hasher: TokenHasher,
): Promise<void> {
  await session.run(
    `INSERT INTO ${TOKENS} SELECT $1, u.hash, u.token FROM unnest($2::text[], $3::text[]) u (hash, token) ON CONFLICT DO NOTHING`,
    [formatName(format), hashes, hashes.map((hash) => renderToken(format, hasher(hash)))],
  );
}

/** Edited documents of a table: k1 … kn, col, document (NULL: the whole column is to be emptied). */
function documentsOf({ table }: TableErase): string {
  return quoteName('pg_temp', `gdpr_document_${table.index}`);
}

/** A column whose text is not JSON in some rows, so that its places cannot be found. */
export interface Unreadable {
  readonly table: string;
  readonly column: string;
  /** Rows that were emptied instead, and rows that could not be. */
  readonly cleared: number;
  readonly left: number;
}

/**
 * Edits the JSON documents of rows that stay, streaming them through this process, and keeps those that change in a
 * temporary table for the table's one UPDATE.
 */
export async function editDocuments(session: Session, erase: TableErase, catalog: Catalog): Promise<Unreadable[]> {
  const { table, columns } = erase;
  const steps = columns.filter(({ change }) => change.kind === 'json');
  if (steps.length === 0) return [];
  const key = keyOf(table, catalog);
  const parts = key.map((part, i) => `k${i + 1} ${part.type}`).join(', ');
  const names = keyNames(table, catalog);
  await session.run(
    `CREATE TEMPORARY TABLE gdpr_document_${table.index} (${parts}, col text, document text, PRIMARY KEY (${names}, col)) ON COMMIT DROP`,
  );
  const unreadable: Unreadable[] = [];
  for (const step of steps) {
    const sql = [
      `SELECT array_to_json(ARRAY[${key.map((_, i) => `f.k${i + 1}::text`).join(', ')}])::text AS key, f.owners, f.others, ${concerns(step, table)} AS mine, ${column('t', step.column.name)}::text AS text`,
      `FROM ${fateOf(table)} f JOIN ${fromTable(table, catalog)} t ON ${sameRow(table, catalog, 't', 'f')}`,
      `WHERE NOT f.gone AND ${free(step)} AND ${column('t', step.column.name)} IS NOT NULL`,
    ].join('\n');
    let cleared = 0;
    let left = 0;
    const edited = ({ key: parts, owners, others, mine, text }: DocumentRow): Edited[] => {
      const key = JSON.parse(parts) as string[];
      const document = editJson(text, editsFor(step, owners, others));
      if (document === text) return [];
      if (document !== undefined) return [{ key, document }];
      // Nobody else's place may be emptied because it cannot be told from this person's.
      const empty = mine && others === 0 && !step.live.notNull;
      if (empty) cleared += 1;
      else left += 1;
      return empty ? [{ key, document: null }] : [];
    };
    await inPieces<DocumentRow>(session, sql, (rows) =>
      insertDocuments(session, erase, step, key, rows.flatMap(edited)),
    );
    if (cleared + left > 0) unreadable.push({ table: table.name, column: step.column.name, cleared, left });
  }
  return unreadable;
}

interface DocumentRow extends Row {
  /** The parts of the key as a JSON list of texts. */
  readonly key: string;
  readonly owners: number;
  readonly others: number;
  readonly mine: boolean;
  readonly text: string;
}

interface Edited {
  readonly key: readonly string[];
  /** Null when the whole column is to be emptied. */
  readonly document: string | null;
}

function editsFor({ change }: ColumnStep, owners: number, others: number) {
  if (change.kind !== 'json') return [];
  return change.edits.filter((edit) => (edit.owners === undefined ? others === 0 : (owners & edit.owners) !== 0));
}

async function insertDocuments(
  session: Session,
  erase: TableErase,
  step: ColumnStep,
  key: readonly { readonly type: string }[],
  rows: readonly Edited[],
): Promise<void> {
  if (rows.length === 0) return;
  const arrays = key.map((_, i) => `$${i + 3}::text[]`).join(', ');
  const names = key.map((_, i) => `k${i + 1}`);
  await session.run(
    `INSERT INTO ${documentsOf(erase)} SELECT ${key.map((part, i) => `u.${names[i]}::${part.type}`).join(', ')}, $1, u.document FROM unnest($2::text[], ${arrays}) u (document, ${names.join(', ')})`,
    [
      step.column.name,
      rows.map(({ document }) => document),
      ...key.map((_, i) => rows.map((row) => row.key[i] ?? null)),
    ],
  );
}

/** The edited document of a row, as alias `d`'s condition. */
export function documentOf(erase: TableErase, step: ColumnStep, catalog: Catalog): string {
  return `${documentsOf(erase)} d WHERE d.col = ${textLiteral(step.column.name)} AND (${keyNames(erase.table, catalog, 'd')}) = (${keyNames(erase.table, catalog, 'f')})`;
}
