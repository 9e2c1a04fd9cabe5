import { basename } from 'node:path';
import { readEntry } from '../../audit/entry.js';
import { journalTombstones } from '../../audit/tombstones.js';
import type { Session } from '../../database/session.js';
import type { Language } from '../../documents/page-model.js';
import { now } from '../../foundation/clock.js';
import { GdprError } from '../../foundation/errors.js';
import { groupBy } from '../../foundation/group.js';
import { operationLock } from '../../operation/operation.js';
import type { Recovery } from '../../operation/recover.js';
import type { Context } from '../../workspace/open.js';
import { isTold } from '../hold/told.js';
import { sweepResidue } from '../residue/sweep.js';
import { type Certified, certifyErasure } from './certificate.js';
import type { TableCount } from './execute.js';
import type { KeptSource } from './kept.js';
import type { KeptSummary } from './kept-rows.js';

/** What a crash after the commit of an erasure left undone, and is made up for. */
export type ErasureRecovery =
  | Recovery
  | { readonly what: 'certified'; readonly operation: string; readonly file: string };

/**
 * Makes up for what a crash after an erasure's commit left out: the tombstone in the journal, the proof and the
 * certificate. What the person was called is not known any more, so the proof compares keyed codes. Runs after
 * `recover`, which has ended what was under way.
 * @throws GdprError as `sweepResidue` and `certifyErasure`
 */
export async function recoverErasures(context: Context): Promise<ErasureRecovery[]> {
  const { database, paths } = context;
  const open = await database.transaction('read committed', uncertified);
  if (open.length === 0) return [];
  await journalTombstones(database, paths.journal);
  const done: ErasureRecovery[] = [];
  for (const operation of open) {
    const release = await database.lock(operationLock(operation));
    if (release === undefined) {
      done.push({ what: 'running', operation });
      continue;
    }
    try {
      if (!(await database.transaction('read committed', uncertified)).includes(operation)) continue;
      const { path } = await certifyErasure(context, await certifiedOf(context, operation));
      done.push({ what: 'certified', operation, file: basename(path) });
    } finally {
      await release();
    }
  }
  return done;
}

/** Committed erasures whose certificate was not finished, oldest first. */
async function uncertified(session: Session): Promise<string[]> {
  const rows = await session.query<{ operation: string }>(
    `SELECT t.operation FROM gdpr.tombstone t LEFT JOIN gdpr.operation c ON c.id = t.certificate
     WHERE c.state IS DISTINCT FROM 'done' GROUP BY t.operation ORDER BY min(t.erased_at), t.operation`,
  );
  return rows.map(({ operation }) => operation);
}

/** What is known of the erasure by its entry in the log and by what it kept, with a new proof. */
async function certifiedOf(context: Context, operation: string): Promise<Certified> {
  const { entry, erased, kept, keptBy } = await context.database.transaction('read committed', async (session) => {
    const [row] = await session.query<{ entry: string }>(
      "SELECT entry FROM gdpr.audit_entry WHERE operation = $1 AND kind = 'outcome'",
      [operation],
    );
    return {
      entry: readEntry(row?.entry ?? ''),
      erased: await erasedIn(session, operation),
      kept: await keptOf(session, operation, "''"),
      keptBy: groupBy(await keptOf(session, operation, 'subject'), ({ subject }) => subject),
    };
  });
  if (typeof entry === 'string') {
    throw new GdprError('VERIFICATION_FAILED', `the log does not tell of the erasure ${operation}: ${entry}`, {
      hint: 'run: gdpr audit verify',
    });
  }
  const { subjects, planDigest, ground, verified, request, counts = {} } = entry;
  const { residue } = await sweepResidue(context, () => {});
  const hits = residue.hits.filter(({ subject }) => subjects.includes(subject)).map(({ subject: _, ...hit }) => hit);
  return {
    operation,
    intent: {
      action: entry.action,
      subjects,
      ...(planDigest !== undefined && { planDigest }),
      ...(ground !== undefined && { ground }),
      ...(verified !== undefined && { verified }),
      ...(request !== undefined && { request }),
    },
    people: erased.map(({ subject, request: number, verified: how, language }) => ({
      subject,
      request: number ?? undefined,
      verified: how ?? undefined,
      language: language ?? 'lv',
      kept: (keptBy.get(subject) ?? []).map(summaryOf),
    })),
    tables: tablesOf(counts),
    kept: kept.map(summaryOf),
    unreadable: [],
    residue: { clean: hits.every((hit) => hit.class !== 'residue'), hits },
  };
}

/** `shop.orders changed`: 2 and the like, by table. */
function tablesOf(counts: Readonly<Record<string, number>>): TableCount[] {
  const tables = new Map<string, { deleted: number; changed: number; kept: number }>();
  for (const [name, count] of Object.entries(counts)) {
    const end = name.lastIndexOf(' ');
    const table = tables.get(name.slice(0, end)) ?? { deleted: 0, changed: 0, kept: 0 };
    tables.set(name.slice(0, end), { ...table, [name.slice(end + 1)]: count });
  }
  return [...tables].map(([table, count]) => ({ table, ...count }));
}

/** The people of an erasure by their tombstones; of one that a journal brought back only who they are. */
async function erasedIn(session: Session, operation: string) {
  return session.query<{
    subject: string;
    request: string | null;
    verified: string | null;
    language: Language | null;
  }>('SELECT subject, request, verified, language FROM gdpr.tombstone WHERE operation = $1 ORDER BY subject', [
    operation,
  ]);
}

interface KeptRows extends Record<string, unknown> {
  readonly subject: string;
  readonly table: string;
  readonly columns: string;
  readonly source: KeptSource;
  readonly id: string;
  readonly rows: string;
  readonly first: string | null;
  readonly last: string | null;
}

/** What an erasure kept, together or for each person; a row of two people counts once. */
async function keptOf(session: Session, operation: string, by: 'subject' | "''"): Promise<KeptRows[]> {
  return session.query<KeptRows>(
    `SELECT ${by} AS subject, table_name AS "table", array_to_json(columns)::text AS columns, source, reason AS id,
       count(DISTINCT key)::text AS rows, min(until)::text AS first,
       CASE WHEN bool_and(until IS NOT NULL) THEN max(until)::text END AS last
     FROM gdpr.kept_row k WHERE operation = $1 AND ${isTold('k', '$2')}
     GROUP BY 1, table_name, columns, source, reason ORDER BY 1, table_name, source, reason, columns`,
    [operation, now().toISOString()],
  );
}

function summaryOf({ subject: _, columns, rows, ...kept }: KeptRows): KeptSummary {
  return { ...kept, columns: JSON.parse(columns) as string[], rows: Number(rows) };
}
