import type { Session } from '../database/session.js';
import { type Catalog, readCatalog } from '../datamap/catalog.js';
import { assertNoDrift } from '../datamap/drift.js';
import type { DataMap } from '../datamap/schema.js';
import { GdprError } from '../foundation/errors.js';
import { todayIn } from '../request/day.js';
import type { Context } from '../workspace/open.js';
import { type Agreement, agreementState, disagreementsOf, readAgreement, readAgreements } from './agreement.js';
import { type Manifest, type ManifestColumn, manifestColumns } from './manifest.js';

/** What may be given to a recipient, and under what. */
export interface Gated {
  readonly agreement: Agreement;
  readonly manifest: Manifest;
  readonly catalog: Catalog;
  readonly columns: readonly ManifestColumn[];
  readonly categories: readonly string[];
}

/** What the register says the disclosure rests on. */
const BASIS = { processor: 'Art. 28', controller: 'Art. 6(1)(b)' } as const;

/** The law, and the purpose's own basis, as the register and the person read it. */
export function basisOf({ model }: Context, { role }: Agreement, { purpose }: Manifest): string {
  const { basis } = model.map.purposes[purpose] ?? {};
  return role === 'processor' ? BASIS.processor : basis === undefined ? BASIS.controller : `Art. ${basis}`;
}

/** @throws GdprError NOT_FOUND, DRIFT; REFUSED with every reason for which the agreement does not carry the list */
export async function openGate(session: Session, context: Context, number: string): Promise<Gated> {
  const { model } = context;
  const { map } = model;
  const today = todayIn(map.timeZone);
  const agreement = await readAgreement(session, number).catch(async (error: unknown) => {
    if (!(error instanceof GdprError) || error.code !== 'NOT_FOUND') throw error;
    const known = (await readAgreements(session)).length;
    throw new GdprError('REFUSED', 'there is no such agreement on record, so nothing may be given under it', {
      hint: known === 0 ? 'put it on record: gdpr agreement add' : 'see: gdpr agreement list --all',
    });
  });
  const refuse = (reason: string, hint: string): never => {
    throw new GdprError('REFUSED', `nothing may be given under the agreement ${agreement.agreement}: ${reason}`, {
      hint,
    });
  };
  const state = agreementState(agreement, today);
  const end = agreement.ended ?? agreement.until;
  if (state === 'expired' || state === 'ended')
    refuse(`its last day was ${end}`, 'agree anew, and put that on record: gdpr agreement add');
  if (state === 'coming') refuse(`its first day is ${agreement.from}`, 'wait for that day');
  const differing = disagreementsOf(agreement, map);
  if (differing.length > 0)
    refuse(differing.join('; '), 'the register and the data map must not differ: mend the one that is wrong');
  const manifest =
    manifestOf(map, agreement.recipient) ??
    refuse(
      'the data map describes no list for its recipient',
      `describe it under recipients.${agreement.recipient}.manifest (docs/disclosure.md)`,
    );
  if (map.purposes[manifest.purpose]?.use === 'marketing')
    refuse(
      'its list is for marketing, where people may have objected',
      'use: gdpr marketing audience, which asks everybody’s consent',
    );
  if (!agreement.purposes.includes(manifest.purpose))
    refuse(`it does not cover the purpose ${manifest.purpose}`, 'see: gdpr agreement list');
  const catalog = await readCatalog(session);
  assertNoDrift(model, catalog);
  const headings = agreement.columns ?? Object.keys(manifest.columns);
  const gone = headings.filter((heading) => !Object.hasOwn(manifest.columns, heading));
  if (gone.length > 0)
    refuse(`it covers columns that the data map has no more: ${gone.join(', ')}`, 'mend the map, or agree anew');
  const columns = manifestColumns(model, catalog, manifest, headings);
  const categories = [...new Set(columns.map(({ category }) => category))];
  const uncovered = categories.filter((id) => !agreement.categories.includes(id));
  if (uncovered.length > 0)
    refuse(
      `it does not cover the categories ${uncovered.join(', ')}`,
      'name the columns that it does cover when it is put on record, or agree anew',
    );
  return { agreement, manifest, catalog, columns, categories };
}

function manifestOf({ recipients }: DataMap, id: string): Manifest | undefined {
  return recipients[id]?.manifest;
}
