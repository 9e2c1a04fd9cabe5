import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'vitest';
import { type Ran, ROOT } from './program.js';

const FOLDER = join(ROOT, 'docs', 'json');
const ENDING = '.schema.json';

const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true, allErrors: true });
const names = readdirSync(FOLDER)
  .filter((name) => name.endsWith(ENDING))
  .map((name) => name.slice(0, -ENDING.length));
for (const name of names) ajv.addSchema(JSON.parse(readFileSync(join(FOLDER, name + ENDING), 'utf8')) as object);

/** The names of the published schemas, `customer-find` and so on. */
export const SCHEMAS: readonly string[] = names;

/** What of a value its schema does not allow, as text; nothing when it is as documented. */
export function faults(name: string, value: unknown): string[] {
  const validate = ajv.getSchema(name + ENDING);
  if (validate === undefined) return [`there is no docs/json/${name}${ENDING}`];
  return validate(value) === true
    ? []
    : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? ''}`);
}

export interface JsonError {
  readonly code: string;
  readonly exit: number;
  readonly message: string;
  readonly hint: string;
}

/** The one JSON document of a run, which must be as documented, with nothing beside it. */
export function jsonOf<T>(ran: Ran, schema: string): T {
  expect(ran.stderr).toBe('');
  const value = JSON.parse(ran.stdout) as T;
  expect(faults(schema, value)).toEqual([]);
  return value;
}

/** The error of a run with --json, which must be as documented and name the exit code of the process. */
export function jsonErrorOf(ran: Ran): JsonError {
  const { error } = jsonOf<{ error: JsonError }>(ran, 'error');
  expect(error.exit).toBe(ran.code);
  return error;
}
