// Gives every operation the same id, so that its archive's name can be known before.
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

// Ids are made of bytes that are fetched ahead, by the page.
const { randomFillSync } = crypto;
crypto.randomFillSync = (buffer, ...rest) =>
  buffer.length === 4096 && rest.length === 0 ? buffer.fill(0) : randomFillSync(buffer, ...rest);
syncBuiltinESMExports();
