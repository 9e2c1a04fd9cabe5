import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PEOPLE } from '../../examples/bookshop/people.js';
import { prepareErase } from '../../src/customer/erase/erase-customer.js';
import { type Plan, storePlan } from '../../src/customer/plan.js';
import { digestOf } from '../../src/foundation/canonical-json.js';
import { approvalRule, useApproval } from '../../src/operation/approval.js';
import { approvePlan, readDigest, readPlan } from '../../src/operation/approve.js';
import { listEntries, verifyAuditLog } from '../../src/operation/log.js';
import { endOperation, runOperation } from '../../src/operation/operation.js';
import { type Context, openContext } from '../../src/workspace/open.js';
import { gdpr } from '../commands/program.js';
import { jsonErrorOf, jsonOf } from '../commands/schemas.js';
import { GROUND } from '../customer/erase/support.js';
import { nobodyToAsk } from '../customer/support/export.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

let workspace: TestWorkspace;
let preparer: Context;
let approver: Context;
let third: Context;
let plans = 0;

const as = (operator: string) =>
  openContext({
    ...workspace.surroundings,
    environment: { ...workspace.environment, GDPR_OPERATOR: operator },
  });

beforeAll(async () => {
  workspace = await bookshopWorkspace();
  preparer = await workspace.context();
  approver = await as('second');
  third = await as('third');
});
afterAll(async () => {
  for (const context of [preparer, approver, third]) await context.database.close();
  await workspace.remove();
});

/** A plan of its own, stored by the preparer. */
async function storedPlan(): Promise<Plan> {
  plans += 1;
  const plan = { operation: 'test', step: plans };
  const stored = { plan, digest: digestOf(plan) };
  await preparer.database.transaction('read committed', (session) => storePlan(session, 'test', stored, 'tester'));
  return stored;
}

const approve = async (digest: string, by = approver) => approvePlan(by, await readPlan(by, digest));

/** Runs an operation that is nothing but its use of the agreement. */
function use(digest: string, by = preparer, intended = digest) {
  return runOperation(by, { action: 'test', subjects: [], planDigest: intended }, async (operation) => {
    const approval = await by.database.transaction('read committed', (session) =>
      useApproval(session, digest, operation),
    );
    await endOperation(by, operation, { result: 'done', rules: [approvalRule(approval)] });
    return approval;
  });
}

/** As the owner of the tables, past the triggers. */
async function tamper(sql: string, values: readonly unknown[] = []): Promise<void> {
  await preparer.database.transaction('read committed', async (session) => {
    await session.run('ALTER TABLE gdpr.approval DISABLE TRIGGER USER');
    await session.run(sql, values);
    await session.run('ALTER TABLE gdpr.approval ENABLE ALWAYS TRIGGER approval_use');
    await session.run('ALTER TABLE gdpr.approval ENABLE ALWAYS TRIGGER approval_enter');
    await session.run('ALTER TABLE gdpr.approval ENABLE ALWAYS TRIGGER audit_append_only');
  });
}

const refusedFor = (approval: string) => ({ code: 'REFUSED', exit: 3, details: { approval } });

