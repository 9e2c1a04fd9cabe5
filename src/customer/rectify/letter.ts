import type { Session } from '../../database/session.js';
import { canonicalName } from '../../datamap/names.js';
import type { CorrectedLine, RectificationModel } from '../../documents/letters/letter.js';
import type { Language } from '../../documents/page-model.js';
import type { Context } from '../../workspace/open.js';
import type { ChangedPlace, HeldAsIs, LeftAsIs, Told } from './report.js';

/** The letter about a correction: names of fields, never a value. */
export async function rectificationLetter(
  session: Session,
  { model }: Context,
  done: {
    readonly operation: string;
    readonly number: string | undefined;
    readonly language: Language;
    readonly places: readonly ChangedPlace[];
    readonly left: readonly LeftAsIs[];
    readonly held: readonly HeldAsIs[];
    readonly recipients: readonly Told[];
  },
): Promise<RectificationModel> {
  const { controller, supervisor, timeZone } = model.map;
  const { operation, number, language, places, left, held, recipients } = done;
  const [row] = await session.query<{ today: string; received: string | null }>(
    `SELECT (now() AT TIME ZONE $1)::date::text AS today, (SELECT r.received::text FROM gdpr.request r WHERE r.number = $2) AS received`,
    [timeZone, number ?? ''],
  );
  const today = row?.today ?? '';
  const received = row?.received ?? today;
  return {
    language,
    date: today,
    ...(number === undefined
      ? { reference: operation }
      : { request: { number, asked: ['rectification'], received, due: received } }),
    controller,
    supervisor,
    corrected: linesOf(model, places),
    left: linesOf(model, left),
    held: linesOf(model, held),
    recipients: recipients.map(({ name }) => name),
  };
}

/** One line a table and law. */
function linesOf(
  model: Context['model'],
  places: readonly (ChangedPlace & Partial<Pick<LeftAsIs, 'law'>>)[],
): CorrectedLine[] {
  const lines = new Map<string, CorrectedLine>();
  for (const { table, columns, path, law } of places) {
    const { entry } = model.table(canonicalName(table));
    const titles = columns.flatMap((name) => {
      const column = entry.columns[name];
      const node = column?.json?.find((each) => JSON.stringify(each.path) === JSON.stringify(path));
      return node?.title ?? column?.title ?? [];
    });
    const id = JSON.stringify([table, law]);
    const fields = [...(lines.get(id)?.fields ?? []), ...titles];
    const distinct = [...new Map(fields.map((field) => [field.lv, field])).values()];
    lines.set(id, { what: entry.title, fields: distinct, ...(law !== undefined && { law }) });
  }
  return [...lines.values()];
}
