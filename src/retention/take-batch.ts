import { quoteName, type Session } from '../database/session.js';
import type { Batch, BatchContext, BatchDone, Protection } from './batch.js';
import { deleteDirectly, deleteLocked } from './delete-at-once.js';
import { takeCarefully } from './take-carefully.js';

/** Waiting longer than this for a lock, the run steps back. */
const LOCK_TIMEOUT_MS = 500;
/** While a batch waits for a row, others may wait for those that it has: where it can pass the row by, it does so at once. */
const SHORT_LOCK_TIMEOUT_MS = 20;

/**
 * Takes the due rows of a batch, in the caller's READ COMMITTED transaction: rows that others hold are passed by, and
 * every condition is asked of the rows as they are once they are locked.
 * @throws GdprError REFUSED when the database did something else, DRIFT when a constraint is in the way
 */
export async function takeBatch(
  session: Session,
  batch: Batch,
  context: BatchContext,
  protection: Protection,
): Promise<BatchDone> {
  const { unit, how, after, slices } = batch;
  const plain = needsNothingElse(batch, context, protection);
  const directly = plain && how === 'directly' && after === undefined && slices.kind !== 'whole';
  const { kept, interferes, next } = await prepare(session, batch, directly ? SHORT_LOCK_TIMEOUT_MS : LOCK_TIMEOUT_MS);
  const passedBy = context.ruling.erasure.dependencies.some(
    ({ parent, cut }) => parent.table === unit.erase.table && cut.length > 0,
  );
  if (!plain || kept || (passedBy && how === 'thoroughly'))
    return { ...(await takeCarefully(session, batch, context, protection, kept)), passedBy: false, next };
  const take = directly && !interferes ? deleteDirectly : deleteLocked;
  return { ...(await take(session, batch, context, protection)), passedBy, next };
}

/**
 * Sets what holds for the transaction, and asks whether anything of the table was noted as kept by an erasure, and
 * whether triggers, rules or children by inheritance could keep a row from going without a word. The commit waits for no
 * disk, unless the journal will be told of people: a batch that a crash of the server takes back is due again, and the run
 * compares what it counted with what the database kept before it tells of it.
 */
async function prepare(
  session: Session,
  { unit: { erase }, timeout }: Batch,
  lockTimeout: number,
): Promise<{ kept: boolean; interferes: boolean; next: number }> {
  const [row] = await session.query<{ kept: boolean; interferes: boolean; next: string }>(
    `SELECT set_config('lock_timeout', $1, true), set_config('statement_timeout', $2, true),
       CASE WHEN NOT k.kept THEN set_config('synchronous_commit', 'off', true) END,
       pg_snapshot_xmax(pg_current_snapshot())::text AS next, k.kept,
       EXISTS (SELECT FROM pg_class c WHERE c.oid = $4::regclass AND c.relkind <> 'p' AND (c.relkind <> 'r' OR c.relhassubclass))
         OR EXISTS (SELECT FROM (SELECT relid FROM pg_partition_tree($4::regclass) UNION SELECT $4::regclass) l
           WHERE EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = l.relid AND NOT g.tgisinternal)
             OR EXISTS (SELECT FROM pg_rewrite w WHERE w.ev_class = l.relid)) AS interferes
     FROM (SELECT EXISTS (SELECT FROM gdpr.kept_row WHERE table_name = $3) AS kept) k`,
    [String(lockTimeout), String(timeout), erase.table.name, quoteName(erase.table.schema, erase.table.table)],
  );
  return { kept: row?.kept === true, interferes: row?.interferes !== false, next: Number(row?.next) };
}

/** Whether nothing has to be looked at but the rows themselves and what hangs on them. */
function needsNothingElse({ unit }: Batch, { ruling }: BatchContext, protection: Protection): boolean {
  return (
    unit.does === 'delete' &&
    !unit.person &&
    unit.feeds.length === 0 &&
    !protection.rows.has(unit.erase.table.name) &&
    (unit.erase.live.key.length > 0 || protection.people.length === 0) &&
    // What comes to point to a row before it is locked is an error of the database, unless the database itself sees to it.
    ruling.erasure.dependencies.every(
      ({ parent, key }) =>
        parent.table !== unit.erase.table || key.onDelete === 'no action' || key.onDelete === 'restrict',
    )
  );
}
