import type { Session } from '../database/session.js';
import { GdprError } from '../foundation/errors.js';
import { approvalRule, BY_ROLES } from '../operation/approval.js';
import { type Operation, runOperation } from '../operation/operation.js';
import { type Settled, settle } from '../request/settle.js';
import type { Context } from '../workspace/open.js';
import { type RuleSet, readRuleSet, ruleSetOf, type StoredRuleSet } from './rule-set.js';

/** Where the agreement to the map's rules stands, and what the operator's agreement would be. */
export interface Pending {
  readonly ruleSet: RuleSet;
  readonly stored: StoredRuleSet | undefined;
  /** `prepare`: the first person; `agree`: the second; `agreed`: nothing is left to do. */
  readonly step: 'prepare' | 'agree' | 'agreed';
}

/**
 * Where the agreement stands.
 * @throws GdprError REFUSED when nobody has confirmed a rule's period, and for one's own preparation
 */
export async function pendingRuleSet({ database, model, operator }: Context): Promise<Pending> {
  const ruleSet = ruleSetOf(model);
  const unconfirmed = ruleSet.rules.filter(({ confirmedBy }) => confirmedBy === null);
  if (unconfirmed.length > 0) {
    throw new GdprError(
      'REFUSED',
      `nobody has confirmed the period of: ${unconfirmed.map(({ rule }) => rule).join(', ')}`,
      {
        hint: "periods are the controller's decision: have them decided on, and write who did and when under `confirmedBy` of the rule in the data map",
        details: { rules: unconfirmed.map(({ rule }) => rule) },
      },
    );
  }
  return database.transaction('read committed', async (session) => {
    const stored = await readRuleSet(session, ruleSet.digest);
    if (stored === undefined) return { ruleSet, stored, step: 'prepare' };
    if (stored.approval !== null) return { ruleSet, stored, step: 'agreed' };
    await assertAnother(session, operator, stored);
    return { ruleSet, stored, step: 'agree' };
  });
}

/** Says beforehand, and in words, what the constraints of `gdpr.retention_rule_set` refuse. */
async function assertAnother(session: Session, operator: string, stored: StoredRuleSet): Promise<void> {
  const [row] = await session.query<{ sameRole: boolean; byRoles: boolean }>(
    `SELECT session_user = $1 AS "sameRole", ${BY_ROLES} AS "byRoles"`,
    [stored.preparedRole],
  );
  if (operator === stored.preparedBy) {
    throw new GdprError('REFUSED', 'you prepared these rules yourself, and a second person has to agree to them', {
      hint: 'have somebody else run this command, under their own GDPR_OPERATOR',
      details: { digest: stored.digest, approval: 'own' },
    });
  }
  if (row?.sameRole === true && row.byRoles) {
    throw new GdprError('REFUSED', 'the database role that prepared these rules cannot agree to them', {
      hint: 'connect as a role of your own that is a member of the approvers',
      details: { digest: stored.digest, approval: 'own' },
    });
  }
}

/** The rules after the operator's agreement. */
export interface Agreed {
  readonly digest: string;
  readonly step: 'prepared' | 'agreed';
  readonly stored: StoredRuleSet;
}

/**
 * Records the operator's agreement to the map's rules: as the first person, or as the second. It stands until the rules
 * change; an agreement to rules that were changed since they were shown is refused.
 * @throws GdprError REFUSED, PLAN_CHANGED
 */
export async function agreeOnRules(context: Context, shown: Pending): Promise<Settled<Agreed>> {
  const { digest } = shown.ruleSet;
  return runOperation(context, { action: 'retention approve', subjects: [], planDigest: digest }, (operation) =>
    settle(context, operation, async (session) => {
      await enter(session, context, shown, operation);
      const stored = await readRuleSet(session, digest);
      if (stored === undefined) throw new GdprError('BUG', 'the database did not keep what it entered');
      const step = stored.approval === null ? ('prepared' as const) : ('agreed' as const);
      return {
        result: { digest, step, stored },
        traces: {
          counts: { rules: shown.ruleSet.rules.length },
          rules: stored.approval === null ? ['prepared'] : ['agreed', approvalRule(stored.approval)],
        },
      };
    }),
  );
}

async function enter(
  session: Session,
  { operator, model }: Context,
  { ruleSet, step }: Pending,
  { id }: Operation,
): Promise<void> {
  const { digest, canonical } = ruleSet;
  const stored = await readRuleSet(session, digest);
  if (step === 'prepare' && stored === undefined) {
    await session.run(
      'INSERT INTO gdpr.retention_rule_set (digest, map_digest, rules, prepared_by, operation) VALUES ($1, $2, $3, $4, $5)',
      [digest, model.digest, canonical, operator, id],
    );
    return;
  }
  if (stored !== undefined && stored.approval === null) {
    await assertAnother(session, operator, stored);
    const changed = await session.run(
      'UPDATE gdpr.retention_rule_set SET approved_by = $2, approval = $3 WHERE digest = $1 AND approved_by IS NULL',
      [digest, operator, id],
    );
    if (changed === 1) return;
  }
  throw new GdprError('PLAN_CHANGED', 'somebody else has agreed to these rules meanwhile', {
    hint: 'run the command again',
  });
}