describe('an agreement', () => {
  it('lets its plan be carried out once, and the log names the mode of both', async () => {
    const { digest } = await storedPlan();
    const approved = await approve(digest);
    expect(approved).toMatchObject({ mode: 'names', preparer: 'tester', approver: 'second' });
    expect(Date.parse(approved.validUntil) - Date.parse(approved.approvedAt)).toBe(7 * 24 * 3_600_000);
    const used = await use(digest);
    expect(used).toMatchObject({ digest, mode: 'names', approver: 'second', validUntil: approved.validUntil });
    await expect(use(digest)).rejects.toMatchObject(refusedFor('used'));
    const entries = await listEntries(preparer, {}, 8);
    expect(entries.filter(({ kind }) => kind === 'outcome')).toMatchObject([
      {
        action: 'approve',
        operator: { name: 'second' },
        planDigest: digest,
        result: 'done',
        rules: ['approval: names, not enforced by the database'],
      },
      { action: 'test', operator: { name: 'tester' }, rules: ['approval: names, not enforced by the database'] },
      { action: 'test', result: 'refused', code: 'REFUSED' },
    ]);
    expect((await verifyAuditLog(preparer)).valid).toBe(true);
  });

  it('is needed', async () => {
    const { digest } = await storedPlan();
    await expect(use(digest)).rejects.toMatchObject(refusedFor('none'));
  });

  it('is not given to an own plan', async () => {
    const { digest } = await storedPlan();
    await expect(approve(digest, preparer)).rejects.toMatchObject({
      code: 'REFUSED',
      message: expect.stringMatching(/yourself/),
    });
    await expect(
      preparer.database.transaction('read committed', (session) =>
        session.run(
          "INSERT INTO gdpr.approval (digest, approver, operation) SELECT $1, 'tester', min(id) FROM gdpr.operation",
          [digest],
        ),
      ),
    ).rejects.toThrow();
    await expect(use(digest)).rejects.toMatchObject(refusedFor('none'));
  });

  it('is not given twice, but again once it was used', async () => {
    const { digest } = await storedPlan();
    await approve(digest);
    await expect(approve(digest, third)).rejects.toMatchObject({
      code: 'REFUSED',
      message: expect.stringMatching(/already/),
    });
    await use(digest);
    await approve(digest, third);
    expect(await use(digest)).toMatchObject({ approver: 'third' });
  });

  it('is carried out by somebody else than who gave it', async () => {
    const { digest } = await storedPlan();
    await approve(digest);
    await expect(use(digest, approver)).rejects.toMatchObject(refusedFor('own'));
    expect(await use(digest, third)).toMatchObject({ preparer: 'tester', approver: 'second' });
  });

  it('is worth nothing for another plan', async () => {
    const [agreed, other] = [await storedPlan(), await storedPlan()];
    await approve(agreed.digest);
    await expect(use(other.digest)).rejects.toMatchObject(refusedFor('none'));
    // Nor may an operation that began with another plan take it.
    await expect(use(agreed.digest, preparer, other.digest)).rejects.toMatchObject({ code: 'REFUSED' });
    await use(agreed.digest);
  });

  it('expires after seven days by the clock of the database', async () => {
    const { digest } = await storedPlan();
    await approve(digest);
    await tamper(
      "UPDATE gdpr.approval SET approved_at = approved_at - interval '168 hours', valid_until = valid_until - interval '168 hours' WHERE digest = $1",
      [digest],
    );
    await expect(use(digest)).rejects.toMatchObject(refusedFor('expired'));
    await approve(digest);
    await use(digest);
  });

  it('is used by one of two operations at once', async () => {
    const { digest } = await storedPlan();
    await approve(digest);
    const both = await Promise.allSettled([use(digest), use(digest, third)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('is there again after an operation that was rolled back', async () => {
    const { digest } = await storedPlan();
    await approve(digest);
    const failing = runOperation(preparer, { action: 'test', subjects: [], planDigest: digest }, (operation) =>
      preparer.database.transaction('read committed', async (session) => {
        await useApproval(session, digest, operation);
        throw new Error('something else went wrong');
      }),
    );
    await expect(failing).rejects.toThrow('something else');
    await use(digest);
  });

  it('takes no change but its one use, not even by the owner of the tables', async () => {
    const { digest } = await storedPlan();
    await approve(digest);
    const changes = [
      "UPDATE gdpr.approval SET valid_until = valid_until + interval '1 day' WHERE digest = $1",
      "UPDATE gdpr.approval SET approver = 'somebody' WHERE digest = $1",
      'UPDATE gdpr.approval SET used_by = (SELECT min(id) FROM gdpr.operation) WHERE digest = $1',
      'DELETE FROM gdpr.approval WHERE digest = $1',
    ];
    for (const sql of changes)
      await expect(
        preparer.database.transaction('read committed', (session) => session.run(sql, [digest])),
      ).rejects.toMatchObject({ code: 'REFUSED' });
    await use(digest);
    await expect(
      preparer.database.transaction('read committed', (session) =>
        session.run('UPDATE gdpr.approval SET used_by = NULL, used_at = NULL WHERE digest = $1', [digest]),
      ),
    ).rejects.toMatchObject({ code: 'REFUSED' });
  });

  it('is not given to a plan that was changed since it was stored, or to none', async () => {
    const { digest } = await storedPlan();
    await preparer.database.transaction('read committed', (session) =>
      session.run('UPDATE gdpr.plan SET plan = $2 WHERE digest = $1', [digest, '{"operation":"another"}']),
    );
    await expect(readPlan(approver, digest)).rejects.toMatchObject({ code: 'VERIFICATION_FAILED' });
    await expect(readPlan(approver, `sha256:${'0'.repeat(64)}`)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(() => readDigest('anna.berzina@pasts.example')).toThrow(/not the digest/);
  });
});

it('is two names on the embedded database', async () => {
  const embedded = await bookshopWorkspace({ server: 'embedded' });
  const at = async <T>(operator: string, work: (context: Context) => Promise<T>): Promise<T> => {
    const environment = { ...embedded.environment, GDPR_OPERATOR: operator };
    const context = await openContext({ ...embedded.surroundings, environment });
    try {
      return await work(context);
    } finally {
      await context.database.close();
    }
  };
  try {
    const { plan } = await at('tester', async (context) => {
      const prepared = await prepareErase(context, { email: PEOPLE.petr.email }, GROUND, nobodyToAsk);
      await prepared.store();
      return prepared;
    });
    expect(await at('second', (context) => approve(plan.digest, context))).toMatchObject({ mode: 'names' });
    expect(await at('tester', (context) => use(plan.digest, context))).toMatchObject({ mode: 'names' });
  } finally {
    await embedded.remove();
  }
}, 120_000);

describe('gdpr approve', { timeout: 240_000 }, () => {
  const run = (operator: string, ...args: string[]) =>
    gdpr(args, { cwd: workspace.root, environment: { ...workspace.environment, GDPR_OPERATOR: operator } });
  const { anna } = PEOPLE;
  const erase = ['customer', 'erase', '--email', anna.email, '--ground', '17(1)(b)'];

  it('shows the whole plan, asks before it agrees, and opens an erasure for which gdpr.yaml demands it', async () => {
    await writeFile(join(workspace.root, 'gdpr.yaml'), 'database: server\napproval:\n  erase: always\n');
    const { digest, plan } = jsonOf<{ digest: string; plan: { steps: { erase: string }[]; people: string[] } }>(
      await run('tester', ...erase, '--plan', '--json'),
      'customer-erase',
    );
    const doIt = [...erase, '--verified', 'account login', '--plan-digest', digest, '--yes', '--json'];
    const refused = jsonErrorOf(await run('tester', ...doIt));
    expect(refused).toMatchObject({ code: 'REFUSED', exit: 3, approval: 'none', digest });
    expect(refused.hint).toContain(`gdpr approve ${digest}`);

    const shown = await run('second', 'approve', digest, '--show');
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    for (const { erase: table } of plan.steps) expect(shown.stdout).toContain(`erase: ${table}`);
    expect(shown.stdout).toContain(plan.people[0]);
    expect(jsonOf(await run('second', 'approve', digest, '--show', '--json'), 'approve')).toMatchObject({ plan });
    expect(await run('second', 'approve', digest)).toMatchObject({ code: 2, stdout: '' });
    expect(jsonErrorOf(await run('second', ...doIt))).toMatchObject({ approval: 'none' });

    expect(jsonErrorOf(await run('tester', 'approve', digest, '--yes', '--json'))).toMatchObject({ code: 'REFUSED' });
    const agreed = jsonOf<{ approval: { operation: string } }>(
      await run('second', 'approve', digest, '--yes', '--json'),
      'approve',
    );
    expect(agreed).toMatchObject({ digest, plan, preparer: 'tester', approval: { mode: 'names', approver: 'second' } });
    expect(jsonErrorOf(await run('second', ...doIt))).toMatchObject({ approval: 'own' });
    const erased = jsonOf<{ operation: string }>(await run('tester', ...doIt), 'customer-erase');
    const entries = await listEntries(preparer, { operation: erased.operation }, 2);
    expect(entries[1]?.rules).toContain('approval: names, not enforced by the database');
    const approvals = await listEntries(preparer, { operation: agreed.approval.operation }, 2);
    expect(approvals[0]).toMatchObject({ action: 'approve', subjects: plan.people, planDigest: digest });
  });

  it('repeats nothing that was typed in place of a digest', async () => {
    const ran = await run('second', 'approve', anna.email, '--yes');
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).not.toContain(anna.email);
  });

  it('is not asked for one erasure otherwise', async () => {
    await writeFile(join(workspace.root, 'gdpr.yaml'), 'database: server\n');
    const context = await workspace.context();
    try {
      expect(context.config.approval).toBeUndefined();
      const { plan } = await prepareErase(context, { email: PEOPLE.petr.email }, GROUND, nobodyToAsk);
      const ran = await run(
        'tester',
        'customer',
        'erase',
        '--email',
        PEOPLE.petr.email,
        '--ground',
        '17(1)(b)',
        '--verified',
        'account login',
        '--plan-digest',
        plan.digest,
        '--yes',
        '--json',
      );
      jsonOf(ran, 'customer-erase');
    } finally {
      await context.database.close();
    }
  });
});
