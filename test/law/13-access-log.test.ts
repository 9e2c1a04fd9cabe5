import { afterEach, describe, expect, it, vi } from 'vitest';
import { findCustomer } from '../../src/customer/find-customer.js';
import { exportPerson } from '../customer/support/export.js';
import { ANNA, desk, NAMESAKE } from '../request/desk.js';
import { pageText } from './shop.js';

const d = desk();
afterEach(() => vi.unstubAllEnvs());

describe('13 who looked', () => {
  it('13 gives the date and the purpose of every time that the data were consulted, this copy included', async () => {
    await findCustomer(d.context, ANNA);
    const { request } = await d.open({ query: ANNA });
    await d.show(request);
    const { archive } = await exportPerson(d.context, ANNA);
    const rows = archive.rows('gdpr.access');
    expect(rows.map(({ action, request: number, basis, result }) => [action, number, basis, result])).toEqual([
      ['customer find', null, null, 'done'],
      ['request open', request, 'Art. 15', 'done'],
      ['request show', request, null, 'done'],
      ['customer export', null, 'Art. 15; account login', 'started'],
    ]);
    for (const { at } of rows) expect(at).toMatch(/^20\d\d-\d\d-\d\d \d\d:\d\d:\d\d/);
    const page = pageText(archive.text('index.html'));
    for (const purpose of [
      'Meklēšana: kuri ieraksti attiecas uz personu, par kuru vērsās pie mums',
      'Jūsu pieprasījuma reģistrēšana',
      'Jūsu pieprasījuma apskatīšana, lai to izpildītu',
      'Preparing a copy of your data for you',
    ])
      expect(page).toContain(purpose);
    await d.close(request);
  });

  it('13 counts what was done about a request before it was known whose it is', async () => {
    const { request } = await d.open();
    await d.show(request, true);
    await d.identity(request, { query: NAMESAKE, how: 'account login' });
    const { archive } = await exportPerson(d.context, NAMESAKE);
    expect(archive.rows('gdpr.access').map(({ action }) => action)).toEqual([
      'request open',
      'request show',
      'request verify-identity',
      'customer export',
    ]);
  });

  it('13 does not name the employees, and says that they are left out', async () => {
    const another = await d.another();
    const named = { ...another, operator: 'ziedonis-kartupelis' };
    await findCustomer(named, ANNA);
    const { request } = await d.open({ query: ANNA }, named);
    const { archive } = await exportPerson(d.context, ANNA);
    expect(archive.rows('gdpr.request').map(({ number }) => number)).toContain(request);
    for (const [name, content] of archive.files)
      expect({ name, named: content.toString('utf8').includes('ziedonis') }).toEqual({ name, named: false });
    expect(archive.manifest.withheld.filter(({ table }) => table.startsWith('gdpr.'))).toMatchObject([
      { table: 'gdpr.request', column: 'handler', reason: 'third-party' },
      { table: 'gdpr.request_event', column: 'operator', reason: 'third-party' },
      { table: 'gdpr.access', column: 'operator', reason: 'third-party' },
    ]);
    const page = pageText(archive.text('index.html'));
    expect(page).toContain('Darbinieku vārdus nenorādām.');
  });

  it('13 gives one person’s consultations, not the log', async () => {
    await findCustomer(d.context, ANNA);
    const { archive } = await exportPerson(d.context, { email: 'petr.ivanov@pasts.example' });
    expect(archive.rows('gdpr.access').map(({ action }) => action)).toEqual(['customer export']);
  });
});
