import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { PEOPLE } from '../../examples/bookshop/people.js';
import type { TypedOrder } from '../../src/disclosure/order.js';
import { openRequest, prepareDisclosure, storeDisclosure } from '../../src/disclosure/prepare.js';
import { produceDisclosure } from '../../src/disclosure/produce.js';
import { approvePlan, readPlan } from '../../src/operation/approve.js';
import { addDays, todayIn } from '../../src/request/day.js';
import { openContext } from '../../src/workspace/open.js';
import { nobodyToAsk } from '../customer/support/export.js';
import { shop } from './shop.js';

const s = shop();
const ANNA = { query: { email: PEOPLE.anna.email } };
const today = () => todayIn('Europe/Riga');
beforeAll(() => writeFile(join(s.workspace.root, 'request.pdf'), 'a written request'));

const written = (): TypedOrder => ({
  kind: 'court',
  authority: 'Rīgas pilsētas tiesa',
  official: 'J. Tiesnesis',
  case: 'C30-1234-26',
  requestNumber: '15-2/417',
  requestDate: today(),
  deadline: addDays(today(), 10),
  basis: 'CPL 112. pants',
  document: join(s.workspace.root, 'request.pdf'),
  asked: 'the orders of March',
  unnamed: false,
  categories: 'order',
  hold: 'P12M',
});

const refusals = async (): Promise<number> =>
  (
    await s.rows<{ n: number }>(
      `SELECT count(*)::integer AS n FROM gdpr.audit_entry WHERE action LIKE 'disclose %' AND kind = 'outcome' AND result = 'refused'`,
    )
  )[0]?.n ?? 0;

describe('32 court disclosure', { timeout: 90_000 }, () => {
  const closed: [string, Partial<TypedOrder>, string, number][] = [
    ['without a number', { requestNumber: undefined }, 'REFUSED', 3],
    ['without a date', { requestDate: undefined }, 'REFUSED', 3],
    ['without the paper', { document: undefined }, 'REFUSED', 3],
    ['without a legal basis', { basis: '  ' }, 'REFUSED', 3],
    ['without a case', { case: undefined }, 'REFUSED', 3],
    ['of nobody', { authority: undefined }, 'REFUSED', 3],
    ['of tomorrow', { requestDate: '2999-01-01' }, 'REFUSED', 3],
    [
      'of the police, by telephone',
      { kind: 'authority', case: undefined, requestNumber: undefined, document: undefined },
      'REFUSED',
      3,
    ],
    ['received before it was written', { received: '2001-01-01' }, 'INPUT_INVALID', 2],
    ['to be answered before it was written', { deadline: '2001-01-01' }, 'INPUT_INVALID', 2],
    ['for a range that ends before it begins', { from: '2026-02-01', to: '2026-01-01' }, 'INPUT_INVALID', 2],
    ['for what the map does not know', { categories: 'order,everything' }, 'INPUT_INVALID', 2],
    ['for nothing in particular', { categories: undefined }, 'USAGE', 2],
    ['kept for ever', { hold: 'P99Y' }, 'INPUT_INVALID', 2],
  ];

  it.each(closed)('32 refuses a request %s, and logs the refusal of a gate', async (_, changed, code, exit) => {
    const before = await refusals();
    const opened = openRequest(s.context, { ...written(), ...changed }, ANNA, undefined, nobodyToAsk);
    await expect(opened).rejects.toMatchObject({ code, exit });
    expect(await refusals()).toBe(before + (exit === 3 ? 1 : 0));
  });

  it('32 gives after a second person agreed, and records what the request was; nobody agrees to their own plan', async () => {
    const opened = await openRequest(s.context, written(), ANNA, undefined, nobodyToAsk);
    const prepared = await prepareDisclosure(s.context, opened, undefined);
    const { digest } = prepared.plan;
    const give = () => produceDisclosure(s.context, prepared, { planDigest: digest, language: 'en' });
    await expect(give()).rejects.toMatchObject({ code: 'REFUSED', details: { approval: 'none' } });
    await storeDisclosure(s.context, prepared);
    await expect(approvePlan(s.context, await readPlan(s.context, digest))).rejects.toMatchObject({ code: 'REFUSED' });
    const second = await openContext({
      ...s.workspace.surroundings,
      environment: { ...s.workspace.environment, GDPR_OPERATOR: 'karlis' },
    });
    try {
      await approvePlan(second, await readPlan(second, digest));
      await expect(produceDisclosure(second, prepared, { planDigest: digest, language: 'en' })).rejects.toMatchObject({
        details: { approval: 'own' },
      });
    } finally {
      await second.database.close();
    }
    const given = await give();
    expect(given.outOfScope.length).toBeGreaterThan(10);
    expect(given.produced.map(({ table }) => table)).toEqual([
      'shop.orders',
      'shop.order_lines',
      'shop.payments',
      'shop.invoices',
      'shop.shipments',
    ]);
    const [entry] = await s.rows(
      `SELECT recipient, official, case_number, request_number, request_date::text, received_on::text, deadline::text, basis, asked,
         document_digest IS NOT NULL AS document, disclosed_by, approved_by FROM gdpr.disclosure`,
    );
    const { authority, official, case: number, requestNumber, basis, asked } = written();
    expect(entry).toEqual({
      recipient: authority,
      official,
      case_number: number,
      request_number: requestNumber,
      request_date: today(),
      received_on: today(),
      deadline: addDays(today(), 10),
      basis,
      asked,
      document: true,
      disclosed_by: 'tester',
      approved_by: 'karlis',
    });
  });
});
