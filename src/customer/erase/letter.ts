import type { DataMapModel } from '../../datamap/model.js';
import { canonicalName } from '../../datamap/names.js';
import type { ErasureModel, KeptLine } from '../../documents/letters/letter.js';
import type { Language } from '../../documents/page-model.js';
import type { Intent } from '../../operation/operation.js';
import type { Context } from '../../workspace/open.js';
import type { KeptSummary } from './kept-rows.js';

/** The letter about an erasure: what is kept, on which ground, until when. */
export async function keptLetter(
  { model, database }: Context,
  erasure: {
    readonly operation: string;
    readonly intent: Intent;
    readonly kept: readonly KeptSummary[];
    readonly language: Language;
  },
): Promise<ErasureModel> {
  const { controller, supervisor, timeZone } = model.map;
  const { intent, operation, language, kept } = erasure;
  const number = intent.request;
  const [row] = await database.transaction('read committed', (session) =>
    session.query<{ today: string; received: string | null }>(
      `SELECT (now() AT TIME ZONE $1)::date::text AS today, (SELECT r.received::text FROM gdpr.request r WHERE r.number = $2) AS received`,
      [timeZone, number ?? ''],
    ),
  );
  const today = row?.today ?? '';
  return {
    language,
    date: today,
    ...(number === undefined
      ? { reference: operation }
      : { request: { number, asked: ['erasure'], received: row?.received ?? today, due: row?.received ?? today } }),
    controller,
    supervisor,
    kept: kept.map((summary) => keptLine(model, summary)),
  };
}

/** What is kept by somebody's order, for the evidence that it may be. */
export const HOLD = {
  title: {
    lv: 'Iestādes vai tiesas prasība datus saglabāt',
    en: 'An order of an authority or a court to keep the data',
  },
  law: 'Regula (ES) 2016/679, 17. panta 3. punkta b) un e) apakšpunkts',
};

function keptLine(model: DataMapModel, { table, columns, source, id, last }: KeptSummary): KeptLine {
  const entry = model.table(canonicalName(table)).entry;
  const rule = source === 'rule' ? model.map.retention[id] : undefined;
  const ground = source === 'ground' ? model.map.keptGrounds?.[id] : undefined;
  return {
    what: entry.title,
    fields: columns.flatMap((name) => entry.columns[name]?.title ?? []),
    because: rule?.title ?? ground?.title ?? HOLD.title,
    law: rule?.law ?? ground?.law ?? HOLD.law,
    ...(last !== null && { until: last }),
    ...(last === null && (rule ?? ground) !== undefined && { untilWords: ground?.until ?? rule?.criterion }),
  };
}
