import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TYPED } from '../commands/needles.js';
import { commandLine, gdpr, ROOT } from '../commands/program.js';
import { outsideTool } from '../support/tools.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

const python3 = outsideTool('python3');
const TERMINAL = join(ROOT, 'test', 'cli', 'terminal.py');
const KEY = 'five other words for the keys';
const ANSI = String.fromCharCode(27);

type Steps = readonly (readonly [waitFor: string, type: string])[];

/** Runs gdpr on a terminal, where somebody answers. */
function onTerminal(args: readonly string[], steps: Steps, options: Parameters<typeof runOnTerminal>[2]) {
  return runOnTerminal(commandLine(args), steps, options);
}

function runOnTerminal(
  program: readonly string[],
  steps: Steps,
  options: { cwd: string; environment: NodeJS.ProcessEnv },
): Promise<{ code: number; shown: string }> {
  return new Promise((resolve) => {
    const env = { TERM: 'xterm-256color', HOME: options.cwd, ...options.environment };
    execFile(
      python3.path,
      [TERMINAL, JSON.stringify(steps), ...program],
      { cwd: options.cwd, env, encoding: 'utf8' },
      (error, shown) => {
        resolve({ code: error === null ? 0 : Number(error.code), shown });
      },
    );
  });
}

describe.skipIf(!python3.available)('at a terminal', { timeout: 240_000 }, () => {
  let workspace: TestWorkspace;
  let folder: string;
  beforeAll(async () => {
    workspace = await bookshopWorkspace();
    folder = await mkdtemp(join(tmpdir(), 'gdpr-terminal-'));
  });
  afterAll(async () => {
    await workspace.remove();
    await rm(folder, { recursive: true, force: true });
  });
  const at = () => ({ cwd: workspace.root, environment: workspace.environment });

  it('the operator chooses among namesakes, who are shown masked', async () => {
    const arrowDown = `${ANSI}[B`;
    const { code, shown } = await onTerminal(
      ['customer', 'export', '--name', TYPED.name, '--verified', 'contract number'],
      [
        ['Who is meant?', arrowDown],
        ['shop.customers:2', '\r'],
      ],
      at(),
    );
    const text = stripVTControlCharacters(shown);
    expect(code).toBe(0);
    expect(text).toContain('a***a@p***.');
    expect(text).not.toContain('anna.berzina');
    expect(text).toMatch(/Archive {3}\/.*export-.*\.asice/);
    // The second one was chosen: a teacher with two orders, where the first has six.
    expect(text).toMatch(/shop\.orders +2\r?\n/);
  });

  it('Ctrl-C at the question ends with 130, and nothing was exported', async () => {
    const before = await gdpr(['archive', 'list', '--json'], at());
    const { code, shown } = await onTerminal(
      ['customer', 'export', '--name', TYPED.name, '--verified', 'contract number'],
      [['Who is meant?', '\u0003']],
      at(),
    );
    expect({
      code,
      said: stripVTControlCharacters(shown).includes('gdpr: stopped as asked; nothing was done'),
    }).toEqual({ code: 130, said: true });
    expect((await gdpr(['archive', 'list', '--json'], at())).stdout).toBe(before.stdout);
  });

  it('passphrases are asked for, not shown, and a typing error of a new one is noticed', async () => {
    const place = join(folder, 'locked');
    await cp(workspace.root, place, { recursive: true });
    await rm(join(place, '.gdpr', 'keys'), { recursive: true });
    const environment = workspace.environment;
    const copied = await onTerminal(
      ['key', 'export', join(folder, 'copy.age')],
      [
        ['Passphrase for the copy', `${KEY}\r`],
        ['The same again', `${KEY}\r`],
      ],
      at(),
    );
    expect({ code: copied.code, copy: stripVTControlCharacters(copied.shown).includes('copy.age') }).toEqual({
      code: 0,
      copy: true,
    });
    expect(copied.shown).not.toContain(KEY);
    const differing = await onTerminal(
      ['key', 'export', join(folder, 'other.age')],
      [
        ['Passphrase for the copy', `${KEY}\r`],
        ['The same again', `${KEY}?\r`],
      ],
      at(),
    );
    expect({
      code: differing.code,
      said: stripVTControlCharacters(differing.shown).includes('the two passphrases differ'),
    }).toEqual({ code: 2, said: true });

    const imported = await onTerminal(
      ['key', 'import', join(folder, 'copy.age')],
      [['Passphrase of the copy', `${KEY}\r`]],
      { cwd: place, environment: { ...environment, GDPR_KEY_PASSPHRASE: KEY } },
    );
    expect(imported.code).toBe(0);
    const opened = await onTerminal(['audit', 'checkpoint'], [['Passphrase of the keys', `${KEY}\r`]], {
      cwd: place,
      environment,
    });
    expect({ code: opened.code, note: stripVTControlCharacters(opened.shown).includes('privatums/audit/') }).toEqual({
      code: 0,
      note: true,
    });
    expect(opened.shown).not.toContain(KEY);
  });

  it.each([
    {
      command: 'rectify',
      flags: ['--set', 'language=en'],
      // As much of each question as is on its first line.
      asked: 'type its last',
      wrong: 'is not the end of the reference',
      done: 'Archive   ',
    },
    {
      command: 'erase',
      flags: ['--ground', '17(1)(b)'],
      asked: 'This cannot be undone.',
      wrong: 'is not what was asked for',
      done: 'nothing else is left',
    },
  ])('$command wants the end of the reference typed, and shows before what it would do', async (tried) => {
    const { command, flags, asked, wrong, done } = tried;
    const person = ['--email', 'anna.berzina2@pasts.example'];
    const found = await gdpr(['customer', 'find', ...person, '--json'], at());
    const { matches } = JSON.parse(found.stdout) as { matches: { subject: string }[] };
    const word = matches[0]?.subject.slice(-4) ?? '';
    const type = async (typed: string) => {
      const ran = await onTerminal(
        ['customer', command, ...person, ...flags, '--verified', 'account login'],
        [[asked, typed]],
        at(),
      );
      return { code: ran.code, text: stripVTControlCharacters(ran.shown) };
    };
    for (const [typed, code, said] of [
      [`${word === 'aaaa' ? 'bbbb' : 'aaaa'}\r`, 3, wrong],
      ['\r', 3, wrong],
      ['\u0003', 130, 'stopped as asked; nothing was done'],
    ] as const) {
      const { code: ended, text } = await type(typed);
      expect({ typed, ended, said: text.includes(said), shown: text.includes('shop.customers') }).toEqual({
        typed,
        ended: code,
        said: true,
        shown: true,
      });
      expect(text).not.toContain('anna.berzina');
    }
    expect((await gdpr(['customer', 'find', ...person, '--json'], at())).stdout).toContain(word);
    const { code, text } = await type(`${word}\r`);
    expect({ code, done: text.includes(done) }).toEqual({ code: 0, done: true });
  });

  it.each(['progress.stop()', 'process.exit()'])('a step that tells nothing shows a bar, until %s', async (end) => {
    const module = join(ROOT, 'dist', 'src', 'cli', 'progress.js');
    const program = `import { Progress } from ${JSON.stringify(module)};
      const progress = new Progress();
      progress.show('slowly', 1, 4);
      setTimeout(() => ${end}, 3000);`;
    const { code, shown } = await runOnTerminal([process.execPath, '--input-type=module', '-e', program], [], at());
    expect(code).toBe(0);
    expect(stripVTControlCharacters(shown)).toMatch(/ 1\/4 slowly \ds/);
    expect(shown.lastIndexOf(`${ANSI}[?25h`)).toBeGreaterThan(shown.lastIndexOf(`${ANSI}[?25l`));
  });

  it('colours are used, and left out where NO_COLOR is set', async () => {
    const coloured = await onTerminal(['audit', 'verify'], [], at());
    expect(coloured.shown).toContain(`${ANSI}[32m✓`);
    const plain = await onTerminal(['audit', 'verify'], [], {
      ...at(),
      environment: { ...workspace.environment, NO_COLOR: '1' },
    });
    expect(plain).toMatchObject({ code: 0, shown: expect.stringContaining('✓ Entries are numbered') });
    expect(plain.shown).not.toContain(ANSI);
    const mistake = await onTerminal(['customer', 'find'], [], {
      ...at(),
      environment: { ...workspace.environment, NO_COLOR: '1' },
    });
    expect(mistake).toMatchObject({ code: 2, shown: expect.stringContaining('gdpr: nobody is named') });
    expect(mistake.shown).not.toContain(ANSI);
  });
});
