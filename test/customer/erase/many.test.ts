import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIXED_ROWS, PEOPLE, type PersonKey } from '../../../examples/bookshop/people.js';
import { verifyArchive } from '../../../src/archive/verify.js';
import { prepareErase } from '../../../src/customer/erase/erase-customer.js';
import type { ErasedLine, ManyErased } from '../../../src/customer/erase/erase-many.js';
import type { KeptSummary } from '../../../src/customer/erase/kept-rows.js';
import { listEntries, verifyAuditLog } from '../../../src/operation/log.js';
import type { Context } from '../../../src/workspace/open.js';
import { leaksIn } from '../../commands/needles.js';
import { gdpr, type Ran } from '../../commands/program.js';
import { faults, jsonErrorOf } from '../../commands/schemas.js';
import { recordsSince, serverLogSize } from '../../support/server-log.js';
import { bookshopWorkspace, type TestWorkspace } from '../../support/workspace.js';
import { unzip } from '../support/archive.js';
import { nobodyToAsk } from '../support/export.js';
import { changesBetween, rowName, type ShopSnapshot, shopSnapshot } from './snapshot.js';
import { erasePerson, GROUND } from './support.js';

const ERASED = ['anna', 'janis', 'petr'] as const;

let workspace: TestWorkspace;
let context: Context;
let client: pg.Client;

const run = (operator: string, ...args: string[]) =>
  gdpr(args, { cwd: workspace.root, environment: { ...workspace.environment, GDPR_OPERATOR: operator } });
const erase = (file: string, ...more: string[]) =>
  run('tester', 'customer', 'erase', '--from', file, '--ground', '17(1)(b)', '--json', ...more);

/** A document that is as documented, with the exit code that some lines are left out with. */
function resultOf<T>({ code, stdout, stderr }: Ran, exit: number): T {
  expect({ code, stderr }).toEqual({ code: exit, stderr: '' });
  const value = JSON.parse(stdout) as T;
  expect(faults('customer-erase', value)).toEqual([]);
  return value;
}

async function listOf(name: string, ...lines: string[]): Promise<string> {
  const file = join(workspace.root, name);
  await writeFile(file, `request,id,email,verified,language\n${lines.join('\n')}\n`);
  return file;
}

async function requestOf(kind: string, email: string, how?: string): Promise<string> {
  const opened = await run(
    'tester',
    'request',
    'open',
    '--kind',
    kind,
    '--email',
    email,
    '--received',
    'today',
    '--channel',
    'email',
    '--json',
  );
  const { request } = JSON.parse(opened.stdout) as { request: string };
  if (how !== undefined) {
    expect((await run('tester', 'request', 'verify-identity', request, '--how', how)).code).toBe(0);
  }
  return request;
}

async function hold(email: string): Promise<string> {
  const until = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
  const order = ['--reference', 'KPL 191/2026-7', '--authority', 'Valsts policija', '--until', until];
  const placed = await run('tester', 'hold', 'place', '--email', email, ...order, '--json');
  return (JSON.parse(placed.stdout) as { hold: string }).hold;
}

