import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addressHasher } from '../../src/customer/suppression/suppress.js';
import { isSuppressed } from '../../src/customer/suppression/suppressed.js';
import { readToken, tokenMaker } from '../../src/marketing/token.js';
import { takeBackReturned } from '../../src/marketing/unsubscribe.js';
import { ROOT } from '../commands/program.js';
import { shop } from './shop.js';

const s = shop();
const EMAIL = 'anna.berzina@pasts.example';

function token(): string {
  const hasher = addressHasher(s.context.keys);
  return tokenMaker(s.context.keys)({
    ...{ list: '20260301-abcdefghijklmnop', channel: 'email', purpose: 'marketing', source: 'accounts', key: ['1'] },
    address: { hmac: hasher.hmac({ kind: 'email', value: EMAIL }), version: hasher.version },
  });
}

describe('31 one-click unsubscribing', { timeout: 60_000 }, () => {
  it('31 gives each message a token that fits a URL and tells nothing, not even that two are one person’s', () => {
    const [one, other] = [token(), token()];
    expect(one).not.toBe(other);
    expect(new URL(`https://shop.example/unsubscribe?t=${one}`).searchParams.get('t')).toBe(one);
    const bytes = Buffer.from(one, 'base64url').toString('latin1');
    expect(bytes).not.toContain('accounts');
    expect(bytes).not.toContain('20260301');
  });

  it('31 needs nothing but the token: who holds it stops the sending, and reading it alone changes nothing', async () => {
    const mine = token();
    expect(readToken(s.context.keys, mine)?.channel).toBe('email');
    const stopped = () =>
      s.context.database.transaction('read committed', async (session) => {
        const address = { kind: 'email', value: EMAIL } as const;
        return (await isSuppressed(session, [addressHasher(s.context.keys)], [address], 'email'))[0];
      });
    expect(await stopped()).toBe(false);
    const file = join(s.workspace.root, 'tokens.txt');
    await writeFile(file, `${mine}\n`);
    expect(await takeBackReturned(s.context, { kind: 'tokens', file, ignoreColumns: false })).toMatchObject({
      taken: 1,
    });
    expect(await stopped()).toBe(true);
  });

  it('31 tells the shop which headers to send, and that only POST may unsubscribe', async () => {
    const page = await readFile(join(ROOT, 'docs', 'unsubscribe.md'), 'utf8');
    expect(page).toContain('List-Unsubscribe: <https://');
    expect(page).toContain('List-Unsubscribe-Post: List-Unsubscribe=One-Click');
    expect(page).toMatch(/GET[^.]*must not/);
  });
});
