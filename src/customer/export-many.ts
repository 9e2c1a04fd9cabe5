import { access } from 'node:fs/promises';
import type { Language } from '../documents/page-model.js';
import { canonicalJson, type Json } from '../foundation/canonical-json.js';
import { privateFolder } from '../foundation/durable.js';
import { eachOf } from '../foundation/each-of.js';
import { EXIT, GdprError } from '../foundation/errors.js';
import { assertGoingOn } from '../foundation/interrupt.js';
import { archiveOutcome } from '../operation/archived.js';
import { endOperation, runOperation } from '../operation/operation.js';
import { recover } from '../operation/recover.js';
import type { Context } from '../workspace/open.js';
import { countsOf, exportIntent, exportName } from './export.js';
import { assertNameless } from './identity-check.js';
import { ACCESS } from './kind.js';
import { type Chosen, choosePeople, type RefusedLine, refusedLine } from './people-chosen.js';
import type { PersonLine } from './people-file.js';
import { planExport } from './plan.js';
import { RowsOfMany } from './rows-of-many.js';
import { takeSnapshot } from './snapshot.js';
import { writeExport } from './write-export.js';

export { readPeople } from './people-file.js';

/** Files made beside an archive for its way to somebody. */
export interface Delivery {
  readonly encrypted?: readonly { readonly path: string; readonly sha256: string }[];
  readonly passphrase?: string;
}

/** What became of one line of the list. */
export type LineResult =
  | ({
      readonly line: number;
      readonly request?: string;
      /** `earlier`: by a former run of the same list. */
      readonly state: 'exported' | 'earlier';
      readonly subject: string;
      readonly operation: string;
      readonly archive: string;
      readonly sha256: string;
    } & Delivery)
  | RefusedLine;

export interface ManyResult {
  readonly operation: string;
  readonly people: readonly LineResult[];
  readonly exported: number;
  readonly earlier: number;
  readonly refused: number;
  readonly audit: { readonly sequence: number };
}

export interface ManyHooks {
  readonly onProgress: (progress: { step: string; done: number; total: number }) => void;
  /** Makes the archive ready for its way. */
  readonly deliver: (archive: string, language: Language) => Promise<Delivery>;
  /** Makes up for what a former run, which finished the archive, did not come to; nothing when there is nothing. */
  readonly deliverEarlier: ManyHooks['deliver'];
}

/** Archives of the list that a former run has finished, by subject. */
type Earlier = ReadonlyMap<string, { readonly operation: string; readonly archive: string; readonly sha256: string }>;

/**
 * Exports many people, an archive and an operation each: everybody's rows are read in one snapshot, a statement a
 * table, into an encrypted temporary file; then archive after archive is written and logged. Run again after a crash
 * or Ctrl-C, it goes on with whoever has no archive yet. Who cannot be exported is left out, with the reason.
 * @throws GdprError LOCKED when the same list is being exported; DRIFT, FILE_UNAVAILABLE, DATABASE_UNAVAILABLE,
 *   INTERRUPTED
 */
export async function exportMany(
  context: Context,
  lines: readonly PersonLine[],
  { again }: { readonly again: boolean },
  hooks: ManyHooks,
): Promise<ManyResult> {
  const people: Json = lines.map(({ query, request }) => ({ ...query, ...(request !== undefined && { request }) }));
  const list = context.keys.hmac('export list', canonicalJson(people));
  const release = await context.database.lock(`export list ${list}`);
  if (release === undefined) {
    throw new GdprError('LOCKED', 'the same list is being exported by another process', { hint: 'wait for it' });
  }
  try {
    await recover(context);
    const { batch, earlier } = await roundOf(context, list, again);
    const intent = { action: 'customer export list', subjects: [], batch, ground: 'Art. 15' };
    return await runOperation(context, intent, async (operation) => {
      const { chosen, left } = await choosePeople(context, lines, 'access');
      const fresh = chosen.filter(({ subject }) => !earlier.has(subject));
      const before = await deliverEarlier(chosen, earlier, hooks);
      const exported = fresh.length === 0 ? [] : await exportFresh(context, batch, fresh, hooks);
      const results: LineResult[] = [...before, ...exported, ...left.map(refusedLine)].sort((a, b) => a.line - b.line);
      const counts = {
        exported: results.filter(({ state }) => state === 'exported').length,
        earlier: before.length,
        refused: results.filter(({ state }) => state === 'refused').length,
      };
      const subjects = chosen.map(({ subject }) => subject);
      const sequence = await endOperation(context, operation, { result: 'done', subjects, counts });
      return { operation: operation.id, people: results, ...counts, audit: { sequence } };
    });
  } finally {
    await release();
  }
}

/**
 * Which round of the list this is, and what of it is done. `again` begins a new round only after a finished one, so
 * that it, too, can be stopped and gone on with.
 */
