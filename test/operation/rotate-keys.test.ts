import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PEOPLE } from '../../examples/bookshop/people.js';
import { findErased } from '../../src/customer/erase/find-erased.js';
import { matchPeople } from '../../src/customer/find-customer.js';
import { placeHold } from '../../src/customer/hold/place.js';
import { objectCustomer } from '../../src/customer/object.js';
import { addressHasher, addressHashers } from '../../src/customer/suppression/suppress.js';
import { isSuppressed } from '../../src/customer/suppression/suppressed.js';
import { runOperation } from '../../src/operation/operation.js';
import type { Context } from '../../src/workspace/open.js';
import { gdpr, ROOT } from '../commands/program.js';
import { jsonErrorOf, jsonOf } from '../commands/schemas.js';
import { erasePerson } from '../customer/erase/support.js';
import { nobodyToAsk } from '../customer/support/export.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

const { anna, petr } = PEOPLE;
const ROSE = 'roze@pasts.example';
const COPY = { GDPR_COPY_PASSPHRASE: 'five random words for the copy' };
const KEYS = join('.gdpr', 'keys');

interface Found {
  readonly matches: readonly { readonly subject: string }[];
  readonly erased?: readonly { readonly subject: string }[];
}
interface Rotated {
  readonly ids: { readonly hmac: string; readonly hmacFormer: readonly string[] };
  readonly hmacVersion: string;
}

