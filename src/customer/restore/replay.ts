import type { Break } from '../../audit/breaks.js';
import { journalChanges } from '../../audit/changes.js';
import { journalAhead } from '../../audit/checkpoint-write.js';
import { BREAK_ACTION } from '../../audit/claims.js';
import { continueLog, endReplay } from '../../audit/continue-log.js';
import { journalState } from '../../audit/journal.js';
import { journalTombstones } from '../../audit/tombstones.js';
import type { Session } from '../../database/session.js';
import { readCatalog } from '../../datamap/catalog.js';
import { assertNoDrift } from '../../datamap/drift.js';
import { GdprError } from '../../foundation/errors.js';
import { endOperation, recordOutcome, runOperation } from '../../operation/operation.js';
import { assertOwner } from '../../operation/owner.js';
import type { Context } from '../../workspace/open.js';
import { planFor } from '../erase/erase-customer.js';
import { eraseCustomer } from '../erase/run.js';
import { lockStanding } from '../standing.js';
import { type CameBack, cameBack } from './came-back.js';
import { enterRecords, missingRecords } from './enter.js';
import { KINDS, type Kind, type Records, readRecords, type TombstoneRecord, tombstonesOf } from './records.js';
import { enteredAgain, type ToRedo, toRedo } from './redo.js';

/** What a restored backup lacks, or what was brought back of it. */
export interface Lacking {
  /** Entries that the journal vouches for, and those that the database has. */
  readonly log: { readonly journal: number; readonly database: number };
  /** Records by type. */
  readonly records: Readonly<Record<Kind, number>>;
}

export interface ReplayPlan extends Lacking, ToRedo {
  /** Whether a replay was begun before. */
  readonly begun: boolean;
  /** Erased people whose data the backup has brought back. */
  readonly people: readonly { readonly subject: string; readonly erased: string; readonly ground: string }[];
}

/** An erasure that was done again, or why it was not. */
export interface Redone {
  readonly subject: string;
  readonly ground: string;
  readonly operation?: string;
  /** Path of the signed certificate. */
  readonly certificate?: string;
  readonly clean: boolean;
  /** The error code of an erasure that was refused. */
  readonly code?: string;
}

export interface ReplayResult extends Lacking, ToRedo {
  readonly operation: string;
  /** Operations that were entered again. */
  readonly operations: number;
  readonly erased: readonly Redone[];
  readonly audit: { readonly sequence: number };
}

export type ReplayStage = 'log' | 'records' | 'erase' | 'end';

const NOTHING = () =>
  new GdprError('REFUSED', 'the database is not behind its journal, so there is nothing to bring back', {
    hint: 'see: gdpr audit verify',
  });

/**
 * What `replayJournal` would do; nothing is changed.
 * @throws GdprError REFUSED when the database is not behind its journal, KEY_MISSING, DRIFT, and as `readJournal`
 */
export async function planReplay(context: Context): Promise<ReplayPlan> {
  const { database, paths, keys, model } = context;
  const records = await readRecords(paths.journal, keys);
  return database.transaction('repeatable read', async (session) => {
    const ahead = await journalAhead(session, paths.journal);
    if (ahead === undefined) throw NOTHING();
    const missing = await missingRecords(session, records);
    const again = [
      ...((missing.get('tombstone') ?? []) as unknown as TombstoneRecord[]),
      ...(await unfinishedErasures(session, records)),
    ];
    const catalog = await readCatalog(session);
    assertNoDrift(model, catalog);
    const latest = latestOf(again);
    const back = await cameBack(session, model, catalog, keys, codesOf(again));
    const { restored, unfinished } = await journalState(paths.journal);
    const entered = await enteredAgain(session, unfinished && restored !== undefined ? restored.size : ahead.logSize);
    for (const { operation } of [...missing.values()].flat()) if (typeof operation === 'string') entered.add(operation);
    return {
      ...(await toRedo(session, context, catalog, records, entered)),
      begun: ahead.unfinished === true,
      log: { journal: ahead.journalSize, database: ahead.logSize },
      records: countsOf(missing),
      people: [...new Set(back.map(({ subject }) => subject))].map((subject) => ({
        subject,
        erased: latest.get(subject)?.time ?? '',
        ground: latest.get(subject)?.ground ?? '',
      })),
    };
  });
}

