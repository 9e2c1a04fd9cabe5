import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { beforeAll, describe, expect, it } from 'vitest';
import { prepareMarketing } from '../../examples/bookshop/marketing.js';
import { recordConsent } from '../../src/consent/record.js';
import { selectAudience } from '../../src/marketing/audience.js';
import { NO_CAMPAIGN } from '../../src/marketing/campaign.js';
import { listColumns } from '../../src/marketing/columns.js';
import { nobodyToAsk } from '../customer/support/export.js';
import { shop } from './shop.js';

const s = shop();
const BUYER = 'buyer@people.example';
const FIRM = 'info@firm.example';
const AT_FIRM = 'anna.ozola@firm.example';
let made = 0;

/** The basis of each of the three who is in a list. */
async function bases(channel: 'email' | 'sms', softOptIn: boolean): Promise<Record<string, string>> {
  made += 1;
  const settings = { channel, campaign: { ...NO_CAMPAIGN, softOptIn }, segment: null };
  const out = join(s.workspace.root, `law27-${made}.csv`);
  await selectAudience(s.context, { settings, columns: listColumns(channel, {}), out });
  const rows = parse(await readFile(out), { columns: true }) as Record<string, string>[];
  const key = (row: Record<string, string>) => row.email ?? row.phone ?? '';
  const ours = rows.filter((row) => [BUYER, FIRM, AT_FIRM, '+37129990001'].includes(key(row)));
  return Object.fromEntries(ours.map((row) => [key(row), row.basis ?? '']));
}

describe('27 commercial messages', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    await prepareMarketing(s.context);
    await s.rows(
      `INSERT INTO shop.customers (id, kind, email, last_name, company_name, registration_number, phone, created_at) VALUES
         (970001, 'private', '${BUYER}', 'Ozola', NULL, NULL, '29990001', '2024-01-01'),
         (970002, 'legal', '${FIRM}', NULL, 'SIA Firma', '40000000001', NULL, '2024-01-01'),
         (970003, 'legal', '${AT_FIRM}', NULL, 'SIA Firma', '40000000001', NULL, '2024-01-01')`,
    );
    await s.rows(
      `INSERT INTO shop.orders (id, order_number, customer_id, status, placed_at, goods_total)
       VALUES (970001, 'RB-2024-970001', 970001, 'completed', '2024-02-01', 10)`,
    );
  }, 60_000);

  it('27 a customer who never refused gets e-mail about the like of what they bought, where the campaign says so, and no SMS', async () => {
    expect(await bases('email', true)).toEqual({ [BUYER]: 'soft-opt-in', [FIRM]: 'legal-person' });
    expect(await bases('email', false)).toEqual({ [FIRM]: 'legal-person' });
    expect(await bases('sms', true)).toEqual({});
  });

  it('27 name.surname at a firm is a person’s address, and a firm’s refusal binds as a person’s does', async () => {
    const said = { channels: ['email'], mechanism: 'email' } as const;
    const given = { ...said, what: 'given', wording: 'account-email-lv' } as const;
    await recordConsent(s.context, { ...given, query: { email: AT_FIRM } }, nobodyToAsk);
    await recordConsent(s.context, { ...said, what: 'withdrawn', query: { email: FIRM } }, nobodyToAsk);
    expect(await bases('email', true)).toEqual({ [BUYER]: 'soft-opt-in', [AT_FIRM]: 'consent' });
  });
});
