import { readFileSync } from 'node:fs';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appendEvents } from '../../../src/consent/append.js';
import { matchPeople } from '../../../src/customer/find-customer.js';
import { placeHold } from '../../../src/customer/hold/place.js';
import { releaseHold } from '../../../src/customer/hold/release.js';
import { objectCustomer } from '../../../src/customer/object.js';
import type { PersonQuery } from '../../../src/customer/resolve.js';
import { restrictCustomer } from '../../../src/customer/restrict/restrict.js';
import { liftRestriction } from '../../../src/customer/restrict/unrestrict.js';
import { settleJournaled } from '../../../src/customer/settle-journaled.js';
import { addAgreement, endAgreement } from '../../../src/disclosure/agreements.js';
import { runOperation } from '../../../src/operation/operation.js';
import { rotateKeys } from '../../../src/operation/rotate-keys.js';
import { todayIn } from '../../../src/request/day.js';
import { closeRequest } from '../../../src/request/end.js';
import { extendRequest } from '../../../src/request/extend.js';
import { verifyIdentity } from '../../../src/request/identity.js';
import { openRequest } from '../../../src/request/open.js';
import { printRoles } from '../../../src/roles/print-roles.js';
import type { Context } from '../../../src/workspace/open.js';
import { leaksIn } from '../../commands/needles.js';
import { gdpr, startGdpr } from '../../commands/program.js';
import { jsonErrorOf, jsonOf } from '../../commands/schemas.js';
import { makeLogin, run as statements, urlAs } from '../../roles/support.js';
import { runProcess } from '../../support/run-process.js';
import { outsideTool } from '../../support/tools.js';
import { bookshopWorkspace, type TestWorkspace } from '../../support/workspace.js';
import { erasePerson } from '../erase/support.js';
import { nobodyToAsk } from '../support/export.js';

const ANNA = { email: 'anna.berzina@pasts.example' };
const PETR = { email: 'petr.ivanov@pasts.example' };
const JANIS = { email: 'janis.berzins@pasts.example' };
const ILZE = { email: 'ilze.kalnina@lasitava.example' };
const NAMESAKE = { email: 'anna.berzina2@pasts.example' };
/** Erased before the backup, imported again, and erased again after it. */
const ZELMA = { email: 'zelma.zile@pasts.example' };
const IMPORT = `INSERT INTO shop.customers (email, last_name, phone, created_at)
  VALUES ('${ZELMA.email}', 'Zīle', '+371 29990066', now())`;
const UNTIL = '2030-01-01';
const postgres = outsideTool('postgresql-15');

interface Result {
  readonly records: Readonly<Record<string, number>>;
  readonly erased: readonly { readonly subject: string; readonly clean: boolean }[];
  readonly rectifications: readonly {
    readonly subject: string;
    readonly id: string;
    readonly fields: readonly string[];
  }[];
  readonly requests: readonly { readonly request: string; readonly state: string; readonly due: string }[];
}
interface Verified {
  readonly valid: boolean;
  readonly checks: readonly { readonly id: string; readonly ok: boolean; readonly detail: string }[];
  readonly problems: readonly { readonly problem: string }[];
}