beforeAll(async () => {
  workspace = await bookshopWorkspace();
  context = await workspace.context();
  client = new pg.Client({ connectionString: workspace.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await context.database.close();
  await workspace.remove();
});

describe('several people of a list', { timeout: 300_000 }, () => {
  let file: string;
  let request: string;
  let before: ShopSnapshot;
  let after: ShopSnapshot;
  let result: ManyErased;
  let digest: string;
  const keptAlone = new Map<PersonKey, readonly KeptSummary[]>();
  const line = (number: number) => result.people.find((each) => each.line === number);
  const subjectAt = (number: number) => (line(number) as ErasedLine).subject;
  const archive = () => unzip(result.certificate);

  it('are planned as one; who cannot be erased is left out, by line and with the reason', async () => {
    request = await requestOf('erasure', PEOPLE.anna.email, 'account login');
    const access = await requestOf('access', PEOPLE.lasitava.email, 'account login');
    await hold(PEOPLE.namesake.email);
    for (const key of ERASED) {
      const { rehearsal } = await prepareErase(context, { email: PEOPLE[key].email }, GROUND, nobodyToAsk);
      keptAlone.set(key, rehearsal.kept);
    }
    before = await shopSnapshot(context);
    file = await listOf(
      'people.csv',
      `${request},,,,en`,
      `,,${PEOPLE.janis.email},account login,`,
      `,,${PEOPLE.petr.email},known e-mail answered,en`,
      ',,nobody@pasts.example,account login,',
      `,,${PEOPLE.namesake.email},account login,`,
      `,shop.customers:3,,account login,`,
      `${access},,,,`,
      `,,${PEOPLE.ilze.email},,`,
    );
    const planned = resultOf<{ digest: string; plan: { people: string[] }; people: ManyErased['people'] }>(
      await erase(file, '--plan'),
      4,
    );
    digest = planned.digest;
    expect(planned.people.map((each) => [each.line, each.state === 'refused' ? each.message : each.state])).toEqual([
      [2, 'planned'],
      [3, 'planned'],
      [4, 'planned'],
      [5, 'nobody matches'],
      [6, expect.stringContaining('the data may not be erased at present: hold-')],
      [7, 'the same person stands on line 3'],
      [8, `${access} asks for access, not for erasure`],
      [9, 'nobody says how the identity was checked'],
    ]);
    expect(planned.people[0]).toMatchObject({ request });
    const subjects = planned.people.flatMap((each) => (each.state === 'refused' ? [] : [each.subject]));
    expect(planned.plan.people).toEqual(subjects.sort());
    expect(changesBetween(before, await shopSnapshot(context))).toEqual([]);
  });

  it('are not erased before somebody else has agreed, nor when somebody is on hold by then', async () => {
    const doIt = ['--plan-digest', digest, '--yes'];
    expect(jsonErrorOf(await erase(file, ...doIt))).toMatchObject({ code: 'REFUSED', approval: 'none', digest });
    expect((await run('second', 'approve', digest, '--yes')).code).toBe(0);
    const held = await hold(PEOPLE.petr.email);
    expect(jsonErrorOf(await erase(file, ...doIt))).toMatchObject({ code: 'PLAN_CHANGED', exit: 3 });
    expect((await run('second', 'hold', 'release', held, '--reason', 'withdrawn')).code).toBe(0);
    expect(changesBetween(before, await shopSnapshot(context))).toEqual([]);
    expect(jsonErrorOf(await erase(file, '--plan-digest', digest))).toMatchObject({ code: 'USAGE' });

    result = resultOf<ManyErased>(await erase(file, ...doIt), 4);
    expect(result).toMatchObject({ erased: 3, refused: 5, planDigest: digest, residue: { clean: true } });
    after = await shopSnapshot(context);
    // An agreement is used once.
    expect((await erase(file, ...doIt)).code).not.toBe(0);
  });

  it('are erased with nobody else touched', () => {
    const theirs = new Set(
      FIXED_ROWS.filter(({ of }) => ERASED.some((key) => of.includes(key))).map(({ table, row }) =>
        rowName(table, row),
      ),
    );
    const changes = changesBetween(before, after).filter(({ row }) => !row.startsWith('page_views '));
    expect(changes.filter(({ row }) => !theirs.has(row))).toEqual([]);
    expect(changes.length).toBeGreaterThan(60);
  });

  it('leave one certificate, with a letter to each in their language about what is kept of theirs', async () => {
    expect((await verifyArchive(result.certificate, { signers: [context.keys.ids.signing] })).valid).toBe(true);
    const files = await archive();
    const certificate = JSON.parse(files.get('certificate.json')?.toString('utf8') ?? '') as {
      people: { subject: string; request?: string; verified: string; letter: string; kept: KeptSummary[] }[];
    };
    expect(certificate).toMatchObject({ operation: result.operation, ground: GROUND, residue: { clean: true } });
    expect(certificate.people).toEqual(
      ERASED.map((key, i) => ({
        subject: subjectAt(i + 2),
        ...(key === 'anna' && { request }),
        verified: key === 'petr' ? 'known e-mail answered' : 'account login',
        letter: (line(i + 2) as ErasedLine).letter,
        kept: keptAlone.get(key),
      })),
    );
    const letters = certificate.people.map(({ letter }) => files.get(letter)?.toString('utf8') ?? '');
    expect(letters.map((text) => /<html lang="(..)"/.exec(text)?.[1])).toEqual(['en', 'lv', 'en']);
    expect(letters[0]).toContain(request);
    for (const [name, content] of files) {
      if (name.startsWith('META-INF/')) continue;
      expect({ name, leaks: leaksIn(content.toString('utf8')) }).toEqual({ name, leaks: [] });
    }
  });

  it('have a tombstone each, and one entry in the log that names all of them and the agreement', async () => {
    const { rows } = await client.query(
      'SELECT subject, operation, language, request, verified FROM gdpr.tombstone ORDER BY subject',
    );
    const stone = (number: number, language: string, verified: string, of: string | null = null) => ({
      subject: subjectAt(number),
      operation: result.operation,
      language,
      request: of,
      verified,
    });
    const stones = [
      stone(2, 'en', 'account login', request),
      stone(3, 'lv', 'account login'),
      stone(4, 'en', 'known e-mail answered'),
    ];
    expect(rows).toEqual(stones.sort((a, b) => (a.subject < b.subject ? -1 : 1)));
    const journal = await readFile(context.paths.journal, 'utf8');
    expect(journal.match(/"type":"tombstone"/g)).toHaveLength(3);
    const [intent, outcome] = await listEntries(context, { operation: result.operation }, 2);
    const subjects = [2, 3, 4].map(subjectAt);
    expect(intent).toMatchObject({
      action: 'customer erase list',
      subjects,
      counts: { people: 3 },
      planDigest: digest,
    });
    expect(outcome).toMatchObject({ result: 'done', subjects });
    expect(outcome?.rules).toContain('approval: names, not enforced by the database');
    expect((await verifyAuditLog(context)).problems).toEqual([]);
    expect(leaksIn(journal)).toEqual([]);
  });

  it('end as if they had been erased one after another', async () => {
    const other = await bookshopWorkspace();
    const single = await other.context();
    try {
      for (const key of ERASED)
        expect((await erasePerson(single, { email: PEOPLE[key].email })).residue.clean).toBe(true);
      const alike = (snapshot: ShopSnapshot) =>
        [...snapshot.values()]
          .map((row) =>
            JSON.stringify(row).replace(/[a-z2-7]{26}(?=@erased\.invalid)|erased-[a-z2-7]+|"000\d+"/g, 'token'),
          )
          .sort();
      expect(alike(after)).toEqual(alike(await shopSnapshot(single)));
    } finally {
      await single.database.close();
      await other.remove();
    }
  });
});

describe('a list', { timeout: 240_000 }, () => {
  it('of whom nobody can be erased does nothing, and says why of each', async () => {
    const file = await listOf('nobody.csv', ',,nobody@pasts.example,account login,', ',,no-one@pasts.example,,');
    const refused = jsonErrorOf(await erase(file, '--plan'));
    expect(refused).toMatchObject({ code: 'NOBODY', exit: 4 });
    expect(refused).toMatchObject({
      people: [
        { line: 2, code: 'NOBODY' },
        { line: 3, code: 'REFUSED' },
      ],
    });
    expect(refused.message).toContain('line 3: nobody says how the identity was checked');
  });

  it('that says a name where it says how the identity was checked is refused, by its line', async () => {
    const { lasitava } = PEOPLE;
    const file = await listOf('name.csv', `,,${lasitava.email},Lasītava came by,`);
    const refused = jsonErrorOf(await erase(file, '--plan'));
    expect(refused).toMatchObject({ code: 'INPUT_INVALID', exit: 2 });
    expect(refused.message).toBe("line 2: --verified holds the person's name");
  });

  it('of one person needs nobody else', async () => {
    const file = await listOf('one.csv', ',shop.customers:50,,account login,');
    const result = resultOf<ManyErased>(await erase(file, '--yes'), 0);
    expect(result.people).toEqual([expect.objectContaining({ line: 2, state: 'erased', letter: 'letter.html' })]);
    const [intent] = await listEntries(context, { operation: result.operation }, 1);
    expect(intent).toMatchObject({ action: 'customer erase', verified: 'account login' });
  });

  it.skipIf((process.env.TEST_DATABASE_URL ?? '') !== '')('is erased by as many statements, however long', async () => {
    // Who gave to somebody nobody leads to comes first, so that both lists have what an erasure makes theirs.
    const { rows } = await client.query<{ id: string }>(
      `SELECT id::text AS id FROM shop.customers c WHERE id > 50 AND email IS NOT NULL AND email NOT LIKE '%.invalid'
       ORDER BY EXISTS (SELECT FROM shop.orders o JOIN shop.gift_recipients g ON g.order_id = o.id JOIN shop.shipments s ON s.gift_recipient_id = g.id
         WHERE o.customer_id = c.id AND o.status = 'completed' AND g.email IS NULL) DESC, id LIMIT 33`,
    );
    const ids = rows.map(({ id }) => `,shop.customers:${id},,account login,`);
    const statements = async (name: string, lines: string[]) => {
      const file = await listOf(name, ...lines);
      const { digest } = JSON.parse((await erase(file, '--plan')).stdout) as { digest: string };
      expect((await run('second', 'approve', digest, '--yes')).code).toBe(0);
      const since = await serverLogSize(client);
      const { erased } = JSON.parse((await erase(file, '--plan-digest', digest, '--yes')).stdout) as ManyErased;
      expect(erased).toBeGreaterThan(lines.length * 0.8);
      const counts = new Map<string, number>();
      for (const { text } of await recordsSince(client, since)) {
        if (text.includes('LOG:  execute fetch from')) continue;
        const statement = /LOG: {2}(?:statement|execute [^:]*): ([\s\S]*)/.exec(text)?.[1] ?? '';
        if (/"shop"\.|pg_temp/.test(statement)) counts.set(statement, (counts.get(statement) ?? 0) + 1);
      }
      return [...counts.values()].reduce((sum, count) => sum + count, 0);
    };
    const database = pg.escapeIdentifier(new URL(workspace.url ?? '').pathname.slice(1));
    await client.query(`ALTER DATABASE ${database} SET log_statement = 'all'`);
    const few = await statements('few.csv', ids.slice(0, 3));
    const many = await statements('many.csv', ids.slice(3));
    expect(few).toBeGreaterThan(300);
    // A table that nobody of a short list has rows in costs fewer statements.
    expect(many).toBeLessThan(few * 1.3);
  });
});
