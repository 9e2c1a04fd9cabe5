import { afterAll, beforeAll, expect, it } from 'vitest';
import { PEOPLE } from '../../../examples/bookshop/people.js';
import { NO_NEEDLES } from '../../../src/customer/residue/needles.js';
import { proveResidue } from '../../../src/customer/residue/prove.js';
import type { Context } from '../../../src/workspace/open.js';
import { bookshopWorkspace, type TestWorkspace } from '../../support/workspace.js';
import { erasePerson } from './support.js';

let workspace: TestWorkspace;
let context: Context;
beforeAll(async () => {
  workspace = await bookshopWorkspace();
  context = await workspace.context();
});
afterAll(async () => {
  await context.database.close();
  await workspace.remove();
});

it('takes a name that had to be kept of an erased namesake for hers', { timeout: 240_000 }, async () => {
  const first = await erasePerson(context, { email: PEOPLE.anna.email });
  expect(first.kept.map(({ table }) => table)).toContain('shop.invoices');
  const second = await erasePerson(context, { email: PEOPLE.namesake.email });
  expect(second.residue.hits.filter((hit) => hit.class === 'residue')).toEqual([]);
  expect(second.residue.clean).toBe(true);
  expect(second.residue.hits).toContainEqual(
    expect.objectContaining({ table: 'shop.invoices', column: 'buyer_name', kind: 'name', class: 'third-party' }),
  );
  // Whoever is not erased and has the name still is somebody whose name stands where it should not.
  const stranger = { ...NO_NEEDLES, emails: ['cita.anna@pasts.example'], names: [PEOPLE.anna.name] };
  const { counts } = await proveResidue(context, [{ needles: stranger }], () => {});
  expect(counts['third-party']).toBeGreaterThan(0);
});
