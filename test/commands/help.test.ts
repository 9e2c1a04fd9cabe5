import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Config } from '@oclif/core/config';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gdpr, ROOT } from './program.js';
import { faults, SCHEMAS } from './schemas.js';

interface ManifestCommand {
  readonly pluginName: string;
  readonly summary?: string;
  readonly examples?: readonly (string | { command: string })[];
  readonly flags: Readonly<Record<string, unknown>>;
  readonly enableJsonFlag?: boolean;
}

const manifest = JSON.parse(readFileSync(join(ROOT, 'oclif.manifest.json'), 'utf8')) as {
  commands: Record<string, ManifestCommand>;
};
const commands = Object.entries(manifest.commands).map(([id, command]) => ({
  ...command,
  name: id.replaceAll(':', ' '),
  schema: id.replaceAll(':', '-'),
}));
const withJson = commands.filter(({ enableJsonFlag }) => enableJsonFlag === true);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gdpr-help-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('tells its version as oclif would', async () => {
  const { userAgent } = await Config.load(ROOT);
  expect(await gdpr(['--version'], { cwd: folder })).toMatchObject({ code: 0, stdout: `${userAgent}\n`, stderr: '' });
});

describe('help', () => {
  it('knows at least the commands of the first version', () => {
    const first = [
      'archive extract',
      'archive list',
      'archive verify',
      'audit checkpoint',
      'audit list',
      'audit verify',
      'customer export',
      'customer find',
      'datamap check',
    ];
    expect(commands.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        ...first,
        'datamap schema',
        'db migrate',
        'demo',
        'key export',
        'key import',
        'key init',
        'recover',
      ]),
    );
  });

  // `gdpr help --help` is the general help.
  it.each(commands.filter(({ name }) => name !== 'help'))(
    'of $name shows its summary and examples, in 80 columns',
    async ({ name, summary, examples }) => {
      const { code, stdout, stderr } = await gdpr([...name.split(' '), '--help'], { cwd: folder });
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout.replaceAll(/\s+/g, ' ')).toContain(summary?.replaceAll(/\s+/g, ' '));
      expect(examples?.length).toBeGreaterThan(0);
      const afterHeading = stdout.split('\nEXAMPLES\n')[1] ?? '';
      expect(afterHeading).toContain(`gdpr ${name}`);
      // Examples are to be copied, so they are not broken.
      const prose = stdout.slice(0, stdout.length - afterHeading.length);
      expect(prose.split('\n').filter((line) => [...line].length > 80)).toEqual([]);
    },
  );
});

describe('docs/json.md', () => {
  const text = readFileSync(join(ROOT, 'docs', 'json.md'), 'utf8');
  const [errors = '', ...sections] = text.slice(text.indexOf('## Errors')).split(/^## (?=`gdpr )/m);
  const documented = sections.map((section) => {
    const [, name = ''] = /^`gdpr ([a-z -]+)`/.exec(section) ?? [];
    return { name, schema: name.replaceAll(' ', '-'), section };
  });
  const blocks = (section: string, language: string) =>
    [...section.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, block = '']) => block);

  it('tells of every command, and every command and error has its schema', () => {
    expect(documented.map(({ name }) => name)).toEqual(withJson.map(({ name }) => name).sort());
    expect([...SCHEMAS].sort()).toEqual([...withJson.map(({ schema }) => schema), 'common', 'error'].sort());
  });

  it.each([...documented, { name: '(errors)', schema: 'error', section: errors }])(
    'shows output of $name as its schema has it',
    ({ schema, section }) => {
      const examples = blocks(section, 'json');
      expect(examples.length).toBeGreaterThan(0);
      for (const example of examples) expect(faults(schema, JSON.parse(example))).toEqual([]);
    },
  );

  it.each(documented)('calls $name with flags that it has', ({ name, section }) => {
    const flags = Object.keys(commands.find((command) => command.name === name)?.flags ?? {});
    const calls = blocks(section, 'sh');
    expect(calls.length).toBeGreaterThan(0);
    for (const call of calls) {
      expect(call).toMatch(new RegExp(`^gdpr ${name}\\b`));
      expect(flags).toEqual(expect.arrayContaining([...call.matchAll(/ --([a-z-]+)/g)].map(([, flag]) => flag)));
    }
  });

  it('names every error code beside its exit code', async () => {
    const { GdprError } = await import('../../src/foundation/errors.js');
    const schema = JSON.parse(readFileSync(join(ROOT, 'docs', 'json', 'error.schema.json'), 'utf8')) as {
      properties: { error: { properties: { code: { enum: string[] } } } };
    };
    for (const code of schema.properties.error.properties.code.enum) {
      const exit = new GdprError(code as 'BUG', '').exit;
      const row = text.split('\n').find((line) => line.startsWith(`| ${exit} |`));
      expect(row).toContain(`\`${code}\``);
    }
  });
});
