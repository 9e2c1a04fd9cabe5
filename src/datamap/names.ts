/** A table's name in its two parts, as the catalogue spells them. */
export interface TableName {
  readonly schema: string;
  readonly table: string;
}

const PART = /"((?:[^"]|"")+)"|([^."]+)/y;

/** Reads `schema.table`; a part with a dot or a quote is quoted as in SQL. @returns undefined when it is not such a name */
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

/** The one spelling of a table's name in results, plans and maps: quotes only round a part with a dot or a quote. */
export function formatTableName({ schema, table }: TableName): string {
  return [schema, table].map((part) => (/^[^."]+$/.test(part) ? part : `"${part.replaceAll('"', '""')}"`)).join('.');
}

/** A written name in its one spelling; a text that is no table's name stays as it is. */
export function canonicalName(written: string): string {
  const parsed = parseTableName(written);
  return parsed === undefined ? written : formatTableName(parsed);
}

/** File names for tables: ASCII, lower case, each its own even where two names differ only in other characters. */
export function fileNames(names: readonly string[]): Map<string, string> {
  const taken = new Set<string>();
  return new Map(
    names.map((name) => {
      const plain = name
        .normalize('NFKD')
        .replace(/\p{M}/gu, '')
        .replace(/[^A-Za-z0-9._-]+/g, '_')
        .replace(/^[._]+|[._]+$/g, '')
        .toLowerCase();
      const base = plain === '' ? 'table' : plain;
      let file = base;
      for (let n = 2; taken.has(file); n += 1) file = `${base}-${n}`;
      taken.add(file);
      return [name, file];
    }),
  );
}