/**
 * Brings everything that is newer than a restored backup back from the journal: the break is signed into the journal
 * and logged → records entered as they were, in one transaction → people erased since erased again, each by the engine
 * under an operation of its own → the end signed into the journal, from which on other operations run. After a crash
 * another call goes on from there. An erasure that a hold stands against by now is left and reported.
 * @throws GdprError REFUSED when the database is not behind its journal or the role is not the owner's, LOCKED, DRIFT, KEY_MISSING,
 * VERIFICATION_FAILED when the database is no earlier state of the log, and as `eraseCustomer`
 */
export async function replayJournal(
  context: Context,
  onStage: (stage: ReplayStage, done: number, total: number) => void = () => {},
): Promise<ReplayResult> {
  const { database, paths, keys, model } = context;
  const where = { key: keys.checkpointKey(), journalPath: paths.journal };
  await assertOwner(
    database,
    'enters again what others did, under their names',
    'run it as a login that is a member of both the owner and the operator (docs/roles.md)',
  );
  const release = await database.lock('restore replay');
  if (release === undefined) throw new GdprError('LOCKED', 'another process is bringing things back');
  try {
    const records = await readRecords(paths.journal, keys);
    await database.transaction('repeatable read', async (session) => assertNoDrift(model, await readCatalog(session)));
    onStage('log', 0, 0);
    const found = await continueLog(database, where);
    if (found === undefined) throw NOTHING();
    const counts = await breakCounts(context, found);
    const log = { journal: found.former.size, database: found.size };
    onStage('records', 0, 0);
    const entered = await runOperation(
      context,
      { action: BREAK_ACTION, subjects: [], ...counts },
      async (operation) => {
        const { operations, records: brought } = await database.transaction('read committed', async (session) => {
          await lockStanding(session);
          const missing = await missingRecords(session, records);
          // The backup may be older than the last rotation of the keys.
          await session.run('UPDATE gdpr.installation SET keys = $1::jsonb WHERE keys <> $1::jsonb', [
            JSON.stringify(keys.ids),
          ]);
          return { operations: await enterRecords(session, context, missing), records: countsOf(missing) };
        });
        const outcome = { result: 'done', counts: { ...brought, operations } } as const;
        const sequence = await endOperation(context, operation, outcome);
        return { operation: operation.id, records: brought, operations, audit: { sequence } };
      },
    );
    // Not within that operation: each erasure and certificate holds a connection for its own lock.
    const erased = await eraseAgain(context, records, onStage);
    onStage('end', 0, 0);
    await journalTombstones(database, paths.journal);
    await journalChanges(database, paths.journal);
    const redo = await database.transaction('repeatable read', async (session) => {
      const operations = await enteredAgain(session, found.size);
      return toRedo(session, context, await readCatalog(session), records, operations);
    });
    await endReplay(database, where, found);
    return { ...entered, log, erased, ...redo };
  } finally {
    await release();
  }
}

/** The counts that the first entry after a break tells of it; nothing when that entry is there already. */
async function breakCounts(
  context: Context,
  { former, size }: Break,
): Promise<{ counts?: Readonly<Record<string, number>> }> {
  return context.database.transaction('read committed', async (session) => {
    const begun = await session.query<{ id: string; subjects: string }>(
      `SELECT id, array_to_json(subjects)::text AS subjects FROM gdpr.operation WHERE action = $1 AND state = 'started'`,
      [BREAK_ACTION],
    );
    const [first] = await session.query('SELECT 1 AS one FROM gdpr.audit_entry WHERE sequence > $1::bigint LIMIT 1', [
      size,
    ]);
    // Of an earlier call that was killed: it holds the lock no more.
    for (const { id, subjects } of begun) {
      const intent = { action: BREAK_ACTION, subjects: JSON.parse(subjects) as string[] };
      if (first !== undefined) await recordOutcome(session, context, id, intent, { result: 'abandoned' });
    }
    return first === undefined ? { counts: { journal: former.size, log: size } } : {};
  });
}

