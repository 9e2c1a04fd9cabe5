import { openPromise } from 'yauzl';

/** A row of an exported table, as JSON.parse gives it. */
export type ExportedRow = Record<string, unknown>;

export interface ExportedTable {
  readonly table: string;
  readonly columns: Readonly<Record<string, unknown>>;
  readonly rows: readonly ExportedRow[];
}

export interface Withheld {
  readonly table: string;
  readonly column: string;
  readonly reason: string;
  readonly rows: number;
}

/** What an outsider sees in an archive, read with nothing of the program. */
export interface ReadArchive {
  readonly files: ReadonlyMap<string, Buffer>;
  readonly tables: ReadonlyMap<string, ExportedTable>;
  readonly manifest: {
    readonly tables: readonly { readonly table: string; readonly rows: number; readonly files?: readonly string[] }[];
    readonly withheld: readonly Withheld[];
  } & Record<string, unknown>;
  text(name: string): string;
  rows(table: string): readonly ExportedRow[];
}

export async function readArchive(path: string): Promise<ReadArchive> {
  const files = await unzip(path);
  const text = (name: string): string => {
    const content = files.get(name);
    if (content === undefined) throw new Error(`the archive has no ${name}`);
    return content.toString('utf8');
  };
  const tables = new Map<string, ExportedTable>();
  for (const name of files.keys()) {
    if (!/^data\/.*\.json$/.test(name)) continue;
    const table = JSON.parse(text(name)) as ExportedTable;
    tables.set(table.table, table);
  }
  return {
    files,
    tables,
    manifest: JSON.parse(text('manifest.json')),
    text,
    rows: (table) => tables.get(table)?.rows ?? [],
  };
}

export async function unzip(path: string): Promise<Map<string, Buffer>> {
  const zip = await openPromise(path);
  const files = new Map<string, Buffer>();
  try {
    for await (const entry of zip.eachEntry()) {
      const stream = await zip.openReadStreamPromise(entry);
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(chunk as Buffer);
      files.set(entry.fileName, Buffer.concat(chunks));
    }
  } finally {
    zip.close();
  }
  return files;
}
