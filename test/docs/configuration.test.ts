import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { configSchema, readConfig } from '../../src/workspace/config.js';
import { ROOT } from '../commands/program.js';
import { blocks, page } from './documents.js';

const configuration = page('docs/configuration.md');
const section = (heading: string) =>
  configuration.text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
const firstCells = (text: string) => [...text.matchAll(/^\| `([^`]+)` \|/gm)].map(([, cell = '']) => cell);

/** Every key of a JSON Schema, dotted. */
function keysOf(schema: z.core.JSONSchema.JSONSchema, prefix = ''): string[] {
  const parts = [schema, ...(schema.anyOf ?? [])].filter(
    (part): part is z.core.JSONSchema.JSONSchema => typeof part === 'object',
  );
  return parts.flatMap((part) =>
    Object.entries(part.properties ?? {}).flatMap(([key, value]) => [
      prefix + key,
      ...(typeof value === 'object' ? keysOf(value, `${prefix}${key}.`) : []),
    ]),
  );
}

describe('docs/configuration.md', () => {
  it('names every key of gdpr.yaml, and no other', () => {
    const keys = [...new Set(keysOf(z.toJSONSchema(configSchema, { io: 'input' })))];
    expect(keys.length).toBeGreaterThan(10);
    // A mapping is told by its members, the database by itself as well.
    const told = keys.filter((key) => key === 'database' || !keys.some((other) => other.startsWith(`${key}.`)));
    expect(firstCells(section('gdpr.yaml')).sort()).toEqual(told.sort());
  });

  it('shows a gdpr.yaml that is accepted', async () => {
    const examples = blocks(configuration, 'yaml');
    expect(examples).toHaveLength(1);
    const folder = await mkdtemp(join(tmpdir(), 'gdpr-docs-'));
    try {
      await writeFile(join(folder, 'gdpr.yaml'), examples[0] ?? '');
      expect((await readConfig(folder)).paths).toMatchObject({
        archives: '/srv/gdpr/archives',
        datamap: join(folder, 'datamap.yaml'),
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('names every variable that the program reads, and no other', () => {
    const sources = ['bin', 'commands', 'src'].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.(ts|js)$/.test(name))
        .map((name) => readFileSync(join(ROOT, folder, name), 'utf8')),
    );
    const read = sources.flatMap((text) => [
      ...[...text.matchAll(/\b(?:env|environment)\.([A-Z][A-Z0-9_]+)/g)].map(([, name = '']) => name),
      ...[...text.matchAll(/\b(GDPR_[A-Z_]+)\b/g)].map(([, name = '']) => name),
    ]);
    expect(read.length).toBeGreaterThan(10);
    expect(firstCells(section('The environment')).sort()).toEqual([...new Set(read)].sort());
  });
});
