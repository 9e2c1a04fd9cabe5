// Gives every operation the same id, so that its archive's name can be known before.
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

const randomBytes = crypto.randomBytes;
crypto.randomBytes = (size, ...rest) =>
  size === 16 && rest.length === 0 ? Buffer.alloc(16) : randomBytes(size, ...rest);
syncBuiltinESMExports();
