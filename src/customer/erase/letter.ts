import type { DataMapModel } from '../../datamap/model.js';
import { canonicalName } from '../../datamap/names.js';
import type { ErasureModel, KeptLine } from '../../documents/letters/letter.js';
import type { Language } from '../../documents/page-model.js';
import { readRequestsNumbered } from '../../request/register.js';
import type { Context } from '../../workspace/open.js';
import type { KeptSummary } from './kept-rows.js';

/** To whom a letter about an erasure goes, and what is kept of them. */
export interface KeptLetter {
  /** Number of the request in the register that it answers. */
  readonly request?: string | undefined;
  readonly language: Language;
  readonly kept: readonly KeptSummary[];
}

/** Makes the letters about an erasure: what is kept of a person, on which ground, until when. */
export async function keptLetters(
  { model, database }: Context,
  operation: string,
  people: readonly KeptLetter[],
): Promise<(person: KeptLetter) => ErasureModel> {
  const { controller, supervisor, timeZone } = model.map;
  const numbers = [...new Set(people.flatMap(({ request }) => request ?? []))];
  const { today, received } = await database.transaction('read committed', async (session) => {
    const [row] = await session.query<{ today: string }>('SELECT (now() AT TIME ZONE $1)::date::text AS today', [
      timeZone,
    ]);
    return { today: row?.today ?? '', received: await readRequestsNumbered(session, numbers) };
  });
  const days = new Map(received.map((request) => [request.number, request.received]));
  return ({ request, language, kept }) => {
    const day = (request === undefined ? undefined : days.get(request)) ?? today;
    return {
      language,
      date: today,
      ...(request === undefined
        ? { reference: operation }
        : { request: { number: request, asked: ['erasure'], received: day, due: day } }),
      controller,
      supervisor,
      kept: kept.map((summary) => keptLine(model, summary)),
    };
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
