import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { parse } from 'csv-parse';
import { stringify } from 'csv-stringify/sync';
import { timeText } from '../audit/append.js';
import type { Session } from '../database/session.js';
import { NewFile } from '../delivery/new-file.js';
import { digestFile } from '../foundation/digest-file.js';
import { fileError } from '../foundation/durable.js';
import { GdprError } from '../foundation/errors.js';
import { archiveChange } from '../operation/archived.js';
import { runOperation } from '../operation/operation.js';
import type { Context } from '../workspace/open.js';
import { JUDGED } from './candidates.js';
import { type AudienceProgress, type AudienceSettings, judgeEverybody } from './everybody.js';
import { type Reason, WATERFALL_ORDER } from './reasons.js';

/** Why a recipient has dropped out; gone: nobody has the address any more. */
export interface Dropped {
  readonly reason: Reason | 'gone';
  readonly count: number;
}

export interface RecheckResult {
  readonly operation: string;
  /** The operation that made the list. */
  readonly of: string;
  /** Recipients of the list that was checked. */
  readonly checked: number;
  readonly dropped: readonly Dropped[];
  /** Recipients who may be written to still. */
  readonly rows: number;
  /** The corrected list; null where nobody has dropped out or no file was named. */
  readonly list: string | null;
  readonly sha256: string | null;
  readonly archive: string;
  readonly snapshot: string;
  /** As of the list that was checked: a check does not make it good for longer. */
  readonly expires: string;
  readonly audit: { readonly sequence: number };
}

/** A list as it was handed out. */
interface KnownList {
  readonly [key: string]: unknown;
  readonly operation: string;
  readonly purpose: string;
  readonly settings: string;
  readonly expires: string;
  readonly expired: boolean;
}

const ACTION = 'marketing recheck';
const BATCH = 5000;

/**
 * Judges everybody anew, by what the list was made with, and finds the recipients who may no longer be written to.
 * Nobody is added who has come since.
 * @param out where the corrected list is to stand, if somebody has dropped out
 * @throws GdprError VERIFICATION_FAILED when the file is no list of this installation or was changed since; REFUSED when
 *   it has expired; as `selectAudience`
 */
export async function recheckList(
  context: Context,
  file: string,
  out: string | undefined,
  onProgress: AudienceProgress = () => {},
): Promise<RecheckResult> {
  const sha256 = await digestFile(file);
  const known = await context.database.transaction('read committed', (session) => knownList(session, sha256));
  if (known === undefined) {
    throw new GdprError('VERIFICATION_FAILED', 'this is no list that was made here, or it was changed since', {
      hint: 'name the file as gdpr marketing audience wrote it',
    });
  }
  const corrected = out === undefined ? undefined : await NewFile.create(out);
  try {
    return await runOperation(
      context,
      { action: ACTION, subjects: [] },
      async (operation) => {
        if (known.expired) {
          throw new GdprError('REFUSED', `the list has expired on ${known.expires}`, {
            hint: 'make a new one: gdpr marketing audience',
          });
        }
        const settings = JSON.parse(known.settings) as AudienceSettings & { readonly columns: readonly string[] };
        const checked = await context.database.transaction('repeatable read', async (session) => {
          await judgeEverybody(session, context, settings, { onProgress });
          return compare(session, file, settings.columns.indexOf('address'));
        });
        const gone = new Set(checked.lines);
        const rows = checked.checked - gone.size;
        const written = corrected === undefined || gone.size === 0 ? undefined : await corrected.fill(kept(file, gone));
        const archived = await archiveChange(
          context,
          operation,
          recheckName(operation.id),
          async (session, archive) => {
            const facts = {
              format: 'privatums recheck',
              version: 1,
              operation: operation.id,
              of: known.operation,
              controller: context.model.map.controller.name,
              snapshot: checked.snapshot,
              expires: known.expires,
              list: { sha256, rows: checked.checked },
              dropped: checked.dropped,
              ...(written && { corrected: { sha256: written.sha256, rows } }),
            };
            await archive.add('manifest.json', 'application/json', `${JSON.stringify(facts, undefined, 2)}\n`);
            if (written !== undefined) {
              await session.run(
                `INSERT INTO gdpr.audience_list (operation, sha256, purpose, channel, settings, rows, total, snapshot, expires, corrects)
               VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7, $8, $9, $10)`,
                [
                  operation.id,
                  written.sha256,
                  known.purpose,
                  settings.channel,
                  known.settings,
                  rows,
                  checked.checked,
                  checked.snapshot,
                  known.expires,
                  known.operation,
                ],
              );
            }
            return { written: undefined, outcome: { counts: { rows, dropped: gone.size } } };
          },
        );
        if (written !== undefined) await corrected?.publish();
        else await corrected?.discard();
        return {
          operation: operation.id,
          of: known.operation,
          checked: checked.checked,
          dropped: checked.dropped,
          rows,
          list: written === undefined ? null : (out ?? null),
          sha256: written?.sha256 ?? null,
          archive: archived.path,
          snapshot: checked.snapshot,
          expires: known.expires,
          audit: { sequence: archived.sequence },
        };
      },
      recheckName,
    );
  } catch (error) {
    await corrected?.discard();
    throw error;
  }
}

