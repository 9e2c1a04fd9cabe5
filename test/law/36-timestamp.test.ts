import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DOMParser } from '@xmldom/xmldom';
import { beforeAll, describe, expect, it } from 'vitest';
import { exclusiveC14n } from '../../src/archive/exclusive-c14n.js';
import { checkToken } from '../../src/archive/timestamp-token.js';
import { verifyArchive } from '../../src/archive/verify.js';
import { makeAuthority, reply, serve } from '../archive/authority.js';
import { makeSender, temporaryFolder, tools, writeArchive } from '../archive/support.js';
import { type Part, unpackZip } from '../archive/zip.js';

const folder = temporaryFolder();
const path = join(folder, 'T.asice');

describe.skipIf(!tools.openssl.available)('36 B-T', () => {
  let parts: Part[];
  let trusted: { signers: string[]; timestampAuthorities: Buffer[] };

  beforeAll(async () => {
    const sender = await makeSender();
    const { ca } = await makeAuthority(folder);
    await writeArchive(path, sender.signer, undefined, { url: await serve((query) => reply(folder, query)) });
    parts = unpackZip(await readFile(path));
    trusted = { signers: [sender.sha256], timestampAuthorities: [ca] };
  });
  const content = (name: string) => parts.find((part) => part.name === name)?.content ?? Buffer.alloc(0);
  const signatures = () => new DOMParser().parseFromString(content('META-INF/signatures0.xml').toString(), 'text/xml');

  it('36 adds one signature timestamp with one token, and verifies it', async () => {
    for (const name of ['SignatureTimeStamp', 'EncapsulatedTimeStamp'])
      expect(signatures().getElementsByTagNameNS('*', name).length).toBe(1);
    const { valid, timestamp } = await verifyArchive(path, trusted);
    expect({ valid, trusted: timestamp?.trusted }).toEqual({ valid: true, trusted: true });
  });

  it('36 takes the imprint over the canonical SignatureValue, not over a document', async () => {
    const token = Buffer.from(
      signatures().getElementsByTagNameNS('*', 'EncapsulatedTimeStamp')[0]?.textContent ?? '',
      'base64',
    );
    const value = signatures().getElementsByTagNameNS('*', 'SignatureValue')[0];
    if (value === undefined) throw new Error('there is no SignatureValue');
    const { time } = await checkToken(
      token,
      Buffer.from(exclusiveC14n(value as unknown as Parameters<typeof exclusiveC14n>[0])),
    );
    expect(Math.abs(Date.now() - time.getTime())).toBeLessThan(120_000);
    for (const document of [content('index.html'), content('META-INF/signatures0.xml')])
      await expect(checkToken(token, document)).rejects.toThrow(/something else|imprint/);
  });
});
