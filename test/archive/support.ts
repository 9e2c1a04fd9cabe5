import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { certificateSha256, makeCertificate, signerFromPem } from '../../src/archive/certificate.js';
import type { ArchivedFile } from '../../src/archive/layout.js';
import type { Signer } from '../../src/archive/signer.js';
import type { Verification } from '../../src/archive/verify.js';
import { type ArchiveSource, createArchive } from '../../src/archive/write.js';
import { outsideTool } from '../support/tools.js';

export const tools = {
  openssl: outsideTool('openssl'),
  unzip: outsideTool('unzip'),
  xmllint: outsideTool('xmllint'),
  xmlsec1: outsideTool('xmlsec1'),
};
export const outsider = [tools.unzip, tools.xmllint, tools.xmlsec1].every(({ available }) => available);

export const SIGNING_TIME = new Date('2026-03-04T05:06:07.891Z');

/** A folder that is gone after the test file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'gdpr-archive-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface Sender {
  readonly signer: Signer;
  readonly privateKeyPem: string;
  readonly certificatePem: string;
  readonly sha256: string;
}

export async function makeSender(commonName = 'Grāmatnīcas izraksti'): Promise<Sender> {
  const made = await makeCertificate({
    commonName,
    organization: 'Biedrība "Grāmatas", Rīga',
    notBefore: new Date('2026-01-01T00:00:00Z'),
    days: 3650,
  });
  const signer = signerFromPem(made.privateKeyPem, made.certificatePem);
  return { signer, ...made, sha256: certificateSha256(signer.certificate) };
}

export type SampleFile = readonly [name: string, mediaType: string, source: ArchiveSource];

export const SAMPLE: readonly SampleFile[] = [
  ['index.html', 'text/html; charset=utf-8', '<!doctype html><title>Izraksts</title><p>Glāžšķūņa rūķīši 📚</p>\n'],
  ['data/orders.json', 'application/json', [`{"orders": [`, Buffer.from('1, 2'), ']}\n']],
  ['data/notes.txt', 'text/plain', ''],
];

export async function writeArchive(
  path: string,
  signer: Signer,
  files: readonly SampleFile[] = SAMPLE,
  timestamp?: { url: string },
  signingTime = SIGNING_TIME,
): Promise<readonly ArchivedFile[]> {
  const writer = await createArchive({ path, signer, signingTime, ...(timestamp && { timestamp }) });
  for (const [name, mediaType, source] of files) await writer.add(name, mediaType, source);
  const finished = await writer.finish();
  await writer.publish();
  return finished.files;
}

/** The ids of the checks that failed. */
export function failed(verification: Verification): string[] {
  return verification.checks.filter(({ ok }) => !ok).map(({ id }) => id);
}

export interface Ran {
  readonly exit: number;
  readonly output: string;
}

/** Runs a program; a failing one is an answer, not an error. */
export function run(program: string, args: readonly string[], cwd?: string): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, { cwd, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      const exit = error === null ? 0 : error.code;
      if (typeof exit === 'number') resolve({ exit, output: `${stdout}${stderr}` });
      else reject(error ?? new Error(`${program} ended without a code`));
    });
    child.stdin?.end();
  });
}

/** Runs a program that has to succeed and gives its output. */
export async function succeed(program: string, args: readonly string[], cwd?: string): Promise<string> {
  const { exit, output } = await run(program, args, cwd);
  if (exit !== 0) throw new Error(`${program} ${args[0]} ended with ${exit}: ${output}`);
  return output;
}

/** Runs one of this folder's TypeScript programs in a process of its own. */
export function program(name: string, ...args: string[]): string[] {
  return ['--import', 'tsx', join(import.meta.dirname, 'programs', name), ...args];
}

/** The `sh` code blocks under a heading of docs/archive.md. */
export async function documentedCommands(heading: string): Promise<string[]> {
  const text = await readFile(join(import.meta.dirname, '../../docs/archive.md'), 'utf8');
  const section = text.split(/^(?=## )/m).find((part) => part.startsWith(`## ${heading}\n`));
  return [...(section ?? '').matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block ?? '');
}

/** What somebody finds who has the archive, the sender's certificate and xmlsec1, and unpacks whatever can be unpacked. */
export async function xmlsecAlone(archive: Buffer, certificatePem: string, folder: string): Promise<Ran> {
  await writeFile(join(folder, 'A.asice'), archive);
  await writeFile(join(folder, 'sender.pem'), certificatePem);
  await run(tools.unzip.path, ['-oq', 'A.asice', '-d', 'v'], folder);
  const properties = 'http://uri.etsi.org/01903/v1.3.2#:SignedProperties';
  const args = ['--verify', '--trusted-pem', '../sender.pem', '--id-attr:Id', properties, 'META-INF/signatures0.xml'];
  return await run(tools.xmlsec1.path, args, join(folder, 'v'));
}

/** The outcome of the commands in docs/archive.md, run as they stand there. */
export async function outsidersCommands(archive: Buffer, certificatePem: string, folder: string): Promise<Ran> {
  const [commands] = await documentedCommands('Check an archive without this tool');
  await writeFile(join(folder, 'A.asice'), archive);
  await writeFile(join(folder, 'sender.pem'), certificatePem);
  return await run('sh', ['-c', commands ?? 'exit 99'], folder);
}
