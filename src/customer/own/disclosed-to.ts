import { timeText } from '../../audit/append.js';
import type { Session } from '../../database/session.js';
import type { DataMapModel } from '../../datamap/model.js';
import type { Text } from '../../datamap/schema.js';
import type { PageDisclosure } from '../../documents/page-model.js';
import { now } from '../../foundation/clock.js';
import { DISCLOSURE_KINDS, UNNAMED } from './disclosures.js';

interface Row extends Record<string, unknown> {
  readonly subject: string;
  readonly recipient: string;
  readonly kind: string;
  readonly at: string;
  readonly basis: string;
  readonly reference: string | null;
  readonly unnamed: boolean;
  readonly categories: string;
}

/**
 * To whom data of each person was given, by their references and those that these took the place of, in the order of time: each body by its name (C-154/21), but
 * one that the law does not allow to name; what is under a gag today is left out.
 */
export async function disclosedTo(
  session: Session,
  { map }: Pick<DataMapModel, 'map'>,
  subjects: readonly string[],
): Promise<ReadonlyMap<string, readonly PageDisclosure[]>> {
  const rows = await session.query<Row>(
    `WITH RECURSIVE person (reference, root) AS (
       SELECT u.reference, u.reference FROM unnest($1::text[]) u (reference)
       UNION SELECT f.reference, p.root FROM gdpr.subject_superseded f JOIN person p ON f.by = p.reference)
     SELECT s.root AS subject, d.recipient, d.kind, ${timeText('d.disclosed_at')} AS at, d.basis, d.unnamed,
       coalesce(d.case_number, d.agreement, d.request_number) AS reference, array_to_json(d.categories)::text AS categories
     FROM (SELECT DISTINCT p.root, s.disclosure FROM person p JOIN gdpr.disclosure_subject s ON s.subject = p.reference) s
     JOIN gdpr.disclosure d ON d.number = s.disclosure
     WHERE (d.gag_until IS NULL OR d.gag_until < ($2::timestamptz)::date)
     ORDER BY d.disclosed_at, d.number`,
    [[...subjects], now().toISOString()],
  );
  const told = new Map<string, PageDisclosure[]>();
  for (const { subject, recipient, kind, at, basis, reference, unnamed, categories } of rows) {
    const title = (id: string): Text => map.categories[id]?.title ?? { lv: id, en: id };
    const entry: PageDisclosure = {
      name: unnamed ? UNNAMED : recipient,
      kind: DISCLOSURE_KINDS[kind] ?? { lv: kind, en: kind },
      at,
      ...(!unnamed && { basis: [basis, reference].filter((part) => part !== null).join('; ') }),
      categories: (JSON.parse(categories) as string[]).map(title),
    };
    told.set(subject, [...(told.get(subject) ?? []), entry]);
  }
  return told;
}
