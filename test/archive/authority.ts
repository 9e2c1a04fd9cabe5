import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { succeed, tools } from './support.js';

const CONFIGURATION = `
[tsa]
default_tsa = authority
[authority]
serial = serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.1
digests = sha256, sha384, sha512
accuracy = secs:1
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
[signing]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[root]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign
[dn]
`;

/** Keys and certificates of a timestamp authority and its CA, made with openssl in the folder. */
export async function makeAuthority(folder: string): Promise<{ ca: Buffer }> {
  await writeFile(join(folder, 'ts.cnf'), CONFIGURATION);
  await writeFile(join(folder, 'serial'), '01\n');
  const openssl = (...args: string[]): Promise<string> => succeed(tools.openssl.path, args, folder);
  const key = ['-newkey', 'rsa:2048', '-nodes'];
  await openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-subj',
    '/CN=Time CA',
    '-days',
    '3650',
    '-extensions',
    'root',
    '-config',
    await requestConfiguration(folder),
  );
  await openssl('req', ...key, '-keyout', 'tsa.key', '-out', 'tsa.csr', '-subj', '/CN=Time authority');
  await openssl(
    'x509',
    '-req',
    '-in',
    'tsa.csr',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-out',
    'tsa.pem',
    '-days',
    '3000',
    '-extfile',
    'ts.cnf',
    '-extensions',
    'signing',
  );
  return { ca: await readFile(join(folder, 'ca.pem')) };
}

async function requestConfiguration(folder: string): Promise<string> {
  await writeFile(join(folder, 'req.cnf'), `[req]\ndistinguished_name = dn\n${CONFIGURATION}`);
  return 'req.cnf';
}

/** The authority's answer to a query, DER. */
export async function reply(folder: string, query: Buffer): Promise<Buffer> {
  await writeFile(join(folder, 'query.tsq'), query);
  const files = ['-queryfile', 'query.tsq', '-signer', 'tsa.pem', '-inkey', 'tsa.key', '-out', 'reply.tsr'];
  await succeed(tools.openssl.path, ['ts', '-reply', '-config', 'ts.cnf', ...files], folder);
  return await readFile(join(folder, 'reply.tsr'));
}

export type Answer = (query: Buffer, response: ServerResponse) => Promise<Buffer | undefined> | Buffer | undefined;

/** A timestamp authority on a port of its own that answers so; undefined leaves the answering to `answer` itself. */
export async function serve(answer: Answer): Promise<string> {
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const isQuery = request.method === 'POST' && request.headers['content-type'] === 'application/timestamp-query';
    const body = isQuery ? await answer(Buffer.concat(chunks), response) : Buffer.from('not a query');
    if (body !== undefined) response.setHeader('content-type', 'application/timestamp-reply').end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/tsa`;
}
