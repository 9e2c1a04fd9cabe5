import { timeText } from '../audit/append.js';
import type { Session } from '../database/session.js';
import type { DataMap } from '../datamap/schema.js';
import { GdprError } from '../foundation/errors.js';
import type { Day } from '../request/day.js';

/** `coming`: its first day is yet to come; `expired`: its last day has passed; `ended`: it was ended before that. */
export type AgreementState = 'coming' | 'in-force' | 'expired' | 'ended';

/** An agreement under which a recipient is given data (Art. 28(3), or between controllers); nothing of it is about people. */
export interface Agreement {
  readonly agreement: string;
  /** Id of the recipient in the data map. */
  readonly recipient: string;
  readonly name: string;
  readonly role: 'processor' | 'controller';
  /** Its first and its last day; null while it has no end. */
  readonly from: Day;
  readonly until: Day | null;
  readonly purposes: readonly string[];
  readonly categories: readonly string[];
  /** Headings of the manifest that it covers, in their order; null for every one of its categories. */
  readonly columns: readonly string[] | null;
  /** ISO 3166-1. */
  readonly country: string;
  /** The safeguard of Art. 46, outside the EEA. */
  readonly safeguard: string | null;
  readonly subprocessors: readonly string[];
  /** SHA-256 of the document, hexadecimal. */
  readonly sha256: string;
  /** UTC with microseconds. */
  readonly added: string;
  readonly addedBy: string;
  /** The last day on which it was in force, where it was ended. */
  readonly ended: Day | null;
  readonly reason: string | null;
}

/** An agreement as it is listed: whether it is in force, and where the data map says otherwise. */
export interface AgreementView extends Agreement {
  readonly state: AgreementState;
  readonly disagreements: readonly string[];
}

const SELECT = `SELECT a.number AS agreement, a.recipient, a.name, a.role, a.since::text AS "from", a.until::text AS until,
    array_to_json(a.purposes)::text AS purposes, array_to_json(a.categories)::text AS categories,
    array_to_json(a.columns)::text AS columns, a.country, a.safeguard, array_to_json(a.subprocessors)::text AS subprocessors,
    a.sha256, ${timeText('a.added_at')} AS added, a.added_by AS "addedBy", a.ended::text AS ended, a.end_reason AS reason
  FROM gdpr.agreement a`;

type Lists = 'purposes' | 'categories' | 'columns' | 'subprocessors';
type Row = Record<string, unknown> &
  Omit<Agreement, Lists> &
  Readonly<Record<Exclude<Lists, 'columns'>, string>> & { readonly columns: string | null };

function agreementOf({ purposes, categories, columns, subprocessors, ...row }: Row): Agreement {
  const list = (text: string) => JSON.parse(text) as string[];
  return {
    ...row,
    purposes: list(purposes),
    categories: list(categories),
    columns: columns === null ? null : list(columns),
    subprocessors: list(subprocessors),
  };
}

/** All agreements by recipient and first day. */
export async function readAgreements(session: Session): Promise<Agreement[]> {
  const rows = await session.query<Row>(`${SELECT} ORDER BY a.recipient COLLATE "C", a.since, a.number COLLATE "C"`);
  return rows.map(agreementOf);
}

/** @throws GdprError NOT_FOUND */
export async function readAgreement(session: Session, number: string): Promise<Agreement> {
  const [row] = await session.query<Row>(`${SELECT} WHERE a.number = $1`, [number]);
  if (row !== undefined) return agreementOf(row);
  throw new GdprError('NOT_FOUND', 'there is no such agreement on record', {
    hint: 'see: gdpr agreement list --all; put one on record with: gdpr agreement add',
  });
}

export function agreementState({ from, until, ended }: Agreement, today: Day): AgreementState {
  if (ended !== null && ended < today) return 'ended';
  if (until !== null && until < today) return 'expired';
  return from > today ? 'coming' : 'in-force';
}

/**
 * Where the register and the data map differ about an agreement, in words; the map is what people are told, so neither
 * may say another thing than the other. Pure.
 */
export function disagreementsOf(
  agreement: Pick<Agreement, 'agreement' | 'recipient' | 'role' | 'country' | 'purposes' | 'categories'>,
  { recipients, purposes, categories }: Pick<DataMap, 'recipients' | 'purposes' | 'categories'>,
): string[] {
  const mapped = Object.hasOwn(recipients, agreement.recipient) ? recipients[agreement.recipient] : undefined;
  if (mapped === undefined) return [`the data map has no recipient "${agreement.recipient}"`];
  const beyond = (mine: readonly string[], theirs: readonly string[]) => mine.filter((id) => !theirs.includes(id));
  const [morePurposes, moreCategories] = [
    beyond(agreement.purposes, mapped.purposes),
    beyond(agreement.categories, mapped.categories),
  ];
  return [
    ...(names(mapped.agreement, agreement.agreement)
      ? []
      : [`the data map names ${mapped.agreement === undefined ? 'no agreement' : 'another agreement'} for it`]),
    ...(mapped.role === agreement.role ? [] : [`the data map calls it a ${mapped.role}`]),
    ...(mapped.country === agreement.country ? [] : [`the data map has it in ${mapped.country}`]),
    ...beyond(agreement.purposes, Object.keys(purposes)).map((id) => `the data map has no purpose "${id}"`),
    ...beyond(agreement.categories, Object.keys(categories)).map((id) => `the data map has no category "${id}"`),
    ...(morePurposes.length === 0 ? [] : [`the data map does not give it data for ${morePurposes.join(', ')}`]),
    ...(moreCategories.length === 0 ? [] : [`the data map does not give it ${moreCategories.join(', ')}`]),
  ];
}

/** Whether the map's words for an agreement, which may say what it is, hold its number as words of their own. */
function names(words: string | undefined, number: string): boolean {
  const parts = (text: string) => text.trim().split(/[\s,;()]+/);
  const [all, wanted] = [parts(words ?? ''), parts(number)];
  return all.some((_, i) => wanted.every((part, k) => all[i + k] === part));
}

export function agreementView(agreement: Agreement, map: DataMap, today: Day): AgreementView {
  return {
    ...agreement,
    state: agreementState(agreement, today),
    disagreements: disagreementsOf(agreement, map),
  };
}
