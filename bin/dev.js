#!/usr/bin/env -S node --import tsx
// Runs the commands from their TypeScript sources; needs the development dependencies.
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execute, settings } from '@oclif/core';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const pjson = JSON.parse(await readFile(`${root}/package.json`, 'utf8'));
const oclif = JSON.parse(
  (await readFile(`${root}/.oclifrc`, 'utf8'))
    .replaceAll('./dist/', './')
    .replaceAll(/(\/command-not-found|\/cli\/help)\.js/g, '$1.ts'),
);
settings.enableAutoTranspile = false;
await execute({ dir: import.meta.url, development: true, loadOptions: { root, pjson: { ...pjson, oclif } } });
