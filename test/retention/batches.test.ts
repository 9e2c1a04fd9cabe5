import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Context } from '../../src/workspace/open.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';
import { agree, ask, fillOld, run } from './support.js';

/** Enough for rows to lie between keys, and not to be named one by one. */
const RESETS = 3000;

let workspace: TestWorkspace;
let context: Context;
let other: Context;
beforeAll(async () => {
  workspace = await bookshopWorkspace();
  context = await workspace.context();
  other = await workspace.context();
  await agree(context);
  await run(context);
}, 300_000);
afterAll(async () => {
  await other.database.close();
  await context.database.close();
  await workspace.remove();
});

/** Rows of `fillOld` that are there. */
async function old(table: 'password_resets' | 'sessions'): Promise<number> {
  const is = table === 'sessions' ? "token LIKE 'old-%'" : "requested_at < now() - interval '50 days'";
  const [row] = await ask<{ rows: number }>(context, `SELECT count(*)::int AS rows FROM shop.${table} WHERE ${is}`);
  return row?.rows ?? -1;
}

describe('a batch', { timeout: 300_000 }, () => {
  it('passes by the rows that the shop holds, and takes the others', async () => {
    await fillOld(context, RESETS);
    const held = await other.database.transaction('read committed', async (session) => {
      await session.query(
        'SELECT FROM shop.password_resets WHERE id IN (SELECT id FROM shop.password_resets ORDER BY id OFFSET 700 LIMIT 2) FOR UPDATE',
      );
      return run(context);
    });
    expect(held).toMatchObject({ stopped: 'done', locked: 2 });
    expect(await old('password_resets')).toBe(2);
    expect(await run(context)).toMatchObject({ stopped: 'done', locked: 0, rows: 2 });
  });

  it('cuts the keys that lead to some of its rows, and takes those as well', async () => {
    await fillOld(context, RESETS);
    await ask(
      context,
      `INSERT INTO shop.carts (session_id, created_at, updated_at)
       SELECT id, now() - interval '200 days', now() - CASE WHEN n % 2 = 0 THEN interval '200 days' ELSE interval '1 day' END
       FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM shop.sessions WHERE token LIKE 'old-%') s WHERE n % 10 = 0 OR n % 10 = 1`,
    );
    const visits = RESETS / 10;
    // Carts of late keep the visit that they were made in.
    const kept = visits / 10;
    expect(await run(context)).toMatchObject({ stopped: 'done', locked: 0 });
    expect(await old('sessions')).toBe(kept);
    await ask(context, "UPDATE shop.carts SET updated_at = now() - interval '200 days'");
    await run(context);
    expect(await old('sessions')).toBe(0);
  });

  it('is rolled back where a trigger keeps a row without a word', async () => {
    await fillOld(context, RESETS);
    const before = await old('password_resets');
    await ask(
      context,
      `CREATE FUNCTION shop.not_this() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         IF OLD.id % 100 = 0 THEN RETURN NULL; END IF; RETURN OLD; END $$`,
    );
    await ask(
      context,
      'CREATE TRIGGER not_this BEFORE DELETE ON shop.password_resets FOR EACH ROW EXECUTE FUNCTION shop.not_this()',
    );
    await expect(run(context)).rejects.toMatchObject({ code: 'REFUSED' });
    expect(await old('password_resets')).toBe(before);
    await ask(context, 'DROP FUNCTION shop.not_this() CASCADE');
    expect(await run(context)).toMatchObject({ stopped: 'done' });
    expect(await old('password_resets')).toBe(0);
  });

  it('is not told of when the server has lost it, and the next run goes on', async () => {
    await fillOld(context, RESETS);
    // As a crash leaves it that takes back the last commits: what was counted is not in the database.
    await ask(
      context,
      `CREATE FUNCTION gdpr.lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         NEW.deleted := 0; RETURN NEW; END $$`,
    );
    await ask(
      context,
      `CREATE TRIGGER lose BEFORE INSERT OR UPDATE ON gdpr.retention_figure FOR EACH ROW
         WHEN (NEW.table_name = 'shop.sessions') EXECUTE FUNCTION gdpr.lose()`,
    );
    await expect(run(context)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    const [outcome] = await ask<{ result: string; entry: string }>(
      context,
      "SELECT result, entry FROM gdpr.audit_entry WHERE action = 'retention run' ORDER BY sequence DESC LIMIT 1",
    );
    expect(outcome?.result).toBe('failed');
    expect(outcome?.entry).toContain('shop.password_resets deleted');
    expect(outcome?.entry).not.toContain('shop.sessions deleted');
    await ask(context, 'DROP FUNCTION gdpr.lose() CASCADE');
    const next = await run(context);
    expect(next.stopped).toBe('done');
    expect(next.continues).not.toBeNull();
  });
});
