import { timeText } from '../audit/append.js';
import type { Session } from '../database/session.js';
import { GdprError } from '../foundation/errors.js';
import { randomId } from '../foundation/random-id.js';
import type { Operation } from '../operation/operation.js';
import type { Day } from '../request/day.js';

export type DisclosureKind = 'court' | 'authority' | 'processor' | 'consented';

/** What is entered of a disclosure; absent members are stored as NULL. */
export interface Disclosure {
  /** Where it has to be known beforehand: of `newNumber`. */
  readonly number?: string;
  readonly kind: DisclosureKind;
  /** The name of whoever got the data. */
  readonly recipient: string;
  /** As the data map or the register of agreements calls them. */
  readonly recipientId?: string;
  /** Number of the agreement, for a processor. */
  readonly agreement?: string;
  /** `gdpr.consent_event.id`. */
  readonly consentEvent?: string;
  readonly basis: string;
  readonly caseNumber?: string | undefined;
  readonly official?: string | undefined;
  readonly requestNumber?: string;
  readonly requestDate?: Day;
  readonly receivedOn?: Day;
  readonly deadline?: Day | undefined;
  /** SHA-256 of the order, 64 hexadecimal digits. */
  readonly documentDigest?: string;
  readonly asked?: string | undefined;
  readonly categories: readonly string[];
  /** Whether the law forbids to name the body to the person (FPDAL s.27). */
  readonly unnamed?: boolean;
  /** The last day on which nobody uninvolved may learn of it. */
  readonly gagUntil?: Day | undefined;
  readonly whyTold?: string | undefined;
  /** The hold on what was given. */
  readonly hold?: string | undefined;
  readonly approvedBy?: string;
  /** SHA-256 of the archive, 64 hexadecimal digits. */
  readonly archiveDigest: string;
  readonly records: number;
  readonly numbers?: { readonly first: string; readonly last: string } | undefined;
}

/** Whom a disclosure is about: references with their records, or a query of `subject, rows` over a set in the session. */
export type DisclosedSubjects =
  | readonly { readonly subject: string; readonly rows: number }[]
  | { readonly sql: string; readonly values?: readonly unknown[] };

/** A number for the register: `disclosure-` and ten letters, random. */
export function newNumber(): string {
  return `disclosure-${randomId(10)}`;
}

/**
 * Enters a disclosure, in the transaction of its operation's outcome. That the operation's own entry names nobody while
 * the disclosure may not be told of is the caller's part.
 * @returns its number
 */
export async function enterDisclosure(
  session: Session,
  operation: Pick<Operation, 'id'>,
  operator: string,
  given: Disclosure,
  subjects: DisclosedSubjects,
): Promise<string> {
  const number = given.number ?? newNumber();
  await session.run(
    `INSERT INTO gdpr.disclosure (number, operation, kind, recipient, recipient_id, agreement, consent_event, basis,
       case_number, official, request_number, request_date, received_on, deadline, document_digest, asked, categories,
       unnamed, gag_until, why_told, hold, disclosed_by, approved_by, archive_digest, records, first_number, last_number)
     VALUES ($1, $2, $3, $4, $5, $6, $7::bigint, $8, $9, $10, $11, $12::date, $13::date, $14::date, $15, $16, $17::text[],
       $18, $19::date, $20, $21, $22, $23, $24, $25::bigint, $26, $27)`,
    [
      number,
      operation.id,
      given.kind,
      given.recipient,
      given.recipientId ?? null,
      given.agreement ?? null,
      given.consentEvent ?? null,
      given.basis,
      given.caseNumber ?? null,
      given.official ?? null,
      given.requestNumber ?? null,
      given.requestDate ?? null,
      given.receivedOn ?? null,
      given.deadline ?? null,
      given.documentDigest ?? null,
      given.asked ?? null,
      [...given.categories],
      given.unnamed ?? false,
      given.gagUntil ?? null,
      given.whyTold ?? null,
      given.hold ?? null,
      operator,
      given.approvedBy ?? null,
      given.archiveDigest,
      given.records,
      given.numbers?.first ?? null,
      given.numbers?.last ?? null,
    ],
  );
  await enterSubjects(session, number, subjects);
  return number;
}

async function enterSubjects(session: Session, number: string, subjects: DisclosedSubjects): Promise<void> {
  if ('sql' in subjects) {
    const values = subjects.values ?? [];
    await session.run(
      `INSERT INTO gdpr.disclosure_subject (disclosure, subject, rows)
       SELECT $${values.length + 1}, q.subject, sum(q.rows) FROM (${subjects.sql}) q GROUP BY q.subject`,
      [...values, number],
    );
    return;
  }
  await session.run(
    `INSERT INTO gdpr.disclosure_subject (disclosure, subject, rows)
     SELECT $1, u.subject, sum(u.rows) FROM unnest($2::text[], $3::bigint[]) u (subject, rows) GROUP BY u.subject`,
    [number, subjects.map(({ subject }) => subject), subjects.map(({ rows }) => rows)],
  );
}

