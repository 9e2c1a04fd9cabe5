import type { DataMapModel } from '../datamap/model.js';
import type { Source } from '../datamap/schema.js';
import type { PageModel, PageRetention } from '../documents/page-model.js';
import type { TableResult } from './table-writer.js';

/**
 * What Art. 15(1)(a)–(d), (g) says of this person: only the purposes, categories, recipients and sources of data
 * that they have rows of.
 */
export function informationOf(
  model: DataMapModel,
  results: readonly TableResult[],
): Pick<PageModel, 'purposes' | 'recipients' | 'sources'> {
  const { map } = model;
  const purposes = new Map<string, Set<string>>();
  const sources = new Map<Source, Set<string>>();
  for (const { table, rows } of results) {
    if (rows === 0) continue;
    for (const { entry } of table.columns) {
      for (const purpose of entry.purposes)
        purposes.set(purpose, (purposes.get(purpose) ?? new Set()).add(entry.category));
      sources.set(entry.source, (sources.get(entry.source) ?? new Set()).add(table.name));
    }
  }
  const categories = new Set([...purposes.values()].flatMap((set) => [...set]));
  return {
    purposes: Object.entries(map.purposes).flatMap(([id, purpose]) => {
      const held = purposes.get(id);
      return held === undefined
        ? []
        : [
            {
              title: purpose.title,
              basis: purpose.basis,
              categories: titles(map.categories, held),
              ...(purpose.description && { description: purpose.description }),
              ...(purpose.law && { law: purpose.law }),
              ...(purpose.interest && { interest: purpose.interest }),
            },
          ];
    }),
    recipients: Object.values(map.recipients)
      .filter(
        (recipient) =>
          recipient.purposes.some((id) => purposes.has(id)) && recipient.categories.some((id) => categories.has(id)),
      )
      .map((recipient) => ({
        name: recipient.name,
        kind: recipient.kind,
        role: recipient.role,
        country: recipient.country,
        purposes: titles(map.purposes, new Set(recipient.purposes.filter((id) => purposes.has(id)))),
        categories: titles(map.categories, new Set(recipient.categories.filter((id) => categories.has(id)))),
        ...(recipient.transfer && { transfer: recipient.transfer }),
      })),
    sources: (['provided', 'observed', 'inferred'] as const).flatMap((source) => {
      const tables = sources.get(source);
      return tables === undefined ? [] : [{ source, tables: [...tables].map((name) => model.table(name).entry.title) }];
    }),
  };
}

function titles<T extends { title: { lv: string; en: string } }>(
  entries: Readonly<Record<string, T>>,
  ids: ReadonlySet<string>,
): T['title'][] {
  return Object.entries(entries).flatMap(([id, entry]) => (ids.has(id) ? [entry.title] : []));
}

/** One line of the retention section, from what the clock statement says of the person's rows. */
export function retentionLine(
  model: DataMapModel,
  table: { name: string; entry: { title: { lv: string; en: string } } },
  ruleId: string,
  counted: { rows: number; first: string | null; last: string | null; undetermined: number },
): PageRetention {
  const rule = model.map.retention[ruleId];
  if (rule === undefined) throw new Error(`no retention rule ${ruleId}`);
  return {
    table: table.name,
    tableTitle: table.entry.title,
    rule: ruleId,
    title: rule.title,
    law: rule.law,
    period: rule.period,
    criterion: rule.criterion,
    ...counted,
  };
}
