import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { PEOPLE } from '../../examples/bookshop/people.js';
import { findCustomer } from '../../src/customer/find-customer.js';
import { verifyAuditLog } from '../../src/operation/log.js';
import { gdpr } from '../commands/program.js';
import { shop } from './shop.js';

const s = shop();
const { anna, petr } = PEOPLE;
const values = [anna, petr].flatMap(({ name, email, phone, needles }) => [name, email, phone, ...needles]);
const shown = (text: string) => values.filter((value) => text.toLowerCase().includes(value.toLowerCase()));

describe('40 the audit log', () => {
  it('40 knows people by their reference alone, and holds nothing of what was read', async () => {
    await s.export({ email: anna.email });
    await findCustomer(s.context, { phone: petr.phone });
    const entries = await s.rows<{ entry: string }>('SELECT entry FROM gdpr.audit_entry');
    expect(entries.length).toBeGreaterThan(1);
    expect(entries.some(({ entry }) => /"subjects":\["subject:[a-z2-7]{26}"\]/.test(entry))).toBe(true);
    expect(shown(`${await s.ownTables()}\n${await readFile(s.context.paths.journal, 'utf8')}`)).toEqual([]);
  });

  it.each([
    ['an unknown e-mail', ['customer', 'find', '--email', 'nobody.here@pasts.example']],
    ['a name that several bear', ['customer', 'export', '--name', anna.name, '--verified', 'x', '--json']],
    ['a bare word', ['customer', 'find', anna.email]],
    ['a mistyped command', ['customer', 'fnid', anna.email, '--json']],
    ['an e-mail where a flag’s value is missing', ['customer', 'find', '--phone', '--email', anna.email]],
    ['a value that is none', ['customer', 'find', '--phone', anna.email, '--json']],
    ['an e-mail as the way of checking', ['customer', 'export', '--email', anna.email, '--verified', petr.email]],
  ])('40 repeats no personal data in the error for %s', async (_, args) => {
    const { code, stdout, stderr } = await gdpr(args, { cwd: s.workspace.root, environment: s.workspace.environment });
    expect([2, 4]).toContain(code);
    const text = `${stdout}${stderr}`;
    expect(text.length).toBeGreaterThan(10);
    expect(shown(text)).toEqual([]);
    expect(text).not.toContain('nobody.here');
  });

  it('40 stays whole when the link to a person is destroyed', async () => {
    const [match] = await s.find({ email: anna.email });
    await s.export({ email: anna.email });
    const mentions = async () =>
      (
        await s.rows<{ n: number }>('SELECT count(*)::int AS n FROM gdpr.audit_entry WHERE $1 = ANY (subjects)', [
          match?.subject,
        ])
      )[0]?.n;
    const before = await mentions();
    expect(before).toBeGreaterThan(0);
    await s.rows('DELETE FROM gdpr.subject WHERE reference = $1', [match?.subject]);
    expect(await s.rows('SELECT FROM gdpr.subject_alias WHERE reference = $1', [match?.subject])).toEqual([]);
    expect(await mentions()).toBe(before);
    expect((await verifyAuditLog(s.context)).valid).toBe(true);
    // The same person gets another reference: nothing leads back to the old one.
    expect((await s.find({ email: anna.email }))[0]?.subject).not.toBe(match?.subject);
  });
});
