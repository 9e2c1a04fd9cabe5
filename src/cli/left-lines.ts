import type { RefusedLine } from '../customer/people-chosen.js';
import { textTable } from './table.js';

/** The lines of a list that were left out, for people to read; nothing when none was. */
export function leftLines(left: readonly RefusedLine[]): string[] {
  if (left.length === 0) return [];
  const rows = left.map(({ line, message }) => [String(line), message]);
  return [...textTable(['LINE', 'LEFT OUT BECAUSE'], rows), ''];
}
