import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { dataMapJsonSchema } from '../../src/datamap/json-schema.js';
import { brokenMaps, fixtures } from './fixtures.js';
import { propertiesOf } from './schema-properties.js';

const root = join(import.meta.dirname, '../..');
const schema = dataMapJsonSchema();
const validate = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: false }).compile(schema);
const yaml = async (path: string): Promise<unknown> => parse(await readFile(path, 'utf8'));

describe('the JSON Schema', () => {
  it('in docs is the one that the loader checks with (else: gdpr datamap schema > docs/datamap.schema.json)', async () => {
    expect(JSON.parse(await readFile(join(root, 'docs/datamap.schema.json'), 'utf8'))).toEqual(schema);
  });

  it('is draft 2020-12 and explains every property to an editor', () => {
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    const properties = propertiesOf(schema);
    expect(properties.length).toBeGreaterThan(100);
    const silent = properties.filter(([, { description }]) => (description ?? '').length < 5).map(([path]) => path);
    expect(silent).toEqual([]);
  });

  it('takes the map of the bookshop and the sound fixture', async () => {
    for (const path of [join(root, 'examples/bookshop/datamap.yaml'), join(fixtures, 'valid.yaml')]) {
      validate(await yaml(path));
      expect(validate.errors, path).toBeNull();
    }
  });

  const told = brokenMaps().filter(({ jsonSchema }) => jsonSchema !== undefined);
  it.each(told.map((map) => [map.jsonSchema, map.file, map.text] as const))('%s %s', (answer, _, text) => {
    expect(validate(parse(text))).toBe(answer === 'accepts');
  });

  it('refuses the fixtures whose shape is wrong, and they are many', () => {
    expect(told.filter(({ jsonSchema }) => jsonSchema === 'refuses').length).toBeGreaterThanOrEqual(30);
  });
});
