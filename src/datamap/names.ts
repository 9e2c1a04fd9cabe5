/** A table's name in its two parts, as the catalogue spells them. */
export interface TableName {
  readonly schema: string;
  readonly table: string;
}

const PART = /"((?:[^"]|"")+)"|([^."\s]+)/y;

/** Reads `schema.table`, either part quoted as in SQL. @returns undefined when it is not such a name */
export function parseTableName(text: string): TableName | undefined {
  const parts: string[] = [];
  let at = 0;
  for (;;) {
    PART.lastIndex = at;
    const match = PART.exec(text);
    if (match === null) return undefined;
    parts.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    at = PART.lastIndex;
    if (at === text.length) break;
    if (text[at] !== '.') return undefined;
    at += 1;
  }
  const [schema, table] = parts;
  return parts.length === 2 && schema !== undefined && table !== undefined ? { schema, table } : undefined;
}

/** The one spelling of a table's name in results, plans and maps: quotes only where SQL needs them to read it back. */
export function formatTableName({ schema, table }: TableName): string {
  return [schema, table].map((part) => (/^[^."\s]+$/.test(part) ? part : `"${part.replaceAll('"', '""')}"`)).join('.');
}

/** A written name in its one spelling; a text that is no table's name stays as it is. */
export function canonicalName(written: string): string {
  const parsed = parseTableName(written);
  return parsed === undefined ? written : formatTableName(parsed);
}

/** A file-name-safe, ASCII form of a table's name, for the entries of an archive. */
export function fileNameOf(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9._-]+/g, '_')
    .replace(/^[._]+|[._]+$/g, '')
    .toLowerCase();
}
