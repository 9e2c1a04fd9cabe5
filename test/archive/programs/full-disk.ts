// Writes more than the disk takes and prints how the calls end.
import { createArchive } from '../../../src/archive/write.js';
import { GdprError } from '../../../src/foundation/errors.js';
import { makeSigner } from './signer.js';

const path = process.argv[2] ?? '';
const writer = await createArchive({ path, signer: await makeSigner(), signingTime: new Date('2026-03-04T05:06:07Z') });
const outcome = async (work: Promise<unknown>): Promise<string> =>
  await work.then(
    () => 'done',
    (error: unknown) => (error instanceof GdprError ? error.code : String(error)),
  );
function* noise(): Generator<Buffer> {
  let seed = 1;
  for (let i = 0; i < 400; i += 1) {
    const chunk = Buffer.alloc(65_536);
    for (let at = 0; at < chunk.length; at += 4) {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      chunk.writeUInt32LE(seed, at);
    }
    yield chunk;
  }
}
const add = await outcome(writer.add('data.bin', 'application/octet-stream', noise()));
const finish = await outcome(writer.finish());
await writer.abort();
console.log(`add ${add}, finish ${finish}`);
