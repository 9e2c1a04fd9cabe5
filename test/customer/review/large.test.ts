import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { gdpr, ROOT } from '../../commands/program.js';
import { bookshopWorkspace, type TestWorkspace } from '../../support/workspace.js';
import { readArchive } from '../support/archive.js';

const PRELOAD = [join(ROOT, 'test', 'customer', 'support', 'peak-memory.mjs')];
const UNIT = 'Labdien, grāmata ir skaista. ';
/** Some 50 MB. */
const COPIES = 1_650_000;
const MOST_MB = 2500;
let workspace: TestWorkspace;

beforeAll(async () => {
  workspace = await bookshopWorkspace();
  const context = await workspace.context();
  await context.database
    .transaction('read committed', (session) =>
      session.run(
        `UPDATE shop.support_messages SET body = repeat($1::text, $2::integer) || ' Jānis, 21555123 ' || repeat($1::text, 9) WHERE id = 1`,
        [UNIT, COPIES],
      ),
    )
    .finally(() => context.database.close());
}, 240_000);
afterAll(() => workspace.remove());

async function exportAnna(): Promise<Record<string, string>> {
  const args = [
    'customer',
    'export',
    '--id',
    'shop.customers:1',
    '--verified',
    'account login',
    '--review',
    'texts.yaml',
  ];
  const { code, stdout, stderr } = await gdpr([...args, '--json'], {
    cwd: workspace.root,
    environment: workspace.environment,
    preload: PRELOAD,
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^peak memory \d+ MB\n$/) });
  expect(Number(/\d+/.exec(stderr)?.[0])).toBeLessThan(MOST_MB);
  return JSON.parse(stdout);
}

it('a text of 50 MB is listed in parts and redacted whole', async () => {
  await exportAnna();
  const path = join(workspace.root, 'texts.yaml');
  expect((await stat(path)).size).toBeLessThan(50_000);
  const text = await readFile(path, 'utf8');
  expect(text).toContain(`found: "21555123"`);
  await writeFile(path, text.replace('decision: undecided\ncover: []', 'decision: redact\ncover: [jānis]'));
  const { archive = '' } = await exportAnna();
  const { files } = await readArchive(archive);
  const given = files.get('data/shop.support_messages.json')?.toString('utf8') ?? '';
  expect(given.length).toBeGreaterThan(UNIT.length * COPIES);
  expect(given.includes(`${UNIT} ████, ████ ${UNIT}`)).toBe(true);
  expect(given.includes('21555123')).toBe(false);
}, 400_000);
