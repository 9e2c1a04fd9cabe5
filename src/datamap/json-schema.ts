import { z } from 'zod';
import { dataMapSchema } from './schema.js';

/** The JSON Schema (draft 2020-12) of the data map, made from the schema that the loader checks with. */
export function dataMapJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(dataMapSchema, { target: 'draft-2020-12', io: 'input' }), title: 'Data map' };
}
