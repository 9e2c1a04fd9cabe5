#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import module from 'node:module';
import { release } from 'node:os';
import { setFlagsFromString } from 'node:v8';

// What oclif prints, which loads for as long as node itself; under WSL and on 32 bits it has words of its own for them.
const plain = !/microsoft/i.test(release()) && process.arch !== 'ia32';
if (plain && process.argv.length === 3 && process.argv[2] === '--version') {
  const { name, version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  process.stdout.write(`${name}/${version} ${process.platform}-${process.arch} node-${process.version}\n`);
} else {
  // What is no longer held is collected before the heap is half as large again as what is: by itself Node lets it grow fourfold.
  setFlagsFromString('--heap-growing-percent=50');
  module.enableCompileCache?.();
  const { execute } = await import('@oclif/core/execute');
  await execute({ dir: import.meta.url });
}
