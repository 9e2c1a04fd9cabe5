// Signs files into an archive with a key made now: write-archive.mjs ARCHIVE CERTIFICATE FILE…
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { makeCertificate, signerFromPem } from '../../dist/src/archive/certificate.js';
import { createArchive } from '../../dist/src/archive/write.js';

const [archive, certificate, ...files] = process.argv.slice(2);
const now = new Date();
const made = await makeCertificate({ commonName: 'Bench', organization: '', notBefore: now, days: 365 });
await writeFile(certificate, made.certificatePem);
const signer = signerFromPem(made.privateKeyPem, made.certificatePem);
const writer = await createArchive({ path: archive, signer, signingTime: now });
for (const file of files) await writer.add(`data/${basename(file)}`, 'text/csv', createReadStream(file));
await writer.finish();
await writer.publish();
