import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectServer } from '../../src/database/connect.js';
import { gdpr } from '../commands/program.js';
import { completeDraft } from '../datamap-draft/complete.js';
import { type TestDatabase, testDatabase } from '../support/postgres.js';
import { blocks, calls, page } from './documents.js';

const guide = page('docs/getting-started.md');
const role = `gdpr_guide_${randomBytes(4).toString('hex')}`;
let shop: TestDatabase;
let folder: string;

/** Runs statements as the server's administrator. */
async function asAdministrator(...statements: string[]): Promise<void> {
  const connection = await connectServer({ url: shop.url, timeZone: 'UTC' });
  try {
    for (const statement of statements) await connection.knex.raw(statement);
  } finally {
    await connection.close();
  }
}

beforeAll(async () => {
  shop = await testDatabase();
  folder = await mkdtemp(join(tmpdir(), 'gdpr-guide-'));
  await asAdministrator(
    'CREATE TABLE public.clients (id bigint PRIMARY KEY, email text, full_name text)',
    "INSERT INTO public.clients VALUES (1, 'anna@pasts.example', 'Anna Ozola')",
  );
});
afterAll(async () => {
  await asAdministrator(`REASSIGN OWNED BY ${role} TO CURRENT_USER`, `DROP OWNED BY ${role}`);
  await shop?.drop();
  await rm(folder, { recursive: true, force: true });
  const elsewhere = await testDatabase();
  const connection = await connectServer({ url: elsewhere.url, timeZone: 'UTC' });
  await connection.knex.raw(`DROP ROLE ${role}`).finally(() => connection.close());
  await elsewhere.drop();
});

describe('docs/getting-started.md', () => {
  it('leads from nothing to an export, with no more rights than it grants', async () => {
    const [grants = ''] = blocks(guide, 'sql');
    const password = randomBytes(9).toString('hex');
    const statements = grants
      .replace("PASSWORD '…'", `PASSWORD '${password}'`)
      .replaceAll(/\bgdpr\b/g, role)
      .replace('DATABASE shop', `DATABASE ${shop.name}`);
    await asAdministrator(...statements.split(';').filter((statement) => statement.trim() !== ''));
    const url = new URL(shop.url);
    url.username = role;
    url.password = password;
    const environment = {
      DATABASE_URL: url.href,
      GDPR_OPERATOR: 'guide',
      GDPR_COPY_PASSPHRASE: 'five random words of mine',
    };
    const workspace = join(folder, 'gdpr');
    const done: string[] = [];
    for (const words of calls(guide)) {
      const archive = (await readdir(join(workspace, 'archives')).catch(() => [])).map((name) => `archives/${name}`)[0];
      const args = words
        .join(' ')
        .replace('~/gdpr', workspace)
        .replace('/media/usb', folder)
        .replace('archives/export-….asice', archive ?? 'none')
        .replaceAll('"', '')
        .split(/ (?!e-mail answered|answered)/)
        .filter((word) => word !== '');
      // Without a terminal the passphrase is shown in JSON only.
      if (args[1] === 'encrypt') args.push('--json');
      const redirected = args.indexOf('>');
      if (args[0] === 'datamap' && args[1] === 'check') {
        const map = join(workspace, 'datamap.yaml');
        await writeFile(map, completeDraft(await readFile(map, 'utf8')));
      }
      const ran = await gdpr(redirected < 0 ? args : args.slice(0, redirected), {
        cwd: done.length === 0 ? folder : workspace,
        environment,
      });
      expect({ args, code: ran.code, stderr: ran.stderr }).toEqual({ args, code: 0, stderr: '' });
      done.push(words.slice(0, 2).join(' '));
    }
    expect(done).toEqual(
      expect.arrayContaining([
        'init --workspace',
        'db migrate',
        'datamap draft',
        'datamap check',
        'key init',
        'customer find',
        'customer export',
        'archive extract',
        'audit verify',
      ]),
    );
  }, 120_000);

  it('lets the shop’s tables be read and not written', async () => {
    const url = new URL(shop.url);
    const connection = await connectServer({ url: url.href, timeZone: 'UTC' });
    try {
      const rights = await connection.knex.raw(
        `SELECT has_table_privilege('${role}', 'public.clients', 'SELECT') AS reads,
                has_table_privilege('${role}', 'public.clients', 'INSERT, UPDATE, DELETE, TRUNCATE') AS writes`,
      );
      expect(rights.rows).toEqual([{ reads: true, writes: false }]);
    } finally {
      await connection.close();
    }
  });

  it('says rightly that a table which may not be read stops the export', async () => {
    await asAdministrator(`REVOKE SELECT ON public.clients FROM ${role}`);
    const workspace = join(folder, 'gdpr');
    const url = new URL(shop.url);
    const environment = { DATABASE_URL: url.href, GDPR_OPERATOR: 'guide' };
    // The role stands in for a login: its password was random.
    const ran = await gdpr(['customer', 'export', '--email', 'anna@pasts.example', '--verified', 'account login'], {
      cwd: workspace,
      environment: { ...environment, PGOPTIONS: `-c role=${role}` },
    });
    expect(ran.code).not.toBe(0);
    expect(`${ran.stdout}${ran.stderr}`).toMatch(/permission|privilege|may not|allowed/i);
  });
});
