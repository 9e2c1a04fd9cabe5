import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The folder of the fixtures; each broken map is `valid.yaml` with one change. */
export const fixtures = join(import.meta.dirname, '../fixtures/datamap');

export interface BrokenMap {
  readonly file: string;
  readonly text: string;
  /** `line:column: path: message`, from its `# expect:` comments. */
  readonly expected: readonly string[];
  /** Whether the JSON Schema can tell, from its `# json-schema:` comment; undefined where the YAML itself is broken. */
  readonly jsonSchema: 'refuses' | 'accepts' | undefined;
}

export function brokenMaps(): BrokenMap[] {
  return readdirSync(fixtures)
    .filter((file) => file !== 'valid.yaml')
    .map((file) => {
      const text = readFileSync(join(fixtures, file), 'utf8');
      const schema = /^# json-schema: (refuses|accepts)$/m.exec(text)?.[1];
      return {
        file,
        text,
        expected: [...text.matchAll(/^# expect: (.*)$/gm)].map((match) => match[1] ?? ''),
        jsonSchema: schema === 'refuses' || schema === 'accepts' ? schema : undefined,
      };
    });
}
