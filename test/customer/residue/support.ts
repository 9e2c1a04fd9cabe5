import pg from 'pg';
import type { KeptCells } from '../../../src/customer/residue/kept.js';
import { type Needles, NO_NEEDLES } from '../../../src/customer/residue/needles.js';
import { proveResidue, type ResidueProof } from '../../../src/customer/residue/prove.js';
import type { Context } from '../../../src/workspace/open.js';

/** Somebody who never was in the shop: whatever is found of her was planted. */
export const RUTA = {
  ...NO_NEEDLES,
  emails: ['ruta.kalnina-ozola@pazudis.example'],
  phones: ['+371 29 123 456'],
  kods: ['230791-12345'],
  names: ['Rūta Kalniņa'],
} satisfies Needles;

export function prove(context: Context, needles: Needles, kept: readonly KeptCells[] = []): Promise<ResidueProof> {
  return proveResidue(context, [{ needles, kept }], () => {});
}

/** Hits as `table column place kind class`, sorted. */
export function lines(
  { hits }: ResidueProof,
  only: (hit: ResidueProof['hits'][number]) => boolean = () => true,
): string[] {
  return hits
    .filter(only)
    .map((hit) => [hit.table, hit.column, hit.place ?? '-', hit.kind, hit.class].join(' '))
    .sort();
}

export async function withClient<T>(url: string | undefined, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