describe.skipIf(!postgres.available)('gdpr restore replay', { timeout: 300_000 }, () => {
  let workspace: TestWorkspace;
  let folder: string;
  let journal: string;
  let undone: State;
  let restored: string;
  /** Somebody who works as the owner and as an operator. */
  let both: NodeJS.ProcessEnv;
  let gagged: string;
  let requests: { closed: string; open: string; due: string };

  const tool = async (name: string, ...args: string[]) => {
    const { code, output } = await runProcess(join(dirname(postgres.path), name), args);
    if (code !== 0) throw new Error(`${name}: ${output}`);
  };
  const url = () => workspace.url ?? '';
  const dump = (name: string) => tool('pg_dump', '-Fc', '-f', join(folder, name), url());
  const restore = async (name: string) => {
    const database = new URL(url()).pathname.slice(1);
    const server = new URL(url());
    server.pathname = '/postgres';
    await asked(server.href, [
      `DROP DATABASE "${database}" WITH (FORCE)`,
      `CREATE DATABASE "${database}" TEMPLATE template0`,
    ]);
    await tool('pg_restore', '-d', url(), join(folder, name));
  };
  const run = (...args: string[]) => gdpr(args, { cwd: workspace.root, environment: workspace.environment });
  const runAs = (environment: NodeJS.ProcessEnv, ...args: string[]) => gdpr(args, { cwd: workspace.root, environment });
  const hold = (context: Context, query: PersonQuery, reference: string, gagUntil?: string) => {
    const order = {
      target: { scope: 'person', query },
      reference,
      authority: 'tiesa',
      until: UNTIL,
      gagUntil,
    } as const;
    return placeHold(context, order, nobodyToAsk);
  };
  const agree = (context: Context, number: string, recipient: string) =>
    addAgreement(context, {
      number,
      recipient,
      from: '2023-01-01',
      subprocessors: [],
      document: join(workspace.root, 'datamap.yaml'),
    });
  const ask = (context: Context, kind: 'access' | 'erasure', query: PersonQuery) => {
    const came = { kind, channel: 'email', received: 'today', unknown: false, again: false } as const;
    return openRequest(context, { ...came, query, replyTo: 'somewhere@pasts.example' }, nobodyToAsk);
  };
  const withdraw = async (context: Context, query: PersonQuery) => {
    const [match] = await matchPeople(context, query);
    const subject = match?.subject ?? '';
    const said = { subject, purpose: 'marketing', what: 'withdrawn', at: '2026-03-01T10:00:00.123456Z' } as const;
    const how = { mechanism: 'email', wording: null, evidence: null, guardian: null, source: 'person' } as const;
    const events = (['email', 'sms'] as const).map((channel) => ({ ...said, ...how, channel }));
    await runOperation(context, { action: 'consent record', subjects: [subject] }, (operation) =>
      settleJournaled(context, operation, async (session) => {
        await appendEvents(session, { operation: operation.id, operator: context.operator }, events);
        return { result: {}, traces: {} };
      }),
    );
  };
  const verify = async () => JSON.parse((await run('audit', 'verify', '--json')).stdout) as Verified;

  beforeAll(async () => {
    workspace = await bookshopWorkspace({ server: 'pg15' });
    folder = await mkdtemp(join(tmpdir(), 'gdpr_replay_'));
    journal = join(workspace.root, '.gdpr', 'journal.jsonl');
    const before = await workspace.context();
    await restrictCustomer(before, { query: PETR, ground: '18(1)(c)' }, nobodyToAsk);
    await restrictCustomer(before, { query: JANIS, ground: '18(1)(a)' }, nobodyToAsk);
    const { hold: released } = await hold(before, NAMESAKE, 'K-1');
    const { request: closed } = await ask(before, 'erasure', JANIS);
    await asked(url(), [IMPORT]);
    await erasePerson(before, ZELMA);
    await asked(url(), [IMPORT]);
    await statements(url(), (await printRoles(before, { prefix: 'gdpr_' })).sql);
    await agree(before, 'OMN-2023/114', 'omniva');
    await before.database.close();
    await makeLogin(url(), 'ilze', ['gdpr_operator']);
    await makeLogin(url(), 'maris', ['gdpr_operator', 'gdpr_owner']);
    both = { ...workspace.environment, DATABASE_URL: urlAs(url(), 'maris') };
    await dump('backup');

    // Everything after it is written under a newer secret, which the backup does not know.
    await rotateKeys(workspace.surroundings, {
      to: join(folder, 'keys.age'),
      passphrase: 'five random words for the copy',
    });
    const context = await workspace.context();
    await releaseHold({ ...context, operator: 'colleague' }, released, 'the case is closed');
    for (const [who, number] of [
      [ZELMA, '+371 29990067'],
      [NAMESAKE, '+371 29990077'],
    ] as const) {
      const phone = ['--set', `phone=${number}`, '--verified', 'account login', '--yes', '--json'];
      const corrected = await run('customer', 'rectify', '--email', who.email, ...phone);
      expect(corrected.code, corrected.stdout).toBe(0);
    }
    await erasePerson(context, ANNA);
    await erasePerson(context, ZELMA);
    await objectCustomer(context, { query: PETR, to: 'marketing' }, nobodyToAsk);
    await withdraw(context, NAMESAKE);
    await hold(context, PETR, 'K-7');
    gagged = (await hold(context, ILZE, 'K-8', UNTIL)).operation;
    const today = todayIn('Europe/Riga');
    await liftRestriction(context, { query: JANIS, informed: today }, nobodyToAsk);
    await restrictCustomer(context, { query: JANIS, ground: '18(1)(a)' }, nobodyToAsk);
    await agree(context, 'DPD-2022/3305', 'dpd');
    await endAgreement(context, { number: 'OMN-2023/114', on: today, reason: 'the board ended it' });
    await closeRequest(context, closed);
    const { request: open } = await ask(context, 'access', NAMESAKE);
    await verifyIdentity(context, open, { how: 'account login', query: {} }, nobodyToAsk);
    const { due } = await extendRequest(context, open, 'orders on paper');
    requests = { closed, open, due };
    await context.database.close();
    undone = await stateOf(url());
    await restore('backup');
    restored = await readFile(journal, 'utf8');
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
    await workspace.remove();
  });

  it('is what every other operation refuses to begin without', async () => {
    expect(leaksIn((await stateOf(url())).shop)).not.toEqual([]);
    for (const args of [
      ['customer', 'find', '--email', PETR.email],
      ['customer', 'export', '--email', PETR.email, '--verified', 'account login'],
      ['customer', 'residue', '--sweep'],
      ['hold', 'list'],
      ['audit', 'checkpoint'],
      ['recover'],
    ])
      expect([args, jsonErrorOf(await run(...args, '--json')).code]).toEqual([args, 'LOG_BEHIND_JOURNAL']);
    expect((await verify()).valid).toBe(false);
  });

  it('lists what it would bring back, and changes nothing', async () => {
    const before = await stateOf(url());
    const operator = { ...workspace.environment, DATABASE_URL: urlAs(url(), 'ilze') };
    const ran = await runAs(operator, 'restore', 'replay', '--plan', '--json');
    expect(leaksIn(ran.stdout)).toEqual([]);
    const plan = jsonOf<Omit<Result, 'erased'> & { people: readonly unknown[] }>(ran, 'restore-replay');
    expect(plan.records).toMatchObject({
      hold: 2,
      'hold-released': 1,
      restriction: 1,
      'restriction-lifted': 1,
      objection: 1,
      withdrawal: 2,
      rectification: 2,
      agreement: 1,
      'agreement-end': 1,
      request: 2,
      'request-event': 4,
      tombstone: 2,
    });
    expect(plan.people).toMatchObject([{ ground: 'Art. 17(1)(b)' }, { ground: 'Art. 17(1)(b)' }]);
    assertRedo(plan);
    const refused = jsonErrorOf(await runAs(operator, 'restore', 'replay', '--json'));
    expect(refused).toMatchObject({
      code: 'REFUSED',
      hint: expect.stringContaining('both the owner and the operator'),
    });
    expect(await stateOf(url())).toEqual(before);
    expect(await readFile(journal, 'utf8')).toBe(restored);
  });

  it('refuses a journal in which a stranger has written that a backup was restored', async () => {
    const last = [...restored.matchAll(/"note":"([^"\\]+)\\n(\d+)\\n([^"\\]+)\\n/g)].at(-1);
    const [, origin, size, root] = last ?? [];
    const forged = ['privatums log restored v1', origin, size, root, '2', root].join('\n');
    const signature = `\n\n— ${origin} ${Buffer.alloc(68, 1).toString('base64')}\n`;
    const lines = [
      { note: forged + signature, time: '2026-01-01T00:00:00.000Z', type: 'restored' },
      {
        note: `privatums log replayed v1\n${origin}\n2\n${root}${signature}`,
        time: '2026-01-01T00:00:00.000Z',
        type: 'replayed',
      },
    ];
    await appendFile(journal, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    try {
      const found = await run('customer', 'find', '--email', PETR.email, '--json');
      expect([found.code, jsonErrorOf(found).code]).toEqual([5, 'VERIFICATION_FAILED']);
      expect((await verify()).problems.map(({ problem }) => problem).join('\n')).toMatch(
        /note about a restored backup in the journal counts for nothing/,
      );
      expect((await run('restore', 'replay', '--json')).code).toBe(5);
    } finally {
      await writeFile(journal, restored);
    }
  });

  it('refuses a database that is no earlier state of the log', async () => {
    const other = "UPDATE gdpr.audit_entry SET entry = replace(entry, 'tester', 'nobody') WHERE sequence = 1";
    await asked(url(), ['ALTER TABLE gdpr.audit_entry DISABLE TRIGGER ALL', other]);
    expect((await run('restore', 'replay', '--json')).code).toBe(5);
    await restore('backup');
    expect(await readFile(journal, 'utf8')).toBe(restored);
  });

  /** Zelma was erased after her correction; what is left to do is the namesake's. */
  function assertRedo({ rectifications, requests: back }: Pick<Result, 'rectifications' | 'requests'>): void {
    expect(rectifications).toEqual([
      {
        subject: expect.stringMatching(/^subject:/),
        id: 'shop.customers:2',
        fields: ['phone'],
        rectified: expect.stringMatching(/^20\d\d-.*Z$/),
      },
    ]);
    expect(back).toMatchObject([
      { request: requests.closed, kind: 'erasure', state: 'closed' },
      { request: requests.open, kind: 'access', state: 'open', due: requests.due },
    ]);
  }

  it('brings back what was done since, in the names of those who did it; then the log is whole', async () => {
    const ran = await runAs(both, 'restore', 'replay', '--json');
    expect(ran.code, ran.stdout).toBe(0);
    const result = jsonOf<Result>(ran, 'restore-replay');
    expect(leaksIn(ran.stdout + ran.stderr)).toEqual([]);
    expect(result.erased).toMatchObject([{ clean: true }, { clean: true }]);
    assertRedo(result);
    const now = await stateOf(url());
    expect(now.counts).toEqual(undone.counts);
    expect(leaksIn(now.shop)).toEqual(leaksIn(undone.shop));
    for (const line of undone.own) expect(now.own).toContain(line);
    const { valid, checks, problems } = await verify();
    expect(problems).toEqual([]);
    expect(valid).toBe(true);
    expect(checks.find(({ id }) => id === 'restored')?.detail).toMatch(/goes on after \d+/);

    const told = `SELECT to_json(array_cat(o.subjects, e.subjects))::text AS line FROM gdpr.operation o
      JOIN gdpr.audit_entry e ON e.operation = o.id WHERE o.id = '${gagged}'`;
    expect(await asked(url(), [told])).toEqual(['[]']);
    const next = await run(
      'request',
      'open',
      '--kind',
      'access',
      '--channel',
      'post',
      '--received',
      'today',
      '--unknown',
      '--json',
    );
    expect(jsonOf<{ request: string }>(next, 'request-open').request > requests.open).toBe(true);

    const erase = await run('customer', 'erase', '--email', PETR.email, '--ground', '17(1)(b)', '--plan', '--json');
    expect(jsonErrorOf(erase).code).toBe('REFUSED');
    expect(jsonErrorOf(await run('restore', 'replay', '--json')).code).toBe('REFUSED');
    expect((await run('customer', 'residue', '--sweep', '--json')).code).toBe(0);
    expect((await verify()).valid).toBe(true);
  });

  it('is missed by verification where the journal was cut, or the log keeps silent about it', async () => {
    const whole = await readFile(journal, 'utf8');
    const lines = whole.trimEnd().split('\n');
    const at = lines.findIndex((line) => line.includes('privatums log restored'));
    const cuts = [
      lines.filter((_, i) => i !== at),
      lines.slice(0, at),
      lines.filter((line) => !line.includes('log replayed')),
    ];
    for (const cut of cuts) {
      await writeFile(journal, `${cut.join('\n')}\n`);
      expect((await verify()).valid).toBe(false);
    }
    const sizes = lines.filter((line) => line.includes('"type":"checkpoint"'));
    await writeFile(journal, `${sizes[0]}\n`);
    expect((await verify()).problems.map(({ problem }) => problem).join('\n')).toMatch(/no signed record/);
    await writeFile(journal, whole);
  });

  it('goes on where it was killed, after a second restore, too', async () => {
    await restore('backup');
    const breaks = (text: string) => text.split('privatums log restored').length - 1;
    const erasures = (text: string) => text.split('"type":"tombstone"').length - 1;
    const before = await readFile(journal, 'utf8');
    expect(await killedWhen((text) => breaks(text) > breaks(before))).toBe('SIGKILL');
    expect(jsonErrorOf(await run('hold', 'list', '--json')).code).toBe('LOG_BEHIND_JOURNAL');
    expect(await killedWhen((text) => erasures(text) > erasures(before))).toBe('SIGKILL');
    expect(jsonErrorOf(await run('hold', 'list', '--json')).code).toBe('LOG_BEHIND_JOURNAL');
    jsonOf<Result>(await run('restore', 'replay', '--json'), 'restore-replay');
    expect(jsonErrorOf(await run('restore', 'replay', '--json')).code).toBe('REFUSED');
    expect((await run('recover', '--json')).code).toBe(0);
    expect((await verify()).problems).toEqual([]);
    const now = await stateOf(url());
    expect(now.counts).toEqual(undone.counts);
    expect(leaksIn(now.shop)).toEqual(leaksIn(undone.shop));
    for (const line of undone.own) expect(now.own).toContain(line);
  });

  async function killedWhen(reached: (journal: string) => boolean): Promise<NodeJS.Signals | null> {
    const { child, ended } = startGdpr(['restore', 'replay'], {
      cwd: workspace.root,
      environment: workspace.environment,
    });
    const watch = setInterval(() => {
      if (reached(readFileSync(journal, 'utf8'))) child.kill('SIGKILL');
    }, 2);
    const { signal } = await ended;
    clearInterval(watch);
    return signal;
  }
});

interface State {
  readonly shop: string;
  readonly counts: readonly string[];
  /** What the tool keeps of people and requests, a line each. */
  readonly own: readonly string[];
}

async function asked(url: string, statements: readonly string[]): Promise<string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const lines: string[] = [];
    for (const sql of statements)
      lines.push(...(await client.query<{ line: string }>(sql)).rows.map(({ line }) => line));
    return lines;
  } finally {
    await client.end();
  }
}

async function stateOf(url: string): Promise<State> {
  const shop = await asked(url, [
    "SELECT format('%I.%I', schemaname, tablename) AS line FROM pg_tables WHERE schemaname = 'shop' ORDER BY 1",
  ]);
  const tables = [
    'hold',
    'hold_row',
    'restriction',
    'objection',
    'suppression',
    'rectification',
    'agreement',
    'tombstone_identifier',
  ];
  const own = [
    ...tables.map((table) => `SELECT '${table} ' || t::text AS line FROM gdpr.${table} t ORDER BY 1`),
    // The address for the answer and what was written beside an event are not in the journal.
    "SELECT 'request ' || (to_jsonb(t) - 'reply_to')::text AS line FROM gdpr.request t ORDER BY 1",
    "SELECT 'event ' || (to_jsonb(t) - 'id' - 'note')::text AS line FROM gdpr.request_event t ORDER BY 1",
    "SELECT 'consent ' || (to_jsonb(t) - 'id')::text AS line FROM gdpr.consent_event t ORDER BY 1",
    "SELECT 'keys ' || keys::text AS line FROM gdpr.installation",
  ];
  return {
    shop: (
      await asked(
        url,
        shop.map((table) => `SELECT t::text AS line FROM ${table} t`),
      )
    ).join('\n'),
    counts: await asked(
      url,
      shop.map((table) => `SELECT '${table} ' || count(*) AS line FROM ${table}`),
    ),
    own: await asked(url, own),
  };
}
