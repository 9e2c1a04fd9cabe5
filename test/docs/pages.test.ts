import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../commands/program.js';
import { calls, commands, page, pages } from './documents.js';

const known = commands();

/** The anchor that a heading has. */
function anchors(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe.each(pages())('$file', (of) => {
  it('links to files and headings that exist', () => {
    const links = [...of.text.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !/^[a-z]+:/.test(target));
    const broken = links.filter((target) => {
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? of.file : join(dirname(of.file), path);
      if (!existsSync(join(ROOT, file))) return true;
      return anchor !== undefined && !anchors(page(file).text).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it('calls commands that exist, with flags that they have', () => {
    const wrong = calls(of).filter((words) => {
      const name = [3, 2, 1].map((n) => words.slice(0, n).join(' ')).find((candidate) => known.has(candidate));
      if (name === undefined) return words[0] !== '--help' && words[0] !== 'help';
      const flags = words.filter((word) => word.startsWith('--') && word !== '--help').map((word) => word.slice(2));
      return flags.some((flag) => known.get(name)?.flags[flag] === undefined);
    });
    expect(wrong).toEqual([]);
  });
});

describe('README.md', () => {
  const { text } = page('README.md');

  it('holds the two commands that somebody new needs, each on a line of its own, before anything else', () => {
    const lines = text.split('\n');
    for (const command of ['npm ci && npm run demo', 'npm ci && npm test'])
      expect(lines.slice(0, 25)).toContain(command);
  });

  it('lists commands that exist, and some of every topic', () => {
    const rows = [...text.matchAll(/^\| (`gdpr [^|]+) \|/gm)].map(([, cell = '']) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, words = '']) => words),
    );
    const listed = rows.flatMap(([first = '', ...others]) => {
      const name = first.replace('gdpr ', '');
      const topic = name.split(' ')[0];
      return [name, ...others.map((other) => (other.includes(' ') ? other : `${topic} ${other}`))];
    });
    expect(listed.filter((name) => !known.has(name))).toEqual([]);
    const topics = new Set(listed.map((name) => name.split(' ')[0]));
    expect([...known.keys()].filter((name) => name !== 'help' && !topics.has(name.split(' ')[0] ?? ''))).toEqual([]);
  });

  it('shows pictures that are small enough to load at once', () => {
    const pictures = readdirSync(join(ROOT, 'docs/images'));
    expect(pictures.length).toBeGreaterThan(0);
    expect(pictures.filter((name) => statSync(join(ROOT, 'docs/images', name)).size > 200_000)).toEqual([]);
  });
});

describe('docs/commands.md', () => {
  it('is what the program says of itself; if not: node scripts/commands-doc.mjs > docs/commands.md', () => {
    const made = execFileSync(process.execPath, [join(ROOT, 'scripts', 'commands-doc.mjs')], { encoding: 'utf8' });
    expect(page('docs/commands.md').text).toBe(made);
  });

  it('tells of every flag', () => {
    const { text } = page('docs/commands.md');
    const flags = [...known.values()].flatMap((command) => Object.keys(command.flags));
    expect([...new Set(flags)].filter((flag) => !text.includes(`--${flag}`))).toEqual([]);
  });
});

describe('docs/decisions', () => {
  it('are numbered without gaps, each with its number in the title', () => {
    const files = readdirSync(join(ROOT, 'docs/decisions')).sort();
    expect(files.map((name) => Number(name.slice(0, 4)))).toEqual(files.map((_, i) => i + 1));
    for (const file of files)
      expect(page(join('docs/decisions', file)).text).toMatch(new RegExp(`^# ${file.slice(0, 4)} \\S`));
  });
});