function recheckName(operation: string): string {
  return `recheck-${operation}.asice`;
}

async function knownList(session: Session, sha256: string): Promise<KnownList | undefined> {
  const [row] = await session.query<KnownList>(
    `SELECT operation, purpose, settings::text AS settings, ${timeText('expires')} AS expires,
            expires <= transaction_timestamp() AS expired
     FROM gdpr.audience_list WHERE sha256 = $1 ORDER BY expires DESC, snapshot DESC LIMIT 1`,
    [sha256],
  );
  return row;
}

interface Compared {
  readonly checked: number;
  /** Numbers of the records of those who dropped out, the first recipient being 1. */
  readonly lines: readonly number[];
  readonly dropped: readonly Dropped[];
  readonly snapshot: string;
}

async function compare(session: Session, file: string, addressAt: number): Promise<Compared> {
  await session.run('CREATE TEMPORARY TABLE audience_listed (line bigint, address text) ON COMMIT DROP');
  let checked = 0;
  for await (const batch of batches(records(file))) {
    await session.run(
      'INSERT INTO pg_temp.audience_listed SELECT $1::bigint + u.n, u.address FROM unnest($2::text[]) WITH ORDINALITY u (address, n)',
      [checked, batch.map((record) => record[addressAt] ?? '')],
    );
    checked += batch.length;
  }
  await session.run('ANALYZE pg_temp.audience_listed');
  await session.run(`ANALYZE ${JUDGED} (address, reason)`);
  const rows = await session.query<{ line: string; reason: Reason | null }>(
    `SELECT l.line::text AS line, (
       SELECT j.reason FROM ${JUDGED} j WHERE j.address = l.address
       ORDER BY array_position($1::text[], j.reason) LIMIT 1) AS reason
     FROM pg_temp.audience_listed l LEFT JOIN ${JUDGED} i ON i.address = l.address AND i.reason IS NULL
     WHERE i.n IS NULL ORDER BY l.line`,
    [WATERFALL_ORDER],
  );
  const [instant] = await session.query<{ at: string }>(`SELECT ${timeText('transaction_timestamp()')} AS at`);
  const reasons = [...WATERFALL_ORDER, 'gone' as const];
  return {
    checked,
    lines: rows.map(({ line }) => Number(line)),
    dropped: reasons.flatMap((reason) => {
      const count = rows.filter((row) => (row.reason ?? 'gone') === reason).length;
      return count === 0 ? [] : [{ reason, count }];
    }),
    snapshot: instant?.at ?? '',
  };
}

/** The records of a list without its heading. @throws GdprError FILE_UNAVAILABLE */
async function* records(file: string, heading = false): AsyncGenerator<string[]> {
  const parser = pipeline(createReadStream(file), parse(), () => {});
  let first = !heading;
  try {
    for await (const record of parser as AsyncIterable<string[]>) {
      if (!first) yield record;
      first = false;
    }
  } catch (error) {
    throw fileError(file, error);
  }
}

async function* batches(all: AsyncIterable<string[]>): AsyncGenerator<string[][]> {
  let batch: string[][] = [];
  for await (const record of all) {
    batch.push(record);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** The list again, byte for byte, without the records of those who dropped out. */
async function* kept(file: string, gone: ReadonlySet<number>): AsyncGenerator<Uint8Array> {
  let line = 0;
  for await (const batch of batches(records(file, true))) {
    const rest = batch.filter(() => !gone.has(line++));
    if (rest.length > 0) yield Buffer.from(stringify(rest, { record_delimiter: 'windows' }));
  }
}
