import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyArchive } from '../../src/archive/verify.js';
import type { Imported } from '../../src/consent/import/import.js';
import { trustOf } from '../../src/workspace/signers.js';
import { leaksIn } from '../commands/needles.js';
import { gdpr, type Ran } from '../commands/program.js';
import { jsonErrorOf, jsonOf } from '../commands/schemas.js';
import { readArchive } from '../customer/support/archive.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

const HEAD = 'email,phone,id,channel,what,at,mechanism,wording,evidence';
const NOW = '2026-03-01T12:00:00Z';

let workspace: TestWorkspace;
const run = (...args: string[]) =>
  gdpr(args, { cwd: workspace.root, environment: { ...workspace.environment, GDPR_NOW: NOW } });
const all: Ran[] = [];

/** Imports a file of these bytes; the output is kept for the needles. */
async function imported(content: string | Buffer, ...flags: string[]): Promise<Ran> {
  const file = join(workspace.root, 'in.csv');
  await writeFile(file, content);
  const ran = await run('consent', 'import', 'in.csv', '--json', ...flags);
  all.push(ran);
  return ran;
}

async function done(content: string | Buffer, ...flags: string[]): Promise<Imported> {
  return jsonOf<Imported>(await imported(content, ...flags), 'consent-import');
}

const lines = (...rows: string[]) => `${[HEAD, ...rows].join('\n')}\n`;

async function rows<R extends Record<string, unknown>>(sql: string): Promise<R[]> {
  const context = await workspace.context();
  try {
    return await context.database.transaction('read committed', (session) => session.query<R>(sql));
  } finally {
    await context.database.close();
  }
}
const events = async () => Number((await rows<{ n: string }>('SELECT count(*) AS n FROM gdpr.consent_event'))[0]?.n);

beforeAll(async () => {
  workspace = await bookshopWorkspace();
}, 120_000);
afterAll(() => workspace.remove());

describe('gdpr consent import', { timeout: 120_000 }, () => {
  it('enters', async () => {
    const r = await imported(lines(
      'anna.berzina@pasts.example,,,email,given,2025-06-01T10:00:00+03:00,web-form,,"form 7, page 2"',
      ',,shop.customers:2,sms,withdrawn,2025-06-01 10:00,phone,,',
      ',29123456,,sms,given,2025-06-01,paper,,',
    ));
    console.log(r.stdout, r.stderr);
    console.log(await rows('SELECT * FROM gdpr.consent_event'));
    const t = await run('consent', 'import', 'in.csv', '--dry-run');
    console.log(t.stdout, t.stderr);
  });
});
