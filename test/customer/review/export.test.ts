import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PEOPLE } from '../../../examples/bookshop/people.js';
import { sha256 } from '../../../src/foundation/canonical-json.js';
import { leaksIn } from '../../commands/needles.js';
import { gdpr, type Ran } from '../../commands/program.js';
import { jsonErrorOf, jsonOf } from '../../commands/schemas.js';
import { pageText } from '../../law/shop.js';
import { bookshopWorkspace, type TestWorkspace } from '../../support/workspace.js';
import { type ReadArchive, readArchive } from '../support/archive.js';
import { occurring, readable } from '../support/leaks.js';

interface Written {
  readonly review: string;
  readonly texts: number;
  readonly undecided: number;
  readonly operation: string;
}
interface Exported {
  readonly archive: string;
  readonly review: Record<string, unknown>;
}

const OTHERS = ['21555123', 'janis.berzins@pasts.example'];
const NUMBER = '26777888';
const TICKET = 'shop.support_messages';
let workspace: TestWorkspace;
const said: string[] = [];

async function run(...args: string[]): Promise<Ran> {
  const ran = await gdpr(args, { cwd: workspace.root, environment: workspace.environment });
  said.push(ran.stdout, ran.stderr);
  return ran;
}

const exportAnna = (...args: string[]) =>
  run('customer', 'export', '--id', 'shop.customers:1', '--verified', 'account login', ...args);

async function sql(text: string, values: readonly unknown[] = []): Promise<void> {
  const context = await workspace.context();
  await context.database
    .transaction('read committed', (session) => session.run(text, values))
    .finally(() => context.database.close());
}

/** The file, a part a text. */
const file = (name: string) => join(workspace.root, name);
async function decideIn(name: string, to: string, where: (part: string) => boolean, decision: string): Promise<void> {
  const parts = (await readFile(file(name), 'utf8')).split('---\n');
  expect(parts.filter(where)).toHaveLength(1);
  const changed = parts.map((part) => (where(part) ? part.replace(/decision: (.*\n)*/, `${decision}\n`) : part));
  await writeFile(file(to), changed.join('---\n'));
}
const isTicket = (part: string) => part.includes('21555123');

async function exported(name: string): Promise<{ result: Exported; archive: ReadArchive }> {
  const result = jsonOf<Exported>(await exportAnna('--review', name, '--json'), 'customer-export');
  return { result, archive: await readArchive(result.archive) };
}
const ticketOf = (archive: ReadArchive) => archive.rows(TICKET).find(({ id }) => id === '1')?.body;
const listed = (archive: ReadArchive, table = TICKET) =>
  archive.manifest.withheld
    .filter((item) => item.table === table && ['free-text', 'redacted', 'reviewed'].includes(item.reason))
    .map(({ column, reason, rows }) => [column, reason, rows]);

beforeAll(async () => {
  workspace = await bookshopWorkspace();
  await sql(`UPDATE shop.event_log SET payload = payload || jsonb_build_object('remark', $1::text) WHERE id = 1`, [
    `call Zane ${NUMBER}`,
  ]);
}, 240_000);
afterAll(() => workspace.remove());