/**
 * Erases again those who came back and whose erasure was entered since the break. Done are those who have a tombstone
 * of an operation that was not entered again.
 */
async function eraseAgain(
  context: Context,
  records: Records,
  onStage: (stage: ReplayStage, done: number, total: number) => void,
): Promise<Redone[]> {
  const { database, model, keys } = context;
  const { again, back } = await database.transaction('repeatable read', async (session) => {
    const due = await unfinishedErasures(session, records);
    return { again: due, back: await cameBack(session, model, await readCatalog(session), keys, codesOf(due)) };
  });
  const latest = latestOf(again);
  const redone: Redone[] = [];
  for (const [done, one] of back.entries()) {
    onStage('erase', done, back.length);
    if (context.surroundings.signal.aborted)
      throw new GdprError('INTERRUPTED', 'stopped; what was brought back stays', { hint: 'run: gdpr restore replay' });
    redone.push(await eraseOne(context, one, latest.get(one.subject)?.ground ?? ''));
  }
  return redone;
}

async function eraseOne(context: Context, { person, subject }: CameBack, ground: string): Promise<Redone> {
  try {
    const { plan } = await planFor(context, { person, subject }, ground, true);
    const order = { person, subject, ground, language: 'lv' as const, again: true };
    const { operation, certificate, residue } = await eraseCustomer(context, order, plan);
    return { subject, ground, operation, certificate, clean: residue.clean };
  } catch (error) {
    if (!(error instanceof GdprError) || error.code !== 'REFUSED') throw error;
    return { subject, ground, clean: false, code: error.code };
  }
}

/** The tombstones that were entered again, of people who have none that is newer. */
async function unfinishedErasures(session: Session, records: Records): Promise<TombstoneRecord[]> {
  const rows = await session.query<{ subject: string; operation: string }>(
    `WITH again AS (
       SELECT t.subject, t.operation, e.sequence FROM gdpr.tombstone t
       JOIN gdpr.audit_entry e ON e.operation = t.operation AND e.action = $1 AND e.kind = 'outcome')
     SELECT a.subject, a.operation FROM again a
     WHERE NOT EXISTS (
       SELECT FROM gdpr.tombstone n JOIN gdpr.audit_entry e ON e.operation = n.operation AND e.kind = 'outcome'
       WHERE n.subject = a.subject AND e.sequence > a.sequence AND e.action <> $1)`,
    [BREAK_ACTION],
  );
  const due = new Set(rows.map(({ subject, operation }) => JSON.stringify([subject, operation])));
  return tombstonesOf(records).filter(({ subject, operation }) => due.has(JSON.stringify([subject, operation])));
}

function latestOf(tombstones: readonly TombstoneRecord[]): Map<string, TombstoneRecord> {
  return new Map(tombstones.toSorted((a, b) => (a.time < b.time ? -1 : 1)).map((each) => [each.subject, each]));
}

function codesOf(tombstones: readonly TombstoneRecord[]): Map<string, Set<string>> {
  const codes = new Map<string, Set<string>>();
  for (const { subject, identifiers } of tombstones)
    for (const { hmac } of identifiers) codes.set(hmac, (codes.get(hmac) ?? new Set()).add(subject));
  return codes;
}

function countsOf(missing: ReadonlyMap<Kind, readonly unknown[]>): Record<Kind, number> {
  return Object.fromEntries(KINDS.map((kind) => [kind, missing.get(kind)?.length ?? 0])) as Record<Kind, number>;
}
