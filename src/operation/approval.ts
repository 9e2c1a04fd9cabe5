import { timeText } from '../audit/append.js';
import type { Session } from '../database/session.js';
import { GdprError } from '../foundation/errors.js';
import type { Operation } from './operation.js';

/**
 * How preparer and approver are told apart. `roles`: by their database roles, which the database itself compares;
 * `names`: by the names of the operators alone, where both work as one role.
 */
export type ApprovalMode = 'roles' | 'names';

/** A second person's agreement to one plan. */
export interface Approval {
  readonly digest: string;
  readonly mode: ApprovalMode;
  readonly preparer: string;
  readonly preparerRole: string;
  readonly approver: string;
  readonly approverRole: string;
  /** ISO 8601 in UTC with microseconds. */
  readonly approvedAt: string;
  readonly validUntil: string;
}

/** Why an operation that needs an agreement has none that it may use. */
export type NoApproval = 'none' | 'own' | 'names' | 'expired' | 'used';

/** What the log and the terminal say of the mode. */
export const MODES: Readonly<Record<ApprovalMode, string>> = {
  roles: 'two database roles',
  names: 'two names, one database role: not enforced by the database',
};

/** The mode as an outcome in the log names it among its rules. */
export function approvalRule({ mode }: Pick<Approval, 'mode'>): string {
  return mode === 'roles' ? 'approval: roles' : 'approval: names, not enforced by the database';
}

/** Whether `gdpr db roles` was applied, so that agreements of two names are worth nothing here. */
export const BY_ROLES = `EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'gdpr.approval'::regclass AND conname = 'approval_by_roles')`;

interface Found {
  [key: string]: unknown;
  id: string;
  mode: ApprovalMode;
  preparer: string;
  preparerRole: string;
  approver: string;
  approverRole: string;
  approvedAt: string;
  validUntil: string;
  used: boolean;
  expired: boolean;
  own: boolean;
  names: boolean;
}

/** The rows are locked, so that of two operations at once one finds the agreement used. */
const AGREED = `
SELECT a.id::text AS id, a.mode, a.preparer, a.preparer_role AS "preparerRole", a.approver,
       a.approver_role AS "approverRole", ${timeText('a.approved_at')} AS "approvedAt", ${timeText('a.valid_until')} AS "validUntil",
       a.used_by IS NOT NULL AS used, a.valid_until <= clock_timestamp() AS expired,
       a.approver = o.operator OR (a.mode = 'roles' AND a.approver_role = session_user) AS own,
       a.mode = 'names' AND ${BY_ROLES} AS names
FROM gdpr.approval a, gdpr.operation o
WHERE a.digest = $1 AND o.id = $2
ORDER BY a.id DESC
FOR UPDATE OF a`;

/**
 * Uses up the agreement to the plan of this digest, in the operation's own transaction: rolled back with it, it can be
 * used again. Whoever agreed may not carry it out. The operation's intent must name the plan.
 * @returns the agreement; put `approvalRule` of it among the rules of the operation's outcome
 * @throws GdprError REFUSED, with the reason in `details.approval`
 */
export async function useApproval(
  session: Session,
  digest: string,
  operation: Pick<Operation, 'id'>,
): Promise<Approval> {
  const found = await session.query<Found>(AGREED, [digest, operation.id]);
  const usable = found.find((each) => faultOf(each) === undefined);
  if (usable === undefined) throw refusal(digest, (found[0] && faultOf(found[0])) ?? 'none');
  await session.run('UPDATE gdpr.approval SET used_by = $2 WHERE id = $1::bigint', [usable.id, operation.id]);
  const { mode, preparer, preparerRole, approver, approverRole, approvedAt, validUntil } = usable;
  return { digest, mode, preparer, preparerRole, approver, approverRole, approvedAt, validUntil };
}

function faultOf({ used, expired, names, own }: Found): NoApproval | undefined {
  if (used) return 'used';
  if (expired) return 'expired';
  if (names) return 'names';
  return own ? 'own' : undefined;
}

const REASONS: Readonly<Record<NoApproval, string>> = {
  none: 'nobody else has agreed to this plan yet',
  own: 'you agreed to this plan yourself, so somebody else has to carry it out',
  names: 'only a second name agreed to this plan, and this database demands a second role',
  expired: 'the agreement to this plan has expired',
  used: 'the agreement to this plan was used already',
};

function refusal(digest: string, approval: NoApproval): GdprError {
  return new GdprError('REFUSED', REASONS[approval], {
    hint:
      approval === 'own'
        ? 'let the one who prepared it run the command'
        : `store the plan with --plan and have a second person look at it: gdpr approve ${digest}`,
    details: { approval, digest },
  });
}
