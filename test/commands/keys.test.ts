import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../support/postgres.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';
import { TYPED } from './needles.js';
import { gdpr, ROOT } from './program.js';
import { jsonErrorOf, jsonOf } from './schemas.js';

interface Ids {
  readonly ids: { readonly signing: string; readonly checkpoint: string; readonly hmac: string };
}

const COPY = 'five random words for the copy';
const KEY = 'five other words for the keys';

describe('keys through the command line', { timeout: 240_000 }, () => {
  let shop: TestWorkspace;
  let database: TestDatabase;
  let root: string;
  let made: Ids;
  const run = (args: readonly string[], environment: NodeJS.ProcessEnv = {}, cwd = root) =>
    gdpr(args, { cwd, environment: { DATABASE_URL: database.url, GDPR_OPERATOR: 'tester', ...environment } });

  beforeAll(async () => {
    [shop, database, root] = await Promise.all([
      bookshopWorkspace(),
      testDatabase(),
      mkdtemp(join(tmpdir(), 'gdpr-keys-')),
    ]);
    await cp(join(shop.root, 'datamap.yaml'), join(root, 'datamap.yaml'));
    await writeFile(join(root, 'gdpr.yaml'), 'database: server\n');
    expect(await run(['db', 'migrate'])).toMatchObject({ code: 0 });
  });
  afterAll(async () => {
    await Promise.all([shop.remove(), database.drop(), rm(root, { recursive: true, force: true })]);
  });

  it('are asked for until they are made', async () => {
    expect(jsonErrorOf(await run(['customer', 'find', '--email', TYPED.email, '--json']))).toMatchObject({
      code: 'KEY_MISSING',
      exit: 7,
      hint: expect.stringContaining('gdpr key init'),
    });
  });

  it('are made with a copy, whose passphrase is never a flag; a run that could not write the copy can be repeated', async () => {
    expect(jsonErrorOf(await run(['key', 'init', '--copy', 'copy.age', '--json']))).toMatchObject({
      code: 'USAGE',
      exit: 2,
      hint: 'set GDPR_COPY_PASSPHRASE',
    });
    expect(
      jsonErrorOf(await run(['key', 'init', '--copy', 'copy.age', '--json'], { GDPR_COPY_PASSPHRASE: 'short' })),
    ).toMatchObject({ code: 'INPUT_INVALID', message: expect.stringContaining('shorter than') });
    expect(
      jsonErrorOf(
        await run(['key', 'init', '--copy', 'no/such/folder/copy.age', '--json'], { GDPR_COPY_PASSPHRASE: COPY }),
      ),
    ).toMatchObject({ code: 'FILE_UNAVAILABLE', exit: 7 });
    made = jsonOf<Ids>(
      await run(['key', 'init', '--copy', 'copy.age', '--json'], { GDPR_COPY_PASSPHRASE: COPY }),
      'key-init',
    );
    expect(await readdir(root)).toContain('copy.age');
    expect(
      jsonErrorOf(await run(['key', 'init', '--copy', 'again.age', '--json'], { GDPR_COPY_PASSPHRASE: COPY })),
    ).toMatchObject({ code: 'KEY_WRONG', exit: 6 });
  });

  it('are exported, and imported in a second place under a passphrase that is then needed', async () => {
    jsonOf(await run(['key', 'export', 'second.age', '--json'], { GDPR_COPY_PASSPHRASE: COPY }), 'key-export');
    expect(
      jsonErrorOf(await run(['key', 'export', 'second.age', '--json'], { GDPR_COPY_PASSPHRASE: COPY })),
    ).toMatchObject({ code: 'ALREADY_EXISTS', exit: 2 });

    const second = join(root, 'second');
    for (const name of ['gdpr.yaml', 'datamap.yaml', 'second.age']) await cp(join(root, name), join(second, name));
    await cp(join(root, '.gdpr'), join(second, '.gdpr'), { recursive: true });
    expect(
      jsonErrorOf(await run(['key', 'import', 'second.age', '--json'], { GDPR_COPY_PASSPHRASE: COPY }, second)),
    ).toMatchObject({ code: 'ALREADY_EXISTS' });
    await rm(join(second, '.gdpr', 'keys'), { recursive: true });
    expect(
      jsonErrorOf(await run(['key', 'import', 'second.age', '--json'], { GDPR_COPY_PASSPHRASE: `${COPY}!` }, second)),
    ).toMatchObject({ code: 'PASSPHRASE_WRONG', exit: 3 });
    const imported = jsonOf<Ids>(
      await run(
        ['key', 'import', 'second.age', '--json'],
        { GDPR_COPY_PASSPHRASE: COPY, GDPR_KEY_PASSPHRASE: KEY },
        second,
      ),
      'key-import',
    );
    expect(imported.ids).toEqual(made.ids);

    expect(jsonErrorOf(await run(['audit', 'checkpoint', '--json'], {}, second))).toMatchObject({
      code: 'PASSPHRASE_WRONG',
      exit: 3,
    });
    expect(
      jsonErrorOf(
        await run(['audit', 'checkpoint', '--json'], { GDPR_KEY_PASSPHRASE: 'not that one, surely' }, second),
      ),
    ).toMatchObject({ code: 'PASSPHRASE_WRONG', exit: 3 });
    jsonOf(await run(['audit', 'checkpoint', '--json'], { GDPR_KEY_PASSPHRASE: KEY }, second), 'audit-checkpoint');
    // Exporting keys that are under a passphrase needs it, too.
    expect(
      jsonErrorOf(await run(['key', 'export', 'third.age', '--json'], { GDPR_COPY_PASSPHRASE: COPY }, second)).code,
    ).toBe('PASSPHRASE_WRONG');
    jsonOf(
      await run(
        ['key', 'export', 'third.age', '--json'],
        { GDPR_COPY_PASSPHRASE: COPY, GDPR_KEY_PASSPHRASE: KEY },
        second,
      ),
      'key-export',
    );
  });

  it('of another installation are not imported', async () => {
    const other = await mkdtemp(join(tmpdir(), 'gdpr-keys-'));
    await cp(shop.root, other, { recursive: true });
    await rm(join(other, '.gdpr', 'keys'), { recursive: true });
    const ran = await gdpr(['key', 'import', join(root, 'copy.age'), '--json'], {
      cwd: other,
      environment: { ...shop.environment, GDPR_COPY_PASSPHRASE: COPY },
    });
    expect(jsonErrorOf(ran)).toMatchObject({ code: 'KEY_WRONG', exit: 6 });
    expect(await readdir(join(other, '.gdpr'))).not.toContain('keys');
    await rm(other, { recursive: true });
  });

  it('are made by the next run after a kill anywhere in between', async () => {
    const fresh = await testDatabase();
    const folder = await mkdtemp(join(tmpdir(), 'gdpr-keys-'));
    for (const name of ['gdpr.yaml', 'datamap.yaml']) await cp(join(root, name), join(folder, name));
    const environment = { DATABASE_URL: fresh.url, GDPR_OPERATOR: 'tester', GDPR_COPY_PASSPHRASE: COPY };
    expect((await gdpr(['db', 'migrate'], { cwd: folder, environment })).code).toBe(0);
    // Killed before the database learns of the keys, which are written then, and their copy too.
    const killed = await gdpr(['key', 'init', '--copy', 'first.age'], {
      cwd: folder,
      environment: { ...environment, GDPR_TEST_KILL_BEFORE: 'UPDATE gdpr.installation' },
      preload: [join(ROOT, 'test', 'recover', 'steps.mjs')],
    });
    expect(killed.signal).toBe('SIGKILL');
    expect(await readdir(join(folder, '.gdpr'))).toContain('keys');
    expect(await readdir(folder)).toContain('first.age');
    jsonOf(await gdpr(['key', 'init', '--copy', 'second.age', '--json'], { cwd: folder, environment }), 'key-init');
    jsonOf(await gdpr(['audit', 'checkpoint', '--json'], { cwd: folder, environment }), 'audit-checkpoint');
    await Promise.all([fresh.drop(), rm(folder, { recursive: true })]);
  });
});
