import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { requestTimestamp } from '../../src/archive/timestamp.js';
import { checkToken } from '../../src/archive/timestamp-token.js';
import { verifyArchive } from '../../src/archive/verify.js';
import { makeAuthority, reply, serve } from './authority.js';
import {
  documentedCommands,
  failed,
  makeSender,
  outsider,
  outsidersCommands,
  run,
  type Sender,
  succeed,
  temporaryFolder,
  tools,
  writeArchive,
} from './support.js';
import { packZip, unpackZip } from './zip.js';

const folder = temporaryFolder();
const DATA = Buffer.from('a signature value');

/** Leaves the answering at that. */
function end(response: ServerResponse): undefined {
  response.end();
}

describe.skipIf(!tools.openssl.available)('timestamps', () => {
  let sender: Sender;
  let ca: Buffer;
  let url: string;
  let path: string;

  beforeAll(async () => {
    sender = await makeSender();
    ({ ca } = await makeAuthority(folder));
    url = await serve((query) => reply(folder, query));
    path = join(folder, 'T.asice');
    await writeArchive(path, sender.signer, undefined, { url });
  });

  it('make an archive B-T, whose time is proven to whoever trusts the authority', async () => {
    const verification = await verifyArchive(path, { signers: [sender.sha256], timestampAuthorities: [ca] });
    expect(failed(verification)).toEqual([]);
    expect(verification.valid).toBe(true);
    expect(verification.timestamp).toMatchObject({ authority: 'CN=Time authority', trusted: true });
    const age = Date.now() - Date.parse(verification.timestamp?.time ?? '');
    expect(age).toBeGreaterThan(-2000);
    expect(age).toBeLessThan(120_000);
    expect(verification.signedAt).toBe('2026-03-04T05:06:07.000Z');
  });

  it('are trusted through the authority itself too, as DER or PEM, and among others', async () => {
    const der = Buffer.from((await readFile(join(folder, 'tsa.pem'), 'utf8')).replace(/-----.*-----/g, ''), 'base64');
    const both = Buffer.from(`${sender.certificatePem}\n${ca}`);
    for (const timestampAuthorities of [[der], [both], [Buffer.from(sender.certificatePem), ca]]) {
      const { timestamp } = await verifyArchive(path, { signers: [sender.sha256], timestampAuthorities });
      expect(timestamp?.trusted).toBe(true);
    }
  });

  it('are not trusted without the authority, or with another of the same name', async () => {
    const other = await makeAuthority(await mkdtemp(join(folder, 'other-')));
    for (const timestampAuthorities of [undefined, [], [other.ca], [Buffer.from(sender.certificatePem)]]) {
      const verification = await verifyArchive(path, {
        signers: [sender.sha256],
        ...(timestampAuthorities && { timestampAuthorities }),
      });
      expect(verification.valid).toBe(false);
      expect(failed(verification)).toEqual(['timestamp-authority']);
      expect(verification.timestamp?.trusted).toBe(false);
      if (timestampAuthorities === undefined) {
        const { detail } = verification.checks.find(({ id }) => id === 'timestamp-authority') ?? {};
        expect(detail).toContain('--timestamp-ca');
      }
    }
  });

  it('cannot be moved to another signature, or changed', async () => {
    const second = join(folder, 'second.asice');
    await writeArchive(second, sender.signer, undefined, { url });
    const token = /<xades:EncapsulatedTimeStamp>([^<]*)</;
    const signatureOf = async (file: string): Promise<string> =>
      unpackZip(await readFile(file))
        .find(({ name }) => name.endsWith('signatures0.xml'))
        ?.content.toString() ?? '';
    const [own, foreign] = [await signatureOf(path), await signatureOf(second)].map(
      (xml) => token.exec(xml)?.[1] ?? '',
    );
    const flipped = Buffer.from(own ?? '', 'base64');
    flipped.writeUInt8(flipped.readUInt8(flipped.length - 10) ^ 1, flipped.length - 10);
    for (const value of [foreign, flipped.toString('base64'), DATA.toString('base64'), own?.slice(0, 400)]) {
      const parts = unpackZip(await readFile(path)).map((part) =>
        part.name.endsWith('signatures0.xml')
          ? { ...part, content: Buffer.from(part.content.toString().replace(own ?? '', value ?? '')) }
          : part,
      );
      const forged = join(folder, 'forged.asice');
      await writeFile(forged, packZip(parts));
      const verification = await verifyArchive(forged, { signers: [sender.sha256], timestampAuthorities: [ca] });
      expect(failed(verification)).toEqual(['timestamp', 'timestamp-authority']);
      expect(verification.timestamp).toBe(undefined);
    }
  });

  it.skipIf(!outsider)('verify with the documented commands, and not for another signature value', async () => {
    const place = await mkdtemp(join(folder, 'out-'));
    const unpacked = await outsidersCommands(await readFile(path), sender.certificatePem, place);
    expect(unpacked.exit, unpacked.output).toBe(0);
    await writeFile(join(place, 'v/tsa-ca.pem'), ca);
    const [commands] = await documentedCommands('Check the timestamp without this tool');
    const checked = await run('sh', ['-ec', commands ?? 'exit 99'], join(place, 'v'));
    expect(checked.exit, checked.output).toBe(0);
    expect(checked.output).toContain('Verification: OK');
    const xml = await readFile(join(place, 'v/META-INF/signatures0.xml'), 'utf8');
    await writeFile(join(place, 'v/META-INF/signatures0.xml'), xml.replace(/(S0-SignatureValue">)./, '$1!'));
    const wrong = await run('sh', ['-ec', commands ?? 'exit 0'], join(place, 'v'));
    expect(wrong.exit, wrong.output).not.toBe(0);
  });

  it('are tokens over the data asked for, of the certificate that they name', async () => {
    const token = await requestTimestamp(url, DATA);
    const { certificate, nonce } = await checkToken(token, DATA);
    expect(certificate.subject).toBe('CN=Time authority');
    expect(nonce).toMatch(/^[4-7][0-9a-f]{31}$/);
    await expect(checkToken(token, Buffer.from('something else'))).rejects.toThrow('its imprint differs');
    await expect(checkToken(Buffer.from('no token'), DATA)).rejects.toThrow('cannot be read');
  });

  it('of an authority that signs with ECDSA and names its certificate by SHA-1 are read too', async () => {
    const place = await mkdtemp(join(folder, 'ec-'));
    await makeAuthority(place);
    const openssl = (...args: string[]): Promise<string> => succeed(tools.openssl.path, args, place);
    await openssl(
      'req',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-384',
      '-nodes',
      '-keyout',
      'tsa.key',
      '-out',
      'tsa.csr',
      '-subj',
      '/CN=EC',
    );
    await openssl(
      'x509',
      '-req',
      '-in',
      'tsa.csr',
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-out',
      'tsa.pem',
      '-days',
      '3000',
      '-extfile',
      'ts.cnf',
      '-extensions',
      'signing',
    );
    const configuration = await readFile(join(place, 'ts.cnf'), 'utf8');
    await writeFile(
      join(place, 'ts.cnf'),
      configuration
        .replace('ess_cert_id_alg = sha256', 'ess_cert_id_alg = sha1')
        .replace('signer_digest = sha256', 'signer_digest = sha512'),
    );
    const token = await requestTimestamp(await serve((query) => reply(place, query)), DATA);
    expect((await checkToken(token, DATA)).certificate.subject).toBe('CN=EC');
  });

  it('signed with SHA-1 are refused', async () => {
    const place = await mkdtemp(join(folder, 'sha1-'));
    await makeAuthority(place);
    const configuration = await readFile(join(place, 'ts.cnf'), 'utf8');
    await writeFile(join(place, 'ts.cnf'), configuration.replace('signer_digest = sha256', 'signer_digest = sha1'));
    const weak = await serve((query) => reply(place, query));
    await expect(requestTimestamp(weak, DATA)).rejects.toThrow('weaker than SHA-256');
  });

  describe('an authority that does not do its work', () => {
    it('ends in SERVICE_UNAVAILABLE, whatever it answers', async () => {
      let old: Buffer | undefined;
      const once = await serve(async (query) => {
        old = await reply(folder, query);
        return old;
      });
      await requestTimestamp(once, DATA);
      const answers: [string, Parameters<typeof serve>[0], RegExp][] = [
        ['an old answer', () => old, /nonce/],
        ['a refusal', () => Buffer.from('300530030201 02'.replaceAll(' ', ''), 'hex'), /refuses \(status 2\)/],
        ['a grant without a token', () => Buffer.from('30053003020100', 'hex'), /refuses \(status 0\)/],
        ['no ASN.1', () => Buffer.from('<html>'), /not a timestamp response/],
        ['nothing', () => Buffer.alloc(0), /not a timestamp response/],
        [
          'a token that is none',
          () => Buffer.from('300930030201003002 0500'.replaceAll(' ', ''), 'hex'),
          /cannot be read/,
        ],
        ['too much', () => Buffer.alloc(300 * 1024), /too large/],
        ['an error', (_, response) => end(response.writeHead(503)), /HTTP status 503/],
        ['an end', (_, response) => end(response.destroy()), /cannot be reached/],
      ];
      for (const [, answer, message] of answers) {
        const request = requestTimestamp(await serve(answer), DATA);
        await expect(request).rejects.toMatchObject({
          code: 'SERVICE_UNAVAILABLE',
          message: expect.stringMatching(message),
        });
      }
    });

    it('or never answers, or is not there', async () => {
      const silent = await serve(() => undefined);
      await expect(requestTimestamp(silent, DATA, 200)).rejects.toMatchObject({
        code: 'SERVICE_UNAVAILABLE',
        message: expect.stringContaining('no answer within 0.2 s'),
      });
      await expect(requestTimestamp('http://127.0.0.1:9/', DATA)).rejects.toMatchObject({
        code: 'SERVICE_UNAVAILABLE',
      });
    });

    it('has an address of another kind', async () => {
      for (const address of ['', 'tsa.example', 'file:///etc/passwd']) {
        await expect(requestTimestamp(address, DATA)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
      }
    });

    it('leaves no archive behind', async () => {
      const place = await mkdtemp(join(folder, 'fail-'));
      const { createArchive } = await import('../../src/archive/write.js');
      const options = {
        path: join(place, 'A.asice'),
        signer: sender.signer,
        signingTime: new Date(),
        timestamp: { url: 'http://127.0.0.1:9/' },
      };
      const writer = await createArchive(options);
      await writer.add('a.txt', 'text/plain', 'x');
      await expect(writer.finish()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', exit: 7 });
      await writer.abort();
      expect(await readdir(place)).toEqual([]);
    });
  });
});
