import { timeText } from '../audit/append.js';
import { checkpointLog } from '../audit/checkpoint-write.js';
import type { Session } from '../database/session.js';
import { digestOf, type Json } from '../foundation/canonical-json.js';
import { GdprError } from '../foundation/errors.js';
import type { Context } from '../workspace/open.js';
import { type Approval, type ApprovalMode, approvalRule, BY_ROLES } from './approval.js';
import { type Operation, recordOutcome, runOperation } from './operation.js';

/** A plan as it was stored to be agreed on. */
export interface StoredPlan {
  readonly digest: string;
  /** The command's words, e.g. `customer erase`. */
  readonly action: string;
  readonly plan: Json;
  readonly preparer: string;
  readonly preparerRole: string;
  /** ISO 8601 in UTC with microseconds. */
  readonly preparedAt: string;
}

export interface Approved extends Approval {
  /** The operation that recorded it. */
  readonly operation: string;
  readonly audit: { readonly sequence: number };
}

/** The digest of a plan as the database has it: `sha256:` and 64 hexadecimal digits. @throws GdprError INPUT_INVALID */
export function readDigest(typed: string): string {
  const digits = /^(?:sha256:)?([0-9a-f]{64})$/i.exec(typed.trim())?.[1];
  if (digits !== undefined) return `sha256:${digits.toLowerCase()}`;
  throw new GdprError('INPUT_INVALID', 'this is not the digest of a plan', {
    hint: 'it is printed by --plan: sha256: and 64 hexadecimal digits',
  });
}

/**
 * A stored plan, which is what its digest says.
 * @throws GdprError NOT_FOUND; VERIFICATION_FAILED when the stored text was changed since
 */
export async function readPlan({ database }: Pick<Context, 'database'>, digest: string): Promise<StoredPlan> {
  const [row] = await database.transaction('read committed', (session) =>
    session.query<{ action: string; plan: string; preparer: string; preparerRole: string; preparedAt: string }>(
      `SELECT action, plan, preparer, preparer_role AS "preparerRole", ${timeText('prepared_at')} AS "preparedAt"
       FROM gdpr.plan WHERE digest = $1`,
      [digest],
    ),
  );
  if (row === undefined) {
    throw new GdprError('NOT_FOUND', 'no plan of that digest is stored', {
      hint: 'whoever prepares it stores it by running the command with --plan; retention rules are agreed on by gdpr retention approve',
    });
  }
  const plan = planOf(row.plan);
  if (plan === undefined || digestOf(plan) !== digest) {
    throw new GdprError('VERIFICATION_FAILED', 'the stored plan is not the one of its digest: it was changed', {
      hint: 'do not agree to it; find out who could write to gdpr.plan',
    });
  }
  return { ...row, digest, plan };
}

function planOf(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/**
 * Records the operator's agreement to a plan that somebody else prepared: valid for seven days, used once.
 * @throws GdprError REFUSED for one's own plan, and for one that is agreed on already
 */
export async function approvePlan(context: Context, stored: StoredPlan): Promise<Approved> {
  const intent = { action: 'approve', subjects: peopleOf(stored.plan), planDigest: stored.digest };
  return runOperation(context, intent, async (operation) => {
    const { approval, sequence } = await context.database.transaction('read committed', async (session) => {
      await assertOpen(session, context.operator, stored);
      const entered = await enter(session, context.operator, stored, operation);
      const outcome = { result: 'done' as const, rules: [approvalRule(entered)] };
      return {
        approval: entered,
        sequence: await recordOutcome(session, context, operation.id, operation.intent, outcome),
      };
    });
    operation.ended = true;
    await checkpointLog(context.database, { key: context.keys.checkpointKey(), journalPath: context.paths.journal });
    return { ...approval, operation: operation.id, audit: { sequence } };
  });
}

/** Says beforehand, and in words, what the constraints of `gdpr.approval` refuse. */
async function assertOpen(session: Session, operator: string, stored: StoredPlan): Promise<void> {
  const [row] = await session.query<{ sameRole: boolean; byRoles: boolean; open: boolean }>(
    `SELECT session_user = $2 AS "sameRole", ${BY_ROLES} AS "byRoles",
       EXISTS (SELECT FROM gdpr.approval WHERE digest = $1 AND used_by IS NULL AND valid_until > clock_timestamp()) AS open`,
    [stored.digest, stored.preparerRole],
  );
  if (operator === stored.preparer) {
    throw new GdprError('REFUSED', 'you prepared this plan yourself, and a second person has to agree to it', {
      hint: 'have somebody else run this command, under their own GDPR_OPERATOR',
    });
  }
  if (row?.sameRole === true && row.byRoles) {
    throw new GdprError('REFUSED', 'the database role that prepared this plan cannot agree to it', {
      hint: 'connect as a role of your own that is a member of the approvers',
    });
  }
  if (row?.open === true) {
    throw new GdprError('REFUSED', 'this plan is agreed on already, and the agreement was not used yet', {
      hint: 'run the operation with --plan-digest',
    });
  }
}

async function enter(
  session: Session,
  operator: string,
  { digest }: StoredPlan,
  operation: Operation,
): Promise<Approval> {
  const [row] = await session.query<
    Record<'preparer' | 'role' | 'mine' | 'at' | 'until', string> & { mode: ApprovalMode }
  >(
    `INSERT INTO gdpr.approval (digest, approver, operation) VALUES ($1, $2, $3)
     RETURNING mode, preparer, preparer_role AS role, approver_role AS mine,
       ${timeText('approved_at')} AS at, ${timeText('valid_until')} AS until`,
    [digest, operator, operation.id],
  );
  if (row === undefined) throw new GdprError('BUG', 'the database did not tell what it entered');
  return {
    digest,
    mode: row.mode,
    preparer: row.preparer,
    preparerRole: row.role,
    approver: operator,
    approverRole: row.mine,
    approvedAt: row.at,
    validUntil: row.until,
  };
}

/** The references that a plan is about; a plan without people, as of retention rules, has none. */
function peopleOf(plan: Json): string[] {
  const people = typeof plan === 'object' && plan !== null && 'people' in plan ? plan.people : undefined;
  return Array.isArray(people) ? people.filter((person): person is string => typeof person === 'string') : [];
}