/** A disclosure as people and programs read it; nothing in it is a value of a person whom it is about. */
export interface DisclosureView {
  readonly disclosure: string;
  readonly operation: string;
  readonly kind: DisclosureKind;
  readonly recipient: string;
  readonly recipientId: string | null;
  readonly agreement: string | null;
  readonly consentEvent: string | null;
  readonly basis: string;
  readonly caseNumber: string | null;
  readonly official: string | null;
  readonly requestNumber: string | null;
  readonly requestDate: Day | null;
  readonly receivedOn: Day | null;
  readonly deadline: Day | null;
  readonly documentDigest: string | null;
  readonly asked: string | null;
  readonly categories: readonly string[];
  /** Whether the body may not be named to the person. */
  readonly unnamed: boolean;
  readonly gagUntil: Day | null;
  readonly gagged: boolean;
  readonly whyTold: string | null;
  readonly hold: string | null;
  /** UTC with microseconds. */
  readonly disclosed: string;
  readonly disclosedBy: string;
  readonly approvedBy: string | null;
  readonly archiveDigest: string;
  /** Records, as digits. */
  readonly records: string;
  readonly numbers: { readonly first: string; readonly last: string } | null;
  /** How many people it was about, as digits. */
  readonly people: string;
  readonly handovers: readonly {
    readonly at: string;
    readonly to: string;
    readonly means: string;
    readonly receipt: string | null;
    readonly by: string;
  }[];
}

/** Which disclosures are wanted; all members that are given must fit. */
export interface DisclosureFilter {
  readonly number?: string;
  /** About any of these references. */
  readonly subjects?: readonly string[];
  /** The recipient's name, or their id in the map or the register of agreements. */
  readonly recipient?: string;
  /** Those, too, that may not be told of today. */
  readonly gagged: boolean;
}

const SELECT = `SELECT d.number AS disclosure, d.operation, d.kind, d.recipient, d.recipient_id AS "recipientId", d.agreement,
    d.consent_event::text AS "consentEvent", d.basis, d.case_number AS "caseNumber", d.official,
    d.request_number AS "requestNumber", d.request_date::text AS "requestDate", d.received_on::text AS "receivedOn",
    d.deadline::text AS deadline, d.document_digest AS "documentDigest", d.asked,
    array_to_json(d.categories)::text AS categories, d.unnamed, d.gag_until::text AS "gagUntil",
    coalesce(d.gag_until >= $1::date, false) AS gagged, d.why_told AS "whyTold", d.hold,
    ${timeText('d.disclosed_at')} AS disclosed, d.disclosed_by AS "disclosedBy", d.approved_by AS "approvedBy",
    d.archive_digest AS "archiveDigest", d.records::text AS records, d.first_number AS first, d.last_number AS last,
    (SELECT count(*)::text FROM gdpr.disclosure_subject s WHERE s.disclosure = d.number) AS people,
    (SELECT coalesce(json_agg(json_build_object('at', ${timeText('h.at')}, 'to', h.recipient_person, 'means', h.means,
        'receipt', h.receipt, 'by', h.by) ORDER BY h.at, h.operation), '[]')
      FROM gdpr.disclosure_handover h WHERE h.disclosure = d.number)::text AS handovers
  FROM gdpr.disclosure d
  WHERE ($2::boolean OR d.gag_until IS NULL OR d.gag_until < $1::date)
    AND ($3::text IS NULL OR d.number = $3)
    AND ($4::text[] IS NULL OR EXISTS (SELECT FROM gdpr.disclosure_subject s WHERE s.disclosure = d.number AND s.subject = ANY ($4)))
    AND ($5::text IS NULL OR $5 IN (d.recipient, d.recipient_id))
  ORDER BY d.disclosed_at, d.number`;

type Row = Record<string, unknown> &
  Omit<DisclosureView, 'categories' | 'handovers' | 'numbers'> & {
    readonly categories: string;
    readonly handovers: string;
    readonly first: string | null;
    readonly last: string | null;
  };

/** Disclosures in the order in which they were made; those under a gag are left out without a word unless asked for. */
export async function readDisclosures(
  session: Session,
  today: Day,
  { number, subjects, recipient, gagged }: DisclosureFilter,
): Promise<DisclosureView[]> {
  const rows = await session.query<Row>(SELECT, [
    today,
    gagged,
    number ?? null,
    subjects === undefined ? null : [...subjects],
    recipient ?? null,
  ]);
  return rows.map(({ categories, handovers, first, last, ...row }) => ({
    ...row,
    categories: JSON.parse(categories) as string[],
    handovers: JSON.parse(handovers) as DisclosureView['handovers'],
    numbers: first === null || last === null ? null : { first, last },
  }));
}

/** @throws GdprError NOT_FOUND, also for one under a gag that was not asked for */
export async function readDisclosure(
  session: Session,
  today: Day,
  number: string,
  gagged: boolean,
): Promise<DisclosureView> {
  const [found] = await readDisclosures(session, today, { number, gagged });
  if (found !== undefined) return found;
  throw new GdprError('NOT_FOUND', 'there is no such disclosure', { hint: 'see: gdpr disclosure list' });
}
