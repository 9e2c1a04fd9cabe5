import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { exportKeys, importKeys } from '../../src/keys/copy.js';
import { initKeys, isEarlier, type KeyIds, type Keys, loadKeys, readKeyIds } from '../../src/keys/keys.js';
import { rotateHmac } from '../../src/keys/rotate.js';
import { PASSPHRASE, refusal, SUBJECT, temporaryFolder } from './helpers.js';

const COPY_PASSPHRASE = 'kopijas parole seifā ir gara';
const root = await temporaryFolder();
const folder = join(root, 'keys');
const load = (from = folder) => loadKeys(from, { passphrase: PASSPHRASE, need: ['signing', 'checkpoint', 'hmac'] });
const contents = async () =>
  Promise.all((await readdir(folder)).sort().map(async (name) => [name, await readFile(join(folder, name), 'utf8')]));

describe('rotateHmac', { timeout: 120_000 }, () => {
  let first: KeyIds;
  let before: Keys;
  let codes: readonly string[];

  beforeAll(async () => {
    first = await initKeys(folder, { ...SUBJECT, passphrase: PASSPHRASE });
    before = await load();
    codes = before.hmacs('suppression', 'x');
  });

  it('changes nothing for whoever cannot open the keys', async () => {
    const files = await contents();
    expect((await refusal(rotateHmac(folder, undefined))).code).toBe('PASSPHRASE_WRONG');
    expect((await refusal(rotateHmac(folder, 'not that one, surely'))).code).toBe('PASSPHRASE_WRONG');
    expect(await contents()).toEqual(files);
  });

  it('adds a secret under the same passphrase and keeps the former ones, the other keys and their ids', async () => {
    // What a run left that was killed before ids.json named it.
    await writeFile(join(folder, 'hmac-2.json'), '{}\n', { mode: 0o600 });
    await rotateHmac(folder, PASSPHRASE);
    const ids = await rotateHmac(folder, PASSPHRASE);
    expect(ids).toEqual({ ...first, hmac: ids.hmac, hmacFormer: [first.hmac, ids.hmacFormer?.[1]] });
    expect(new Set([ids.hmac, ...(ids.hmacFormer ?? [])]).size).toBe(3);
    expect(await readKeyIds(folder)).toEqual(ids);
    for (const name of ['ids.json', 'hmac-2.json', 'hmac-3.json'])
      expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    const keys = await load();
    expect([keys.hmacVersion, ...keys.hmacVersions]).toEqual(['hmac-3', 'hmac-3', 'hmac-2', 'hmac-1']);
    const now = keys.hmacs('suppression', 'x');
    expect(now).toHaveLength(3);
    expect(new Set(now).size).toBe(3);
    expect(now[0]).toBe(keys.hmac('suppression', 'x'));
    expect(now.at(-1)).toBe(codes[0]);
    expect(keys.hmac('suppression', 'x', 'hmac-1')).toBe(before.hmac('suppression', 'x'));
    expect(() => keys.hmac('suppression', 'x', 'hmac-4')).toThrow(/not here/);
    expect(inspect(keys)).toBe('[secret]');
    expect(isEarlier(first, ids)).toBe(true);
    expect([isEarlier(ids, first), isEarlier(ids, ids)]).toEqual([false, false]);
    expect(isEarlier({ ...first, hmac: '0'.repeat(16) }, ids)).toBe(false);
  });

  it('is in a copy, which a database that knows fewer secrets takes, too', async () => {
    const ids = await readKeyIds(folder);
    const to = join(root, 'keys.age');
    await exportKeys(folder, { passphrase: PASSPHRASE, copyPassphrase: COPY_PASSPHRASE, to });
    const second = join(root, 'second');
    const copy = { from: to, copyPassphrase: COPY_PASSPHRASE, passphrase: PASSPHRASE };
    const more = { ...ids, hmac: '0'.repeat(16), hmacFormer: [...(ids.hmacFormer ?? []), ids.hmac] };
    const older = await refusal(importKeys(second, { ...copy, expect: more }));
    expect([older.code, older.message]).toEqual(['KEY_WRONG', expect.stringContaining('older than the last')]);
    expect(await importKeys(second, { ...copy, expect: first })).toEqual(ids);
    expect((await load(second)).hmacs('suppression', 'x')).toEqual((await load()).hmacs('suppression', 'x'));
  });

  it('wants every secret: with one missing or in the place of another nothing opens', async () => {
    const two = await readFile(join(folder, 'hmac-2.json'), 'utf8');
    await writeFile(join(folder, 'hmac-2.json'), await readFile(join(folder, 'hmac-1.json'), 'utf8'));
    expect((await refusal(load())).code).toBe('KEY_WRONG');
    await rm(join(folder, 'hmac-2.json'));
    expect((await refusal(load())).code).toBe('KEY_MISSING');
    await writeFile(join(folder, 'hmac-2.json'), two, { mode: 0o600 });
    expect((await load()).hmacVersions).toHaveLength(3);
  });
});
