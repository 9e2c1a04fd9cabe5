// Writes the names of all files that the program loads into the file that GDPR_TEST_MODULES names.
import { appendFileSync, writeFileSync } from 'node:fs';
import module from 'node:module';

const list = process.env.GDPR_TEST_MODULES;
writeFileSync(list, '');

// ES modules, and what they import of CommonJS. The hooks run in a thread of their own.
const hooks = `
  import { appendFileSync } from 'node:fs';
  export async function load(url, context, next) {
    if (url.startsWith('file:')) appendFileSync(${JSON.stringify(list)}, new URL(url).pathname + '\\n');
    return next(url, context);
  }`;
module.register(`data:text/javascript,${encodeURIComponent(hooks)}`);

// What CommonJS requires.
process.on('exit', () => appendFileSync(list, Object.keys(module._cache).join('\n')));
