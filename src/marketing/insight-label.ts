import type { Text } from '../datamap/schema.js';
import { type Dimension, SEVERAL } from './insight-result.js';

/** What a cell of a table stands for, in words. */
export function cellLabel(by: Dimension, value: string | null): Text {
  if (value === null) return { lv: 'nav zināms', en: 'not known' };
  if (by === 'place' && value === SEVERAL) return { lv: 'vairākas vietas', en: 'several places' };
  return { lv: value, en: value };
}
