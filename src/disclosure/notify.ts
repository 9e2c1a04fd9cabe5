import { journalDone } from '../customer/settle-journaled.js';
import type { Session } from '../database/session.js';
import { noticeLetter } from '../documents/notice-letter.js';
import { GdprError } from '../foundation/errors.js';
import { groupBy } from '../foundation/group.js';
import { archiveChange } from '../operation/archived.js';
import { runOperation } from '../operation/operation.js';
import { dayOf, todayIn } from '../request/day.js';
import type { Context } from '../workspace/open.js';
import { type DisclosureView, readDisclosures } from './register.js';

/** What recipients are told of (Art. 19), by the action that did it. */
const CAUSES = {
  'customer rectify': 'rectified',
  'customer erase': 'erased',
  'customer erase list': 'erased',
  'customer restrict': 'restricted',
  'customer unrestrict': 'unrestricted',
} as const;
export type NoticeCause = (typeof CAUSES)[keyof typeof CAUSES];

export interface Notified {
  readonly operation: string;
  /** The operation of which the recipients are told. */
  readonly cause: string;
  readonly what: NoticeCause;
  readonly letters: readonly {
    readonly recipient: string;
    readonly disclosures: readonly string[];
    readonly files: readonly string[];
  }[];
  readonly archive: string;
  readonly sha256: string;
  readonly audit: { readonly sequence: number };
}

/** Who was given data of somebody before an operation, and has not been told of it (Art. 19). */
export interface DisclosedTo {
  readonly recipient: string;
  /** Numbers in the register. */
  readonly disclosures: readonly string[];
}

/** The recipients to whom `notifyRecipients` would write about an operation that is done; none under a gag. */
export async function disclosedBefore(
  { database, model }: Pick<Context, 'database' | 'model'>,
  operation: string,
): Promise<DisclosedTo[]> {
  const told = await database.transaction('read committed', async (session) =>
    disclosuresToTell(session, todayIn(model.map.timeZone), await readCause(session, operation)),
  );
  return [...groupBy(told, ({ recipient }) => recipient)].map(([recipient, disclosures]) => ({
    recipient,
    disclosures: disclosures.map(({ disclosure }) => disclosure),
  }));
}

interface Cause {
  readonly id: string;
  readonly what: NoticeCause;
  readonly subjects: readonly string[];
  readonly ended: string;
}

/**
 * Writes a letter, in Latvian and in English, to each recipient to whom data of the people of an operation was disclosed
 * before it and who was not told of it yet (Art. 19): a signed archive of the letters, noted in the register. What may
 * not be told of stays out. The letters name nobody, which is left to fill in: the register does not know names.
 * @throws GdprError NOT_FOUND for an operation that there is not; REFUSED for one of which nobody is told, and when the
 *   register knows of nobody to tell
 */
export async function notifyRecipients(context: Context, given: string): Promise<Notified> {
  const { map } = context.model;
  const today = todayIn(map.timeZone);
  const name = (id: string) => `notices-${id}.asice`;
  const notified = await runOperation(
    context,
    { action: 'disclosure notify', subjects: [], ground: 'Art. 19' },
    async (operation) => {
      const archived = await archiveChange(context, operation, name(operation.id), async (session, archive) => {
        const cause = await readCause(session, given.trim());
        const told = await disclosuresToTell(session, today, cause);
        if (told.length === 0) {
          throw new GdprError('REFUSED', 'the register knows of nobody who is still to be told of it', {
            hint: 'recipients of the data map without an entry in the register are listed by the command itself',
          });
        }
        const fields = await correctedFields(session, cause);
        const letters: { recipient: string; disclosures: string[]; files: string[] }[] = [];
        for (const [recipient, disclosures] of groupBy(told, (each) => each.recipient)) {
          const files: string[] = [];
          for (const language of ['lv', 'en'] as const) {
            const file = `letters/${String(letters.length + 1).padStart(3, '0')}-${language}.html`;
            const page = noticeLetter({
              language,
              date: today,
              controller: map.controller,
              supervisor: map.supervisor,
              reference: operation.id,
              addressee: { name: recipient },
              what: cause.what,
              on: dayOf(new Date(cause.ended), map.timeZone),
              fields: fields.map((field) => titleOf(context, field)),
              people: cause.subjects.length,
              given: disclosures.map(({ disclosure, disclosed, categories, agreement, requestNumber, caseNumber }) => ({
                number: disclosure,
                on: dayOf(new Date(disclosed), map.timeZone),
                categories: categories.map((id) => map.categories[id]?.title ?? { lv: id, en: id }),
                reference: agreement ?? requestNumber ?? caseNumber,
              })),
            });
            await archive.add(file, 'text/html', page);
            files.push(file);
          }
          letters.push({ recipient, disclosures: disclosures.map(({ disclosure }) => disclosure), files });
        }
        const facts = {
          format: 'privatums notices',
          version: 1,
          operation: operation.id,
          cause: cause.id,
          what: cause.what,
          letters,
        };
        await archive.add('notices.json', 'application/json', `${JSON.stringify(facts, undefined, 2)}\n`);
        await session.run(
          `INSERT INTO gdpr.disclosure_notice (disclosure, cause, operation) SELECT u.number, $2, $3 FROM unnest($1::text[]) u (number)`,
          [told.map(({ disclosure }) => disclosure), cause.id, operation.id],
        );
        return { written: { cause, letters }, outcome: { counts: { letters: letters.length } } };
      });
      const { cause, letters } = archived.written;
      return {
        operation: operation.id,
        cause: cause.id,
        what: cause.what,
        letters,
        archive: archived.path,
        sha256: archived.sha256,
        audit: { sequence: archived.sequence },
      };
    },
    name,
  );
  await journalDone(context);
  return notified;
}

