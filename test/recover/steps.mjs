// Counts what the program does to the database and to files, and kills it with SIGKILL at one of these steps.
// GDPR_TEST_STEPS: a file that takes the name of each step; GDPR_TEST_KILL_AT: the number of the step to die at, from 1;
// GDPR_TEST_KILL_BEFORE: words of the step to die at. A program that imports this module may `arm` it instead.
import { appendFileSync, constants } from 'node:fs';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import pg from 'pg';

const list = process.env.GDPR_TEST_STEPS;
const killBefore = process.env.GDPR_TEST_KILL_BEFORE;
let killAt = Number(process.env.GDPR_TEST_KILL_AT ?? 0);
let steps = 0;
let names;

/** Counts anew from here, to die at this step (0: at none); the names of the steps are added to what it returns. */
export function arm(at) {
  killAt = at;
  steps = 0;
  names = [];
  return names;
}

/** Whether this is the step to die at. */
function reached(name) {
  steps += 1;
  names?.push(name);
  if (list !== undefined) appendFileSync(list, `${name}\n`);
  return steps === killAt || (killBefore !== undefined && name.includes(killBefore));
}

function die() {
  process.kill(process.pid, 'SIGKILL');
  // The signal may take an instant to arrive; nothing else happens meanwhile.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

/** Dies before a call. */
function before(target, method, nameOf) {
  const original = target[method];
  target[method] = function patched(...args) {
    if (reached(nameOf(...args))) die();
    return original.apply(this, args);
  };
}

const fileName = (path) =>
  String(path)
    .replace(/^.*\//, '')
    .replace(/[0-9a-f]{24}|\d{8}-[a-z2-7]{16}/, '*');

const probe = await fs.open(process.execPath);
const handle = Object.getPrototypeOf(probe);
await probe.close();

for (const method of ['writeFile', 'appendFile']) {
  const original = handle[method];
  handle[method] = async function patched(data, ...rest) {
    if (reached(`${method} nothing`)) die();
    if (reached(`${method} half`)) {
      const bytes = Buffer.from(data);
      await original.call(this, bytes.subarray(0, bytes.length >> 1), ...rest);
      die();
    }
    return original.call(this, data, ...rest);
  };
}
before(handle, 'sync', () => 'sync');
// Files and folders are opened to be read, too: only what may create or change something counts.
const open = fs.open;
fs.open = function patched(path, flags = 'r', ...rest) {
  const writes = typeof flags === 'number' ? (flags & (constants.O_WRONLY | constants.O_RDWR)) !== 0 : flags !== 'r';
  if (writes && reached(`open ${fileName(path)}`)) die();
  return open.call(this, path, flags, ...rest);
};
before(fs, 'rename', (_from, to) => `rename to ${fileName(to)}`);
before(fs, 'unlink', (path) => `unlink ${fileName(path)}`);
before(fs, 'mkdir', (path) => `mkdir ${fileName(path)}`);
syncBuiltinESMExports();

const query = pg.Client.prototype.query;
pg.Client.prototype.query = function patched(...args) {
  const text = typeof args[0] === 'string' ? args[0] : (args[0]?.text ?? args[0]?.cursor?.text ?? '');
  const name = text.replaceAll(/\s+/g, ' ').slice(0, 60);
  if (reached(`query ${name}`)) die();
  if (!/^commit/i.test(text) || !reached('sent commit')) return query.apply(this, args);
  // A commit that was answered and not read: the server has it, the program does not know.
  const callback = args.findIndex((each) => typeof each === 'function');
  if (callback !== -1) return query.apply(this, args.with(callback, die));
  return query.apply(this, args).finally(die);
};