describe('a ticket that mentions another customer’s phone', { timeout: 240_000 }, () => {
  let written: Written;

  it('is written into a review file for the operator alone, and nothing is exported', async () => {
    written = jsonOf<Written>(await exportAnna('--review', 'texts.yaml', '--json'), 'customer-export');
    expect(written).toMatchObject({ review: file('texts.yaml'), texts: 24, undecided: 2 });
    expect((await stat(file('texts.yaml'))).mode & 0o777).toBe(0o600);
    const text = await readFile(file('texts.yaml'), 'utf8');
    for (const value of [...OTHERS, NUMBER]) expect(text).toContain(value);
    const { archives } = JSON.parse((await run('archive', 'list', '--json')).stdout);
    expect(archives).toEqual([]);
    const { entries } = JSON.parse((await run('audit', 'list', '--operation', written.operation, '--json')).stdout);
    expect(entries).toMatchObject([
      { kind: 'intent', action: 'customer review' },
      { kind: 'outcome', result: 'done', counts: { texts: 24, undecided: 2 } },
    ]);
    expect(entries[1].archiveDigest).toBeUndefined();
  });

  it('is withheld and listed until it is decided, as is what nobody described', async () => {
    const { result, archive } = await exported('texts.yaml');
    expect(ticketOf(archive)).toEqual({ withheld: 'free-text' });
    expect(listed(archive)).toEqual([['body', 'free-text', 1]]);
    expect(listed(archive, 'shop.event_log')).toEqual([['payload.…', 'free-text', 1]]);
    expect(result.review).toMatchObject({ given: 22, redacted: 0, withheld: 0, undecided: 2 });
    expect(archive.manifest.review).toEqual(result.review);
    expect(result.review.digest).toBe(sha256(await readFile(file('texts.yaml'))));
    expect(occurring(readable(archive), [...OTHERS, NUMBER])).toEqual([]);
  });

  it('is redacted and listed when so decided, with every word that the operator adds', async () => {
    await decideIn('texts.yaml', 'redact.yaml', isTicket, 'decision: redact\ncover: [jānim]');
    await decideIn('redact.yaml', 'redact.yaml', (part) => part.includes(NUMBER), 'decision: redact\ncover: [zane]');
    const { result, archive } = await exported('redact.yaml');
    expect(ticketOf(archive)).toBe(
      'Labdien! Grāmatai trūkst lappušu. Dienā lūdzu zvaniet vīram ████, ████, vai rakstiet uz ████, jo esmu maiņā slimnīcas 12. nodaļā.',
    );
    expect(listed(archive)).toEqual([['body', 'redacted', 1]]);
    expect(archive.rows('shop.event_log').find(({ id }) => id === '1')?.payload).toMatchObject({
      '…': '{"remark":"call ████ ████"}',
    });
    expect(result.review).toMatchObject({ given: 22, redacted: 2, withheld: 0, undecided: 0 });
    expect(occurring(readable(archive), [...OTHERS, NUMBER, 'Jānim', 'Zane'])).toEqual([]);
    const page = pageText(archive.text('index.html'));
    expect(page).toContain('zvaniet vīram ████, ████, vai');
    expect(page).toContain('We read the text and covered with ████');
    expect((await run('archive', 'verify', result.archive)).code).toBe(0);
  });

  it('is given when so decided, and counted', async () => {
    await decideIn('texts.yaml', 'give.yaml', isTicket, 'decision: give');
    await decideIn('give.yaml', 'give.yaml', (part) => part.includes(NUMBER), 'decision: give');
    const { result, archive } = await exported('give.yaml');
    expect(ticketOf(archive)).toContain('+371 21555123');
    expect(archive.rows('shop.event_log').find(({ id }) => id === '1')?.payload).toMatchObject({
      '…': { remark: `call Zane ${NUMBER}` },
    });
    expect(listed(archive)).toEqual([]);
    expect(result.review).toMatchObject({ given: 24, redacted: 0, withheld: 0, undecided: 0 });
    expect(result.review.places).toContainEqual({
      table: TICKET,
      column: 'body',
      given: 2,
      redacted: 0,
      withheld: 0,
      undecided: 0,
    });
  });

  it('is withheld with the operator’s reason on the page, in both languages', async () => {
    const reason = 'decision: withhold\nreason: { lv: "Strīds vēl nav beidzies.", en: "A dispute has not ended." }';
    await decideIn('texts.yaml', 'withhold.yaml', isTicket, reason);
    const { archive } = await exported('withhold.yaml');
    expect(ticketOf(archive)).toEqual({ withheld: 'reviewed' });
    expect(listed(archive)).toEqual([['body', 'reviewed', 1]]);
    const page = pageText(archive.text('index.html'));
    expect(page).toContain('Strīds vēl nav beidzies.');
    expect(page).toContain('A dispute has not ended.');
    expect(occurring(readable(archive), OTHERS)).toEqual([]);
  });

  it('is withheld when it has changed since, or came since, whatever was decided', async () => {
    await sql(`UPDATE shop.support_messages SET body = body || ' Paldies!' WHERE id = 1`);
    await sql(`UPDATE shop.orders SET customer_note = 'Jauna piezīme par kaimiņu' WHERE id = 3`);
    const { result, archive } = await exported('give.yaml');
    expect(ticketOf(archive)).toEqual({ withheld: 'free-text' });
    expect(archive.rows('shop.orders').find(({ id }) => id === '3')?.customer_note).toEqual({ withheld: 'free-text' });
    expect(result.review).toMatchObject({ given: 23, undecided: 2 });
    expect(occurring(readable(archive), OTHERS)).toEqual([]);
  });

  it('is not decided on by the review of somebody else, or beside --plan', async () => {
    const { email } = PEOPLE.petr;
    const petr = ['customer', 'export', '--email', email, '--verified', 'account login'];
    expect(jsonErrorOf(await run(...petr, '--review', 'give.yaml', '--json'))).toMatchObject({ code: 'INPUT_INVALID' });
    expect((await exportAnna('--plan', '--review', 'give.yaml')).code).toBe(2);
  });

  it('says in words what to do next, and what was done', async () => {
    const first = await exportAnna('--review', 'words.yaml');
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toContain('25 free texts to read, 2 of them undecided. Nothing was exported.');
    expect(first.stdout).toContain('run the same command again');
    const second = await exportAnna('--review', 'words.yaml');
    expect(second.stdout).toContain('23 given, 0 redacted, 0 withheld, 2 undecided and so withheld');
  });

  it('leaves nothing of anybody in what was printed or logged', async () => {
    said.push((await run('audit', 'list', '--json')).stdout);
    const all = said.join('\n');
    expect(leaksIn(all)).toEqual([]);
    expect(occurring(all.toLowerCase(), [...OTHERS, NUMBER, 'Jānim', ...PEOPLE.janis.needles])).toEqual([]);
  });
});
