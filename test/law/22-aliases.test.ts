import { createHash, createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { PEOPLE } from '../../examples/bookshop/people.js';
import { findCustomer } from '../../src/customer/find-customer.js';
import { parse } from '../../src/identity/kinds.js';
import { shop } from './shop.js';

const s = shop();
const ALGORITHMS = ['md5', 'sha1', 'sha256', 'sha384', 'sha512'];

/** Everything by which somebody with a list of addresses and numbers could try a person out. */
function guesses(): string[] {
  return Object.values(PEOPLE).flatMap(({ email, phone, personasKods = '' }) => {
    const phones = [phone, ...parse('phone', phone), phone.replace(/\D/g, ''), phone.replace(/\D/g, '').slice(-8)];
    const plain = [email, ...parse('email', email), ...phones, personasKods, personasKods.replace('-', '')].filter(
      (value) => value !== '',
    );
    return plain.flatMap((value) => [
      value,
      `email\n${value}`,
      `phone\n${value}`,
      `email:${value}`,
      `phone:${value}`,
      `personas-kods\n${value}`,
    ]);
  });
}

describe('22 pseudonyms', () => {
  it('22 stores no identifier that could be guessed: neither in clear nor hashed without a key', async () => {
    for (const { email } of Object.values(PEOPLE)) await findCustomer(s.context, { email });
    const [aliases] = await s.rows<{ n: number; kinds: string }>(
      "SELECT count(*)::int AS n, string_agg(DISTINCT kind, ',') AS kinds FROM gdpr.subject_alias",
    );
    expect(aliases?.n).toBeGreaterThan(10);
    expect(aliases?.kinds).toContain('email');
    const stored = `${await s.ownTables()}\n${await readFile(s.context.paths.journal, 'utf8')}`;
    const hashes = guesses().flatMap((value) =>
      ALGORITHMS.flatMap((algorithm) =>
        [createHash(algorithm), createHmac(algorithm, '')].map((hash) => hash.update(value).digest()),
      ),
    );
    const written = [
      ...guesses(),
      ...hashes.flatMap((hash) => [
        hash.toString('hex'),
        hash.toString('base64').replace(/=+$/, ''),
        hash.toString('base64url'),
      ]),
    ];
    expect(written.length).toBeGreaterThan(1000);
    expect(written.filter((value) => stored.includes(value))).toEqual([]);
  });

  it('22 keys each alias with the installation’s secret, which is not in the database', async () => {
    const { email } = PEOPLE.petr;
    const alias = s.context.keys.hmac('subject alias', `email\n${parse('email', email)[0]}`);
    await s.find({ email });
    expect(await s.rows('SELECT kind FROM gdpr.subject_alias WHERE hmac = $1', [alias])).toEqual([{ kind: 'email' }]);
    const secret = JSON.parse(await readFile(`${s.context.paths.keys}/hmac-1.json`, 'utf8')) as Record<string, unknown>;
    const values = Object.values(secret).filter(
      (value): value is string => typeof value === 'string' && value.length > 40,
    );
    expect(values).toHaveLength(1);
    expect((await s.ownTables()).includes(values[0] ?? '')).toBe(false);
  });
});
