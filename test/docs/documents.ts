import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../commands/program.js';

export interface Page {
  /** Relative to the project. */
  readonly file: string;
  readonly text: string;
}

/** Everything that users read: README, changelog and the pages of docs, decisions included. */
export function pages(): Page[] {
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name));
  return ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', ...docs.sort()].map(page);
}

export function page(file: string): Page {
  return { file, text: readFileSync(join(ROOT, file), 'utf8') };
}

/** The code blocks of a page in a language. */
export function blocks({ text }: Page, language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, block = '']) => block);
}

/** The lines of a page that call the program: each as its words, without comments. */
export function calls(of: Page): string[][] {
  return blocks(of, 'sh')
    .flatMap((block) => block.split('\n'))
    .flatMap((line) => line.replace(/ +#.*$/, '').split(/ && | \| /))
    .map((line) => /^(?:npx )?gdpr (.*)$/.exec(line.trim())?.[1])
    .flatMap((line) => (line === undefined ? [] : [line.split(/ +/)]));
}

interface ManifestCommand {
  readonly id: string;
  readonly pluginName: string;
  readonly flags: Readonly<Record<string, unknown>>;
}

/** The program's commands as the last build has them, by their words. */
export function commands(): Map<string, ManifestCommand> {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'oclif.manifest.json'), 'utf8')) as {
    commands: Record<string, ManifestCommand>;
  };
  return new Map(Object.values(manifest.commands).map((command) => [command.id.replaceAll(':', ' '), command]));
}
