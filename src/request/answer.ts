import { basename, join } from 'node:path';
import { openArchive } from '../archive/read.js';
import { verifyArchive } from '../archive/verify.js';
import { timeText } from '../audit/append.js';
import { digestFile } from '../foundation/digest-file.js';
import { GdprError } from '../foundation/errors.js';
import { isArchiveName } from '../operation/archive-name.js';
import { ARCHIVE_DIGEST } from '../operation/outcome-sql.js';
import type { Context } from '../workspace/open.js';

/** The archive by which a request was answered, as the log vouches for it. */
export interface Answer {
  /** The archive's file name, and its SHA-256 as 64 hexadecimal digits. */
  readonly file: string;
  readonly sha256: string;
  /** UTC with microseconds. */
  readonly ended: string;
  /** SHA-256 of the certificate that signed it, and whether the workspace made that itself. */
  readonly certificate: { readonly sha256: string; readonly selfMade: boolean };
  /** What its `manifest.json` says. */
  readonly manifest: unknown;
}

const ANSWERS = {
  'customer export': 'gdpr customer export --request',
  'customer negative answer': 'gdpr customer export --negative --request',
} as const;

/** Enough for a line about each of many thousands of tables. */
const MANIFEST_BYTES = 16 << 20;

/**
 * The last finished operation of that kind which names the request, with its archive: found by the file's name in the
 * archives folder, compared with the digest in the log, and read.
 * @throws GdprError REFUSED when there is none, FILE_UNAVAILABLE when its archive was moved away, VERIFICATION_FAILED
 *   when that is not what the log says was written
 */
export async function answerOf(
  { database, paths }: Context,
  number: string,
  action: keyof typeof ANSWERS,
): Promise<Answer> {
  const [found] = await database.transaction('read committed', (session) =>
    session.query<{ id: string; archive: string; sha256: string; ended: string }>(
      `SELECT o.id, o.archive, ${ARCHIVE_DIGEST} AS sha256, ${timeText('e.time')} AS ended
       FROM gdpr.operation o JOIN gdpr.audit_entry e ON e.operation = o.id
       WHERE o.request = $1 AND o.action = $2 AND o.state = 'done' AND o.archive IS NOT NULL
         AND e.kind = 'outcome' AND e.result = 'done' AND ${ARCHIVE_DIGEST} IS NOT NULL
       ORDER BY e.sequence DESC LIMIT 1`,
      [number, action],
    ),
  );
  if (found === undefined || !isArchiveName(found.archive, found.id)) {
    throw new GdprError('REFUSED', `${number} has no such answer yet: no finished ${action} names it`, {
      hint: `first: ${ANSWERS[action]} ${number}`,
    });
  }
  const { archive, sha256, ended } = found;
  const path = join(paths.archives, archive);
  if ((await digestFile(path)) !== sha256) {
    throw new GdprError('VERIFICATION_FAILED', `${path} is not the archive that the log says was written`, {
      hint: 'see: gdpr archive list',
    });
  }
  const { signer } = await verifyArchive(path, { signers: [] });
  if (signer === undefined) {
    throw new GdprError('VERIFICATION_FAILED', `${path} does not tell who signed it`, {
      hint: 'see: gdpr archive verify',
    });
  }
  return {
    file: basename(path),
    sha256,
    ended,
    certificate: { sha256: signer.sha256, selfMade: signer.selfSigned },
    manifest: await manifestIn(path),
  };
}

async function manifestIn(path: string): Promise<unknown> {
  const reader = await openArchive(path);
  try {
    const entry = reader.entry('manifest.json');
    if (entry !== undefined) return JSON.parse((await reader.content(entry, MANIFEST_BYTES)).toString('utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  } finally {
    await reader.close();
  }
  throw new GdprError('VERIFICATION_FAILED', `${path} has no manifest that can be read`, {
    hint: 'see: gdpr archive verify',
  });
}
