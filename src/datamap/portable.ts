import type { ColumnModel, DataMapModel } from './model.js';

/** Why a column is no part of a portable copy: concluded from other data, or held on another basis. */
export type NotPortable = 'inferred' | 'basis';

const BASES: readonly string[] = ['6(1)(a)', '6(1)(b)'];

/**
 * Whether the right to data portability covers a column (Art. 20(1)): data that the person provided, or that arose as
 * they used the service (WP 242 rev.01), processed on consent or on a contract.
 * @returns why it does not
 */
export function notPortable(model: DataMapModel, { entry }: ColumnModel): NotPortable | undefined {
  if (entry.source !== 'provided' && entry.source !== 'observed') return 'inferred';
  return entry.purposes.some((id) => BASES.includes(model.map.purposes[id]?.basis ?? '')) ? undefined : 'basis';
}
