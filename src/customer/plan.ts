import type { Session } from '../database/session.js';
import type { Catalog } from '../datamap/catalog.js';
import type { DataMapModel } from '../datamap/model.js';
import { canonicalJson, digestOf, type Json } from '../foundation/canonical-json.js';
import { GdprError } from '../foundation/errors.js';
import { ACCESS, type ExportKind } from './kind.js';

/** A plan and the digest by which it is approved and bound: `sha256:` over its canonical JSON (RFC 8785). */
export interface Plan {
  readonly plan: Json;
  readonly digest: string;
}

/** What an export will do, without counts or times: one more page view does not make another plan. */
export function planExport(
  model: DataMapModel,
  catalog: Catalog,
  subjects: readonly string[],
  kind: ExportKind = ACCESS,
): Plan {
  const plan: Json = {
    operation: 'customer export',
    ground: kind.ground,
    people: [...subjects].sort(),
    map: model.digest,
    steps: kind.reads(model, catalog, subjects).map((read) => ({
      read: read.table.name,
      owners: read.table.owners.map((owner) => owner.id),
      columns: read.columns.map((column) => column.name),
      withheld: read.left.map(({ column, reason }) => ({ column: column.name, reason })),
    })),
  };
  return { plan, digest: digestOf(plan) };
}

/** Stores a plan with who prepared it; the same plan again changes nothing. */
export async function storePlan(
  session: Session,
  action: string,
  { plan, digest }: Plan,
  preparer: string,
): Promise<void> {
  await session.run(
    'INSERT INTO gdpr.plan (digest, action, plan, preparer) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
    [digest, action, canonicalJson(plan), preparer],
  );
}

/** @throws GdprError PLAN_CHANGED when the plan is not the one that was agreed on */
export function assertPlan({ digest }: Plan, expected: string | undefined): void {
  if (expected !== undefined && expected !== digest) {
    throw new GdprError(
      'PLAN_CHANGED',
      'the plan is not the one whose digest was given: the person, the map or a table has changed since',
      {
        hint: 'look at the plan again with --plan',
        details: { digest },
      },
    );
  }
}