async function readCause(session: Session, id: string): Promise<Cause> {
  const [row] = await session.query<{ action: string; state: string; subjects: string; ended: string | null }>(
    `SELECT action, state, array_to_json(subjects)::text AS subjects, ended_at::text AS ended FROM gdpr.operation WHERE id = $1`,
    [id],
  );
  if (row === undefined)
    throw new GdprError('NOT_FOUND', 'there is no such operation', { hint: 'see: gdpr audit list' });
  const what = Object.hasOwn(CAUSES, row.action) ? CAUSES[row.action as keyof typeof CAUSES] : undefined;
  if (what === undefined || row.state !== 'done' || row.ended === null) {
    throw new GdprError(
      'REFUSED',
      'recipients are told of a correction, an erasure or a restriction that was done (Art. 19)',
      {
        hint: 'name the operation of one: gdpr audit list',
      },
    );
  }
  return { id, what, subjects: JSON.parse(row.subjects) as string[], ended: row.ended };
}

/** Disclosures before the operation, under every reference of its people, that nobody was told of it yet. */
async function disclosuresToTell(
  session: Session,
  today: string,
  { id, subjects, ended }: Cause,
): Promise<DisclosureView[]> {
  const former = await session.query<{ reference: string }>(
    `WITH RECURSIVE former (reference) AS (
       SELECT u.reference FROM unnest($1::text[]) u (reference)
       UNION SELECT s.reference FROM gdpr.subject_superseded s JOIN former f ON s.by = f.reference
     ) SELECT reference FROM former`,
    [[...subjects]],
  );
  const all = await readDisclosures(session, today, {
    gagged: false,
    subjects: former.map(({ reference }) => reference),
  });
  const open = await session.query<{ number: string }>(
    `SELECT d.number FROM gdpr.disclosure d WHERE d.number = ANY ($1::text[]) AND d.disclosed_at < $2::timestamptz
       AND NOT EXISTS (SELECT FROM gdpr.disclosure_notice n WHERE n.disclosure = d.number AND n.cause = $3)`,
    [all.map(({ disclosure }) => disclosure), ended, id],
  );
  const wanted = new Set(open.map(({ number }) => number));
  return all.filter(({ disclosure }) => wanted.has(disclosure));
}

/** The fields that were corrected: identifiers of the map, or `table.column`. */
async function correctedFields(session: Session, { id }: Cause): Promise<string[]> {
  const rows = await session.query<{ field: string }>(
    `SELECT DISTINCT f ->> 'field' AS field FROM gdpr.rectification c, jsonb_array_elements(c.fields) f
     WHERE c.operation = $1 ORDER BY 1`,
    [id],
  );
  return rows.map(({ field }) => field);
}

function titleOf({ model }: Context, field: string): { lv: string; en: string } {
  const identifier = Object.hasOwn(model.map.identifiers, field) ? model.map.identifiers[field]?.title : undefined;
  const column = model.tables
    .flatMap((table) =>
      table.columns.map(({ name, entry }) => ({ names: [`${table.name}.${name}`, `${table.written}.${name}`], entry })),
    )
    .find(({ names }) => names.includes(field))?.entry.title;
  return identifier ?? column ?? { lv: field, en: field };
}
