import type pg from 'pg';

/** A record of the server's log with its continuation lines, and the process that wrote it. */
export interface LogRecord {
  readonly pid: string;
  readonly text: string;
}

const FILE = `current_setting('data_directory') || '/../server.log'`;

/** Bytes in the log of the run's own server. */
export async function serverLogSize(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ size: string }>(`SELECT (pg_stat_file(${FILE})).size AS size`);
  return Number(rows[0]?.size);
}

/** What the processes that log statements have logged since; other tests write into the same log. */
export async function recordsSince(client: pg.Client, from: number): Promise<LogRecord[]> {
  const { rows } = await client.query<{ text: string }>(`SELECT pg_read_file(${FILE}, $1, 1 << 28) AS text`, [from]);
  const records = recordsOf(rows[0]?.text ?? '');
  const pids = new Set(records.filter(({ text }) => /LOG: {2}(statement|execute)/.test(text)).map(({ pid }) => pid));
  return records.filter(({ pid }) => pids.has(pid));
}

function recordsOf(log: string): LogRecord[] {
  const records: { pid: string; text: string }[] = [];
  for (const line of log.split('\n')) {
    const [, pid] = /^\d{4}-\d\d-\d\d \S+ \S+ \[(\d+)\] /.exec(line) ?? [];
    if (pid !== undefined) records.push({ pid, text: line });
    else if (records.length > 0) (records.at(-1) as { text: string }).text += `\n${line}`;
  }
  return records;
}
