import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { asFileError } from './durable.js';

/** SHA-256 of a file's bytes in lower-case hexadecimal, streamed. @throws GdprError FILE_UNAVAILABLE */
export async function digestFile(path: string): Promise<string> {
  return asFileError(path, async () => {
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
    return hash.digest('hex');
  });
}