describe('gdpr key rotate', { timeout: 300_000 }, () => {
  let workspace: TestWorkspace;
  let old: Context;
  /** References before the rotation. */
  let subjects: Record<'anna' | 'petr' | 'rose', string>;
  let annas: Awaited<ReturnType<typeof found>>;
  let petrs: Awaited<ReturnType<typeof found>>;
  const opened: Context[] = [];

  const run = (args: readonly string[], more: { environment?: NodeJS.ProcessEnv; preload?: string[] } = {}) =>
    gdpr(args, {
      cwd: workspace.root,
      environment: { ...workspace.environment, ...COPY, ...more.environment },
      ...(more.preload && { preload: more.preload }),
    });
  const rotate = async (copy: string) =>
    jsonOf<Rotated>(await run(['key', 'rotate', '--copy', copy, '--json']), 'key-rotate');
  const open = async () => {
    const context = await workspace.context();
    opened.push(context);
    return context;
  };
  const rows = <R extends Record<string, unknown>>(sql: string) =>
    old.database.transaction('read committed', (session) => session.query<R>(sql));
  const found = async (email: string) => {
    const ran = await run(['customer', 'find', '--email', email, '--json']);
    const { matches, erased: gone = [] } = jsonOf<Found>(ran, 'customer-find');
    // Anna's open order keeps her account, so she is among the living and among the erased.
    return [...new Set([...matches, ...gone].map(({ subject }) => subject))];
  };
  const erased = async (context: Context, email: string) =>
    (await findErased(context, { email })).map(({ subject }) => subject);
  const referenceOf = async (context: Context, email: string) =>
    (await matchPeople(context, { email }))[0]?.subject ?? '';
  const suppressed = (context: Context, hashers = addressHashers(context.keys)) =>
    context.database.transaction('read committed', (session) =>
      isSuppressed(
        session,
        hashers,
        [anna.email, petr.email, ROSE].map((value) => ({ kind: 'email', value })),
        'email',
      ),
    );

  beforeAll(async () => {
    workspace = await bookshopWorkspace();
    old = await open();
    await rows(`INSERT INTO shop.customers (email, last_name, created_at) VALUES ('${ROSE}', 'Roze', now())`);
    await objectCustomer(old, { query: { email: petr.email }, to: 'marketing' }, nobodyToAsk);
    const target = { scope: 'person', query: { email: ROSE } } as const;
    const order = { target, reference: 'K-1', authority: 'tiesa', until: '2030-01-01' };
    await placeHold(old, order, nobodyToAsk);
    const reference = await referenceOf(old, anna.email);
    await erasePerson(old, { email: anna.email });
    subjects = {
      anna: reference,
      petr: await referenceOf(old, petr.email),
      rose: await referenceOf(old, ROSE),
    };
    annas = await found(anna.email);
    expect(annas).toEqual([subjects.anna]);
  });
  afterAll(async () => {
    for (const context of opened) await context.database.close();
    await workspace.remove();
  });

  it('is not done while something runs that would go on with the former secret', async () => {
    await runOperation(old, { action: 'test', subjects: [] }, async () => {
      const ran = await run(['key', 'rotate', '--copy', 'never.age', '--json']);
      expect(jsonErrorOf(ran)).toMatchObject({ code: 'LOCKED', exit: 7 });
      throw new Error('the test is over');
    }).catch(() => {});
    expect(await readdir(join(workspace.root, KEYS))).not.toContain('hmac-2.json');
    expect(await readdir(workspace.root)).not.toContain('never.age');
    expect(jsonErrorOf(await run(['key', 'rotate', '--copy', 'keys.txt', '--json']))).toMatchObject({ exit: 2 });
  });

  it('adds a secret; who has read the keys before goes no further', async () => {
    jsonOf(await run(['key', 'export', 'before.age', '--json']), 'key-export');
    const before = JSON.parse(await readFile(join(workspace.root, KEYS, 'ids.json'), 'utf8')) as Rotated;
    const rotated = await rotate('after.age');
    expect(rotated).toMatchObject({ hmacVersion: 'hmac-2', ids: { ...before.ids, hmac: expect.any(String) } });
    expect(rotated.ids.hmacFormer).toEqual([before.ids.hmac]);
    expect(rotated.ids.hmac).not.toBe(before.ids.hmac);
    await expect(runOperation(old, { action: 'test', subjects: [] }, async () => {})).rejects.toMatchObject({
      code: 'KEY_WRONG',
      hint: 'run it again',
    });
    jsonOf(await run(['audit', 'verify', '--json']), 'audit-verify');
  });

  it('keeps one reference a person, and adds the newest code to it when they are met', async () => {
    const context = await open();
    const count = () => rows<{ n: string }>('SELECT count(*)::text AS n FROM gdpr.subject');
    const before = await count();
    expect(await referenceOf(context, petr.email)).toBe(subjects.petr);
    expect(await referenceOf(context, ROSE)).toBe(subjects.rose);
    expect(await count()).toEqual(before);
    const versions = await rows<{ version: string }>(
      `SELECT DISTINCT key_version AS version FROM gdpr.subject_alias WHERE reference = '${subjects.petr}' ORDER BY 1`,
    );
    expect(versions.map(({ version }) => version)).toEqual(['hmac-1', 'hmac-2']);
    // The newest code decides whose an alias is; here it is Petr's, who keeps it.
    expect(await referenceOf(context, petr.email)).toBe(subjects.petr);
  });

  it('orphans no suppressed address, and enters new ones under the new secret', async () => {
    const context = await open();
    expect(await suppressed(context)).toEqual([true, true, false]);
    await expect(suppressed(context, [addressHasher(context.keys)])).rejects.toMatchObject({ code: 'KEY_MISSING' });
    await objectCustomer(context, { query: { email: ROSE }, to: 'marketing' }, nobodyToAsk);
    expect(await suppressed(context)).toEqual([true, true, true]);
    const versions = await rows<{ version: string }>(
      'SELECT DISTINCT key_version AS version FROM gdpr.suppression ORDER BY 1',
    );
    expect(versions.map(({ version }) => version)).toEqual(['hmac-1', 'hmac-2']);
  });

  it('leads to an erased person by their old address, and finds what came back of them', async () => {
    expect(await found(anna.email)).toEqual(annas);
    expect(await erased(await open(), anna.email)).toEqual([subjects.anna]);
    expect((await run(['customer', 'residue', '--sweep', '--json'])).code).toBe(0);
    await rows(
      `UPDATE shop.support_tickets SET subject = 'from ${anna.email}' WHERE id = (SELECT max(id) FROM shop.support_tickets)`,
    );
    const swept = await run(['customer', 'residue', '--sweep', '--json']);
    expect(swept.code).toBe(5);
    const { residue } = jsonOf<{ residue: { hits: { subject: string; class: string }[] } }>(swept, 'customer-residue');
    const left = residue.hits.filter((hit) => hit.class === 'residue');
    expect([...new Set(left.map(({ subject }) => subject))]).toEqual([subjects.anna]);
    await rows("UPDATE shop.support_tickets SET subject = 'x' WHERE id = (SELECT max(id) FROM shop.support_tickets)");
  });

  it('keeps holds standing, and erases under the new secret', async () => {
    const held = await run(['customer', 'erase', '--email', ROSE, '--ground', '17(1)(b)', '--plan', '--json']);
    expect(jsonErrorOf(held).code).toBe('REFUSED');
    const context = await open();
    await erasePerson(context, { email: petr.email });
    const [tombstone] = await rows<{ subject: string; version: string }>(
      'SELECT DISTINCT subject, key_version AS version FROM gdpr.tombstone_identifier ORDER BY version DESC LIMIT 1',
    );
    expect(tombstone).toEqual({ subject: subjects.petr, version: 'hmac-2' });
    expect((await run(['customer', 'residue', '--sweep', '--json'])).code).toBe(0);
    petrs = await found(petr.email);
    expect(await erased(context, petr.email)).toEqual([subjects.petr]);
  });

  it('is gone on with by the next run after a kill, and nothing works in between', async () => {
    const killed = await run(['key', 'rotate', '--copy', 'killed.age'], {
      environment: { GDPR_TEST_KILL_BEFORE: 'UPDATE gdpr.installation' },
      preload: [join(ROOT, 'test', 'recover', 'steps.mjs')],
    });
    expect(killed.signal).toBe('SIGKILL');
    const secret = await readFile(join(workspace.root, KEYS, 'hmac-3.json'), 'utf8');
    expect(jsonErrorOf(await run(['customer', 'find', '--email', ROSE, '--json']))).toMatchObject({
      code: 'KEY_WRONG',
      hint: 'run it again: gdpr key rotate --copy FILE',
    });
    expect(await rotate('third.age')).toMatchObject({ hmacVersion: 'hmac-3' });
    expect(await readFile(join(workspace.root, KEYS, 'hmac-3.json'), 'utf8')).toBe(secret);
    jsonOf(await run(['recover', '--json']), 'recover');
    const context = await open();
    expect(await suppressed(context)).toEqual([true, true, true]);
    expect(await referenceOf(context, ROSE)).toBe(subjects.rose);
    expect(await found(anna.email)).toEqual(annas);
    expect(await found(petr.email)).toEqual(petrs);
    expect(await erased(context, anna.email)).toEqual([subjects.anna]);
    expect(await erased(context, petr.email)).toEqual([subjects.petr]);
  });

  it('is in the copy of that day, and an older copy is refused', async () => {
    const second = await mkdtemp(join(tmpdir(), 'gdpr-rotated-'));
    await cp(workspace.root, second, { recursive: true });
    const there = (...args: string[]) =>
      gdpr([...args, '--json'], { cwd: second, environment: { ...workspace.environment, ...COPY } });
    try {
      await rm(join(second, KEYS, 'hmac-1.json'));
      expect(jsonErrorOf(await there('audit', 'checkpoint')).code).toBe('KEY_MISSING');
      await rm(join(second, KEYS), { recursive: true });
      for (const copy of ['before.age', 'after.age'])
        expect(jsonErrorOf(await there('key', 'import', copy))).toMatchObject({
          code: 'KEY_WRONG',
          message: expect.stringContaining('older than the last gdpr key rotate'),
        });
      jsonOf(await there('key', 'import', 'third.age'), 'key-import');
      const files = (root: string) =>
        Promise.all(
          ['hmac-1.json', 'hmac-2.json', 'hmac-3.json'].map((name) => readFile(join(root, KEYS, name), 'utf8')),
        );
      expect(await files(second)).toEqual(await files(workspace.root));
      jsonOf(await there('audit', 'checkpoint'), 'audit-checkpoint');
    } finally {
      await rm(second, { recursive: true });
    }
  });
});
