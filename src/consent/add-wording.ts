import { createHash } from 'node:crypto';
import { timeText } from '../audit/append.js';
import type { Session } from '../database/session.js';
import { GdprError } from '../foundation/errors.js';
import { runOperation } from '../operation/operation.js';
import { type Settled, settle } from '../request/settle.js';
import type { Context } from '../workspace/open.js';
import type { ConsentChannel } from './event.js';
import { readInstant } from './instant.js';
import { purposeOf } from './purpose.js';
import { readWordings, type Wording } from './wording.js';

/** A wording as it was typed; days and instants are still text. */
export interface NewWording {
  readonly id: string;
  readonly purpose?: string | undefined;
  readonly kind: Wording['kind'];
  readonly channels: readonly ConsentChannel[];
  readonly language: string;
  readonly text: Uint8Array;
  readonly from: string;
  /** From when on it is shown no more. */
  readonly until?: string | undefined;
  readonly doubleOptIn: boolean;
  /** The wording whose place it takes. */
  readonly replaces?: string | undefined;
}

/** What is told of a wording that was registered. */
export type AddedWording = Omit<Wording, 'text'> & { readonly replaced: string | null };

const ID = /^[a-z0-9][a-z0-9.-]{0,63}$/;
const LANGUAGE = /^[a-z]{2}$/;

/**
 * Registers what people are asked, word for word. A registered wording is never changed, but that it ends; the one
 * whose place it takes ends when it begins.
 * @throws GdprError INPUT_INVALID, MAP_INVALID, NOT_FOUND, ALREADY_EXISTS for an id that is taken
 */
export async function addWording(context: Context, added: NewWording): Promise<Settled<AddedWording>> {
  const { id, kind, channels, language, doubleOptIn } = added;
  const purpose = purposeOf(context.model, added.purpose);
  if (!ID.test(id))
    throw invalid('the id of a wording is made of small letters, digits, dots and hyphens', 'e.g. newsletter-lv-2026');
  if (!LANGUAGE.test(language)) throw invalid('--language is no two-letter code', 'e.g. lv');
  if (kind === 'soft-opt-in' && (doubleOptIn || channels.some((channel) => channel !== 'email'))) {
    throw invalid(
      'a soft opt-in is for e-mail only, and nobody confirms it',
      'other channels need consent (Directive 2002/58/EC, Art. 13)',
    );
  }
  const text = verbatim(added.text);
  const { timeZone } = context.model.map;
  return runOperation(context, { action: 'consent wording add', subjects: [] }, (operation) =>
    settle(context, operation, async (session) => {
      const shownFrom = await readInstant(session, '--from', added.from, { timeZone });
      const shownUntil =
        added.until === undefined ? null : await readInstant(session, '--until', added.until, { timeZone });
      if (shownUntil !== null && shownUntil <= shownFrom)
        throw invalid('--until is not after --from', 'see the two days');
      const sha256 = createHash('sha256').update(text, 'utf8').digest('hex');
      const wording = { id, purpose, kind, channels, language, sha256, doubleOptIn, shownFrom, shownUntil };
      if (added.replaces !== undefined) await endWording(session, added.replaces, wording);
      const inserted = await session.run(
        `INSERT INTO gdpr.wording (id, purpose, kind, channels, language, text, sha256, double_opt_in, shown_from, shown_until, added_by, operation)
         VALUES ($1, $2, $3, $4::text[], $5, $6, $7, $8, $9::timestamptz, $10::timestamptz, $11, $12) ON CONFLICT (id) DO NOTHING`,
        [
          id,
          purpose,
          kind,
          channels,
          language,
          text,
          sha256,
          doubleOptIn,
          shownFrom,
          shownUntil,
          context.operator,
          operation.id,
        ],
      );
      if (inserted === 0) {
        throw new GdprError('ALREADY_EXISTS', `a wording ${id} is registered already`, {
          hint: 'another text is another wording: choose another id, and name this one with --replaces',
        });
      }
      return { result: { ...wording, replaced: added.replaces ?? null }, traces: { counts: { wordings: 1 } } };
    }),
  );
}

/** Ends a wording at the instant at which the one that takes its place begins. */
async function endWording(
  session: Session,
  old: string,
  { purpose, kind, shownFrom }: Pick<Wording, 'purpose' | 'kind' | 'shownFrom'>,
): Promise<void> {
  const replaced = (await readWordings(session)).get(old);
  if (replaced === undefined) throw unknownWording();
  if (replaced.purpose !== purpose || replaced.kind !== kind)
    throw invalid('the wording to be replaced is of another purpose or kind', 'see: gdpr consent wording list');
  if (replaced.shownUntil !== null)
    throw invalid('the wording to be replaced has ended already', 'leave --replaces out');
  if (replaced.shownFrom >= shownFrom)
    throw invalid('the wording to be replaced does not begin before this one', 'see: gdpr consent wording list');
  await session.run('UPDATE gdpr.wording SET shown_until = $2::timestamptz WHERE id = $1', [old, shownFrom]);
}

export function unknownWording(): GdprError {
  return new GdprError('NOT_FOUND', 'no such wording is registered', { hint: 'see: gdpr consent wording list' });
}

/** The text of the file: a byte-order mark and the last line's end are the editor's, everything else is kept. */
function verbatim(bytes: Uint8Array): string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r?\n$/, '');
  } catch (cause) {
    throw new GdprError('INPUT_INVALID', 'the text of the wording is not UTF-8', {
      cause,
      hint: 'save the file as UTF-8',
    });
  }
  if (text.trim() === '')
    throw invalid('the text of the wording is empty', 'give what people were shown, word for word');
  if (text.includes('\0')) throw invalid('the text of the wording holds a NUL', 'give it as plain text');
  return text;
}

function invalid(message: string, hint: string): GdprError {
  return new GdprError('INPUT_INVALID', message, { hint });
}

/** A registered wording as it is listed: with its text, and how many events in the ledger name it. */
export type ListedWording = Wording & { readonly events: number; readonly addedAt: string; readonly addedBy: string };

/** All registered wordings by the time since when they were shown. Logged as a look; they hold nothing of anybody. */
export async function listWordings(
  context: Context,
): Promise<Settled<{ readonly wordings: readonly ListedWording[] }>> {
  return runOperation(context, { action: 'consent wording list', subjects: [] }, (operation) =>
    settle(context, operation, async (session) => {
      const wordings = await readWordings(session);
      const rows = await session.query<{ id: string; events: string; addedAt: string; addedBy: string }>(
        `SELECT w.id, count(e.id)::text AS events, ${timeText('w.added_at')} AS "addedAt", w.added_by AS "addedBy"
         FROM gdpr.wording w LEFT JOIN gdpr.consent_event e ON e.wording = w.id GROUP BY w.id ORDER BY w.shown_from, w.id`,
      );
      const listed = rows.flatMap(({ id, events, addedAt, addedBy }): ListedWording[] => {
        const wording = wordings.get(id);
        return wording === undefined ? [] : [{ ...wording, events: Number(events), addedAt, addedBy }];
      });
      return { result: { wordings: listed }, traces: { counts: { wordings: listed.length } } };
    }),
  );
}