async function roundOf(context: Context, list: string, again: boolean): Promise<{ batch: string; earlier: Earlier }> {
  const { keys, database, paths } = context;
  for (let round = 0; ; round += 1) {
    const batch = keys.hmac('export round', `${list} ${round}`);
    const rows = await database.transaction('read committed', (session) =>
      session.query<{
        id: string;
        list: boolean;
        done: boolean;
        subject: string | null;
        archive: string | null;
        sha256: string | null;
      }>(
        `SELECT id, action = 'customer export list' AS list, state = 'done' AS done, subjects[1] AS subject, archive,
           archive_sha256 AS sha256
         FROM gdpr.operation WHERE batch = $1 ORDER BY started_at, id`,
        [batch],
      ),
    );
    if (again && rows.some((row) => row.list && row.done)) continue;
    const next = keys.hmac('export round', `${list} ${round + 1}`);
    if (!again && (await isKnown(context, next))) continue;
    const earlier = new Map(
      rows.flatMap(({ id, list: whole, done, subject, archive, sha256 }) =>
        whole || !done || subject === null || archive === null || sha256 === null
          ? []
          : [[subject, { operation: id, archive: `${paths.archives}/${archive}`, sha256 }] as const],
      ),
    );
    return { batch, earlier };
  }
}

async function isKnown({ database }: Context, batch: string): Promise<boolean> {
  const rows = await database.transaction('read committed', (session) =>
    session.query('SELECT 1 AS one FROM gdpr.operation WHERE batch = $1 LIMIT 1', [batch]),
  );
  return rows.length > 0;
}

async function deliverEarlier(people: readonly Chosen[], earlier: Earlier, hooks: ManyHooks): Promise<LineResult[]> {
  const results: LineResult[] = [];
  for (const { line, request, subject, language } of people) {
    const known = earlier.get(subject);
    if (known === undefined) continue;
    // Moved away, as archives are that were handed over.
    const delivery = (await isThere(known.archive)) ? await hooks.deliverEarlier(known.archive, language) : {};
    results.push({ line, ...(request && { request }), state: 'earlier', subject, ...known, ...delivery });
  }
  return results;
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Archives in the making at a time: while one waits for the disk or the database, another is written. */
const AT_ONCE = 3;

async function exportFresh(
  context: Context,
  batch: string,
  people: readonly Chosen[],
  { onProgress, deliver }: ManyHooks,
): Promise<LineResult[]> {
  const { paths, surroundings, model, database } = context;
  await privateFolder(paths.temporary);
  const { snapshot, rows } = await database.transaction('repeatable read', async (session) => {
    const taken = await takeSnapshot(
      session,
      context,
      people.map(({ person }) => person),
      people.map(({ subject }) => subject),
    );
    const place = { temporary: paths.temporary, signal: surroundings.signal };
    const total = taken.reads.length;
    const read = await RowsOfMany.read(session, taken.reads, place, (table, done) =>
      onProgress({ step: table, done, total }),
    );
    return { snapshot: taken, rows: read };
  });
  const exportOne = async ({ line, subject, person, basis, language }: Chosen, i: number): Promise<LineResult> => {
    const plan = planExport(model, snapshot.catalog, [subject]);
    const request = { person, subject, ...basis, language };
    const made = await runOperation(
      context,
      { ...exportIntent(request, plan), batch },
      (operation) => {
        const facts = snapshot.people[i];
        if (facts === undefined) throw new Error('the snapshot does not hold the person');
        if ('fault' in facts) throw facts.fault;
        assertNameless(basis.verified, facts.traits.get('name') ?? []);
        return archiveOutcome(context, operation, exportName(operation.id), async (archive) => {
          const contents = { kind: ACCESS, request, plan, operation, snapshot, facts, rowsOf: rows.of(i) };
          const written = await writeExport(context, archive, contents);
          return { written: operation.id, outcome: { counts: countsOf(written) } };
        });
      },
      exportName,
    ).catch((error: unknown) => leftOut(error));
    const at = { line, ...(basis.number !== undefined && { request: basis.number }) };
    if (made instanceof GdprError) return refusedLine({ ...at, fault: made });
    const { written, path, sha256 } = made;
    const delivery = await deliver(path, language);
    return { ...at, state: 'exported', subject, operation: written, archive: path, sha256, ...delivery };
  };
  let done = 0;
  onProgress({ step: 'archives', done, total: people.length });
  try {
    return await eachOf(people, AT_ONCE, async (each, i) => {
      assertGoingOn(surroundings.signal);
      const result = await exportOne(each, i);
      done += 1;
      onProgress({ step: 'archives', done, total: people.length });
      return result;
    });
  } finally {
    await rows.discard();
  }
}

/** A refusal concerns one person; anything else ends the run. */
function leftOut(error: unknown): GdprError {
  const one: readonly number[] = [EXIT.refused, EXIT.nobodyOrSeveral, EXIT.usage];
  if (error instanceof GdprError && one.includes(error.exit)) return error;
  throw error;
}
