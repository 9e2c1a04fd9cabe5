import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leaksIn, TYPED } from '../../commands/needles.js';
import { gdpr, type Ran } from '../../commands/program.js';
import { jsonErrorOf, jsonOf } from '../../commands/schemas.js';
import { pageText } from '../../law/shop.js';
import { bookshopWorkspace, type TestWorkspace } from '../../support/workspace.js';

interface Result {
  readonly subject: string;
  readonly notify: readonly { readonly recipient: string }[];
  readonly [member: string]: unknown;
}

const ANNA = ['--email', TYPED.email];

describe('gdpr customer restrict, unrestrict and object', { timeout: 240_000 }, () => {
  let workspace: TestWorkspace;
  const seen: Ran[] = [];
  const run = async (...args: string[]) => {
    const environment = { ...workspace.environment, GDPR_NOW: '2026-03-05T10:00:00Z' };
    const ran = await gdpr(args, { cwd: workspace.root, environment });
    seen.push(ran);
    return ran;
  };
  const customer = (...args: string[]) => run('customer', ...args);
  const journal = async () =>
    (await readFile(join(workspace.root, '.gdpr', 'journal.jsonl'), 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; [member: string]: unknown })
      .filter(({ type }) => type !== 'checkpoint' && type !== 'alias');
  const restrictions = async () => (await journal()).filter(({ type }) => type.startsWith('restriction'));
  beforeAll(async () => {
    workspace = await bookshopWorkspace();
  });
  afterAll(() => workspace.remove());

  it('restricts on a request for restriction, names the recipients, and lifts only after the person was told', async () => {
    const open = ['request', 'open', '--received', '2026-03-02', '--channel', 'email', ...ANNA, '--kind'];
    expect((await run(...open, 'restriction')).code).toBe(0);
    expect((await run(...open, 'objection')).code).toBe(0);
    const wrong = await customer('restrict', '--request', 'R-2026-0002', '--ground', '18(1)(a)', '--json');
    expect([wrong.code, jsonErrorOf(wrong)]).toEqual([
      3,
      expect.objectContaining({
        code: 'REFUSED',
        message: 'R-2026-0002 asks for objection, not for restriction',
        hint: 'a request for objection is answered by: gdpr customer object',
      }),
    ]);
    const restricted = jsonOf<Result>(
      await customer(
        ...[
          'restrict',
          '--request',
          'R-2026-0001',
          '--ground',
          'Art. 18(1)(A)',
          '--letter',
          'restricted.html',
          '--json',
        ],
      ),
      'customer-restrict',
    );
    const letter = pageText(await readFile(String(restricted.letter), 'utf8'));
    for (const text of ['R-2026-0001', 'Jūs apstrīdat datu precizitāti', '2026. gada 5. marta', 'Omniva'])
      expect(letter).toContain(text);
    expect(restricted).toMatchObject({ ground: '18(1)(a)', since: '2026-03-05', request: 'R-2026-0001' });
    expect(restricted.notify.map(({ recipient }) => recipient)).toEqual(
      expect.arrayContaining(['omniva', 'hosting', 'mail-service', 'accountant']),
    );
    const twice = await customer('restrict', ...ANNA, '--ground', '18(1)(a)');
    expect([twice.code, twice.stderr]).toEqual([
      3,
      expect.stringContaining('is restricted under Art. 18(1)(a) already'),
    ]);

    const neither = await customer('unrestrict', ...ANNA, '--json');
    expect([neither.code, jsonErrorOf(neither).code]).toEqual([2, 'USAGE']);
    for (const day of ['2026-03-04', '2026-03-06']) {
      const wrongDay = await customer('unrestrict', ...ANNA, '--informed', day, '--json');
      expect([day, wrongDay.code, jsonErrorOf(wrongDay).code]).toEqual([day, 2, 'INPUT_INVALID']);
    }
    const written = await customer('unrestrict', ...ANNA, '--letter', 'letter.html', '--json');
    expect(jsonOf<Result>(written, 'customer-unrestrict')).toMatchObject({ grounds: ['18(1)(a)'] });
    const text = pageText(await readFile(join(workspace.root, 'letter.html'), 'utf8'));
    expect(text).toContain('Apstrādes ierobežojums tiks atcelts');
    expect(text).toContain('2026. gada 5. marts');
    expect((await restrictions()).map(({ type }) => type)).toEqual(['restriction']);

    const lifted = jsonOf<Result>(
      await customer('unrestrict', ...ANNA, '--informed', 'today', '--json'),
      'customer-unrestrict',
    );
    expect(lifted).toMatchObject({ subject: restricted.subject, grounds: ['18(1)(a)'], informed: '2026-03-05' });
    expect((await restrictions()).map(({ type }) => type)).toEqual(['restriction', 'restriction-lifted']);
    const gone = await customer('unrestrict', ...ANNA, '--informed', 'today', '--json');
    expect([gone.code, jsonErrorOf(gone).code]).toEqual([3, 'REFUSED']);
    const again = await customer('restrict', ...ANNA, '--ground', '18(1)(a)', '--verified', 'account login');
    expect([again.code, again.stdout]).toEqual([
      0,
      expect.stringMatching(/Restricted +since 2026-03-05 under Art\. 18/),
    ]);
  });

  it('notes an objection at once, suppresses the addresses and names the recipients of that purpose alone', async () => {
    const objected = jsonOf<Result>(
      await customer('object', '--request', 'R-2026-0002', '--to', 'marketing', '--json'),
      'customer-object',
    );
    expect(objected).toMatchObject({ to: 'marketing', request: 'R-2026-0002' });
    expect(objected.notify.map(({ recipient }) => recipient)).toEqual(['hosting', 'mail-service', 'sms-service']);
    const { email, phone } = objected.suppressed as { email: number; phone: number };
    expect([email, phone > 0]).toEqual([1, true]);
    const insight = await customer('object', ...ANNA, '--to', 'insight');
    expect([insight.code, insight.stdout]).toEqual([0, expect.stringMatching(/Objects to +insight, from now on\n/)]);
    expect(insight.stdout).not.toContain('Omniva');
    const records = await journal();
    expect(records.filter(({ type }) => type === 'objection').map(({ purpose }) => purpose)).toEqual([
      'marketing',
      'insight',
    ]);
    expect(records.filter(({ type }) => type === 'suppression')).toHaveLength(2 * (email + phone));
  });

  it('is wrong usage with another ground or purpose, and finds nobody who is not there', async () => {
    const cases: [string[], number, string][] = [
      [['restrict', ...ANNA, '--ground', '17(1)(a)'], 2, 'USAGE'],
      [['restrict', '--ground', '18(1)(a)'], 2, 'USAGE'],
      [['object', ...ANNA, '--to', 'everything'], 2, 'USAGE'],
      [['object', '--email', 'nobody@pasts.example', '--to', 'marketing'], 4, 'NOBODY'],
      [['object', ...ANNA, '--to', 'marketing', '--verified', TYPED.phone], 2, 'INPUT_INVALID'],
      [['object', ...ANNA, '--to', 'marketing', '--request', 'R-2026-0001'], 3, 'REFUSED'],
    ];
    for (const [args, code, name] of cases) {
      const ran = await customer(...args, '--json');
      expect([args, ran.code, jsonErrorOf(ran).code]).toEqual([args, code, name]);
    }
  });

  it('prints none of her values, and the log verifies', async () => {
    expect(seen.flatMap(({ stdout, stderr }) => leaksIn(stdout + stderr))).toEqual([]);
    expect(leaksIn(await readFile(join(workspace.root, '.gdpr', 'journal.jsonl'), 'utf8'))).toEqual([]);
    expect((await run('audit', 'verify')).code).toBe(0);
  });
});
