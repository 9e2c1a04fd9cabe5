// Writes and verifies an archive with one generated file and prints by how much the process grew at most.
import { certificateSha256 } from '../../../src/archive/certificate.js';
import { verifyArchive } from '../../../src/archive/verify.js';
import { createArchive } from '../../../src/archive/write.js';
import { makeSigner } from './signer.js';

const path = process.argv[2] ?? '';
const size = Number(process.argv[3]);
const signer = await makeSigner();

function* lines(): Generator<string> {
  const block = 64;
  for (let written = 0, row = 0; written < size; written += block, row += 1) {
    yield `${JSON.stringify({ row, price: (row * 7919) % 10_007 }).padEnd(block - 1)}\n`;
  }
}

function* blocks(): Generator<string> {
  let block: string[] = [];
  for (const line of lines()) {
    block.push(line);
    if (block.length === 512) {
      yield block.join('');
      block = [];
    }
  }
  yield block.join('');
}

const before = process.resourceUsage().maxRSS;
const writer = await createArchive({ path, signer, signingTime: new Date('2026-03-04T05:06:07Z') });
await writer.add('data/big.jsonl', 'application/jsonl', blocks());
await writer.finish();
await writer.publish();
const { valid, files } = await verifyArchive(path, { signers: [certificateSha256(signer.certificate)] });
const growthMegabytes = (process.resourceUsage().maxRSS - before) / 1024;
console.log(JSON.stringify({ valid, bytes: files[0]?.bytes, growthMegabytes }));
