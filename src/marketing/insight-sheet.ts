import type { Text } from '../datamap/schema.js';
import { insightPage } from '../documents/insight-page.js';
import type { Context } from '../workspace/open.js';
import { cellLabel } from './insight-label.js';
import type { Dimension, InsightResult } from './insight-result.js';

const TITLES: Readonly<Record<Dimension, Text>> = {
  language: { lv: 'Pēc valodas', en: 'By language' },
  place: { lv: 'Pēc vietas', en: 'By place' },
  category: { lv: 'Pēc pirkto grāmatu nodaļas', en: 'By category of what they bought' },
  segment: { lv: 'Pēc segmenta', en: 'By segment' },
};

/** The page of an insight's archive. */
export function insightSheet(
  { model, config }: Pick<Context, 'model' | 'config'>,
  operation: string,
  told: Pick<InsightResult, 'snapshot' | 'segment' | 'minimum' | 'people' | 'tables'>,
): string {
  const { controller, timeZone } = model.map;
  const { segments = {} } = config;
  const titleOf = (by: Dimension, value: string | null) =>
    (by === 'segment' ? segments[value ?? '']?.title : undefined) ?? cellLabel(by, value);
  return insightPage({
    controller: controller.name,
    operation,
    timeZone,
    segment: told.segment === null ? null : titleOf('segment', told.segment),
    snapshot: told.snapshot,
    minimum: told.minimum,
    people: told.people,
    tables: told.tables.map(({ by, of, cells, withheld }) => ({
      title: TITLES[by],
      of,
      lines: cells.map(({ value, count, share }) => ({ label: titleOf(by, value), count, share })),
      withheld,
    })),
  });
}
