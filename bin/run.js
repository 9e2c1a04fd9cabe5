#!/usr/bin/env node
import module from 'node:module';

module.enableCompileCache?.();
const { execute } = await import('@oclif/core/execute');
await execute({ dir: import.meta.url });
