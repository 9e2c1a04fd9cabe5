import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gdpr } from '../commands/program.js';
import { erasePerson } from '../customer/erase/support.js';
import { type TestDatabase, testDatabase } from '../support/postgres.js';
import { shop } from './shop.js';

const s = shop();
const ANNA = 'anna.berzina@pasts.example';

describe('24 a restored backup', { timeout: 240_000 }, () => {
  let backup: TestDatabase;
  beforeAll(async () => {
    // A copy needs its origin to itself.
    await s.context.database.close();
    backup = await testDatabase({ template: new URL(s.workspace.url ?? '').pathname.slice(1) });
    const context = await s.workspace.context();
    await erasePerson(context, { email: ANNA });
    await context.database.close();
  });
  afterAll(() => backup.drop());

  it('24 brings nobody back: nothing runs before the tombstones of the journal are replayed', async () => {
    const run = (...args: string[]) =>
      gdpr([...args, '--json'], {
        cwd: s.workspace.root,
        environment: { ...s.workspace.environment, DATABASE_URL: backup.url },
      });
    const before = await run('customer', 'find', '--email', ANNA);
    expect(before.code).toBe(5);
    expect(JSON.parse(before.stdout).error).toMatchObject({ code: 'LOG_BEHIND_JOURNAL' });
    const replayed = await run('restore', 'replay');
    expect(replayed.code).toBe(0);
    expect(JSON.parse(replayed.stdout).erased).toEqual([expect.objectContaining({ clean: true })]);
    const residue = await run('customer', 'residue', '--email', ANNA, '--name', 'Anna Bērziņa');
    expect(residue.code).toBe(0);
    expect((await run('audit', 'verify')).code).toBe(0);
  });
});
