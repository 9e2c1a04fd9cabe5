import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadDataMap } from '../../src/datamap/load.js';
import { escapeHtml } from '../../src/documents/escape.js';
import { run as runTool } from '../archive/support.js';
import { leaksIn, TYPED } from '../commands/needles.js';
import { commandLine, gdpr, startGdpr } from '../commands/program.js';
import { jsonErrorOf, jsonOf } from '../commands/schemas.js';
import { outsideTool } from '../support/tools.js';
import { bookshopWorkspace } from '../support/workspace.js';
import { archive, folder, NAME, names, otherPassphrase, sender, sha256Of } from './support.js';

const python3 = outsideTool('python3');
const PAGE = 'export-20260301-abcdefghijklmnop.html';
const { generateX25519Identity, identityToRecipient } = await import('age-encryption');
const identity = await generateX25519Identity();
const recipient = await identityToRecipient(identity);
const trusted = ['--signer', sender.sha256];

interface Encrypted {
  readonly files: readonly { readonly path: string; readonly sha256: string; readonly kind: string }[];
  readonly passphrase: string;
}
interface Opened {
  readonly path: string;
  readonly sha256: string;
  readonly verification?: { readonly valid: boolean };
}

let path: string;
let where: string;
let made: Encrypted;

/** Runs the program where no workspace is. */
function run(...args: string[]) {
  return gdpr(args, { cwd: where, environment: {} });
}
const withPassphrase = (GDPR_ARCHIVE_PASSPHRASE: string, ...args: string[]) =>
  gdpr(args, { cwd: where, environment: { GDPR_ARCHIVE_PASSPHRASE } });

beforeAll(async () => {
  path = await archive(1000);
  where = dirname(path);
  await writeFile(join(where, 'key.txt'), `${identity}\n`);
  const args = [
    'archive',
    'encrypt',
    NAME,
    '--encrypt-to',
    recipient,
    '--for-customer',
    '--controller',
    'SIA Grāmatas',
  ];
  made = jsonOf(await run(...args, ...trusted, '--json'), 'archive-encrypt');
});

describe('gdpr archive encrypt and open', { timeout: 60_000 }, () => {
  it('writes both files beside the archive and tells the passphrase', async () => {
    expect(made.files.map((file) => file.path)).toEqual([`${path}.age`, join(where, PAGE)]);
    for (const file of made.files) expect(file.sha256).toBe(await sha256Of(file.path));
    expect(await readFile(join(where, PAGE), 'utf8')).toContain('SIA Grāmatas');
  });

  it('opens them again, and checks the signature', async () => {
    const fromAge = jsonOf<Opened>(
      await run('archive', 'open', `${NAME}.age`, '--identity', 'key.txt', '--to', 'a.asice', ...trusted, '--json'),
      'archive-open',
    );
    expect(fromAge).toMatchObject({
      path: join(where, 'a.asice'),
      sha256: await sha256Of(path),
      verification: { valid: true },
    });
    const text = await withPassphrase(made.passphrase, 'archive', 'open', PAGE, '--to', 'b.asice', ...trusted);
    expect(text).toMatchObject({ code: 0, stderr: '' });
    expect(text.stdout).toContain('The archive is intact: 2 files, signed by ');
    expect(await sha256Of(join(where, 'b.asice'))).toBe(await sha256Of(path));
  });

  it('keeps an archive whose signer is not trusted, and ends with 5', async () => {
    const json = await withPassphrase(made.passphrase, 'archive', 'open', PAGE, '--to', 'c.asice', '--json');
    expect(json.code).toBe(5);
    expect(jsonOf<Opened>(json, 'archive-open').verification?.valid).toBe(false);
    const text = await withPassphrase(made.passphrase, 'archive', 'open', PAGE, '--to', 'd.asice');
    expect(text.code).toBe(5);
    expect(text.stdout).toContain('The archive is NOT valid, or not from a signer that you trust');
    expect(await sha256Of(join(where, 'd.asice'))).toBe(await sha256Of(path));
  });

  it('refuses as it is documented, without the passphrase in any message', async () => {
    const wrong = await withPassphrase(
      otherPassphrase(made.passphrase),
      'archive',
      'open',
      PAGE,
      '--to',
      'x',
      '--json',
    );
    expect(jsonErrorOf(wrong)).toMatchObject({ code: 'PASSPHRASE_WRONG', exit: 3 });
    expect(wrong.stdout).not.toContain(made.passphrase.slice(0, 9));
    expect(jsonErrorOf(await run('archive', 'open', PAGE, '--to', 'x', '--json'))).toMatchObject({
      code: 'USAGE',
      hint: 'set GDPR_ARCHIVE_PASSPHRASE',
    });
    expect(
      jsonErrorOf(await run('archive', 'encrypt', NAME, '--encrypt-to', recipient, ...trusted, '--json')),
    ).toMatchObject({ code: 'ALREADY_EXISTS', exit: 2 });
    expect(jsonErrorOf(await run('archive', 'encrypt', NAME, '--json'))).toMatchObject({ code: 'USAGE', exit: 2 });
    const fresh = await archive(10);
    const untrusted = await run('archive', 'encrypt', fresh, '--encrypt-to', recipient, '--json');
    expect(jsonErrorOf(untrusted)).toMatchObject({ code: 'VERIFICATION_FAILED', exit: 5 });
    const nameless = await run('archive', 'encrypt', fresh, '--for-customer', ...trusted, '--json');
    expect(jsonErrorOf(nameless)).toMatchObject({ code: 'WORKSPACE_NOT_FOUND', exit: 2 });
    expect(await names(dirname(fresh))).toEqual([NAME]);
  });

  it('shows the passphrase to a person alone: without a terminal it makes none', async () => {
    const fresh = await archive(10);
    const ran = await run('archive', 'encrypt', fresh, '--for-customer', '--controller', 'X', ...trusted);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain('the passphrase is shown once, on a terminal');
    expect(`${ran.stdout}${ran.stderr}`).not.toMatch(/\d{4} \d{4}/);
    expect(await names(dirname(fresh))).toEqual([NAME]);
  });

  it.skipIf(!python3.available)('shows it at a terminal, on standard error, once', async () => {
    const fresh = await archive(10);
    // Standard error is a terminal, standard output a file: what the file holds may be kept.
    const typed = `
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.dup2(os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT, 0o600), 1)
    os.execv(sys.argv[2], sys.argv[2:])
seen = b""
try:
    while True:
        block = os.read(terminal, 4096)
        if not block: break
        seen += block
except OSError: pass
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;
    const out = join(folder(), 'out.txt');
    const args = [...commandLine(['archive', 'encrypt', fresh, '--for-customer', '--controller', 'X', ...trusted])];
    const { exit, output } = await runTool(python3.path, ['-c', typed, out, ...args], dirname(fresh));
    expect({ exit, shown: output.match(/\d{4}( \d{4}){5}/g)?.length }).toEqual({ exit: 0, shown: 1 });
    const kept = await readFile(out, 'utf8');
    expect(kept).toContain(PAGE);
    expect(kept).not.toMatch(/\d{4} \d{4}/);
    const [passphrase = ''] = output.match(/\d{4}( \d{4}){5}/) ?? [];
    const opened = await withPassphrase(
      passphrase,
      'archive',
      'open',
      join(dirname(fresh), PAGE),
      '--to',
      'e.asice',
      ...trusted,
    );
    expect(opened.code).toBe(0);
  });

  it('ends with 130 at Ctrl-C and leaves nothing half done', async () => {
    const large = await archive(60_000_000);
    const { child, ended } = startGdpr(['archive', 'encrypt', large, '--encrypt-to', recipient, ...trusted], {
      cwd: where,
      environment: {},
    });
    const partial = `${large}.age.partial`;
    const began = async (): Promise<void> => {
      while (!(await names(dirname(large))).includes(`${NAME}.age.partial`)) {
        if (child.exitCode !== null) throw new Error(`it ended before ${partial} was seen`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    await began();
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
    expect(await names(dirname(large))).toEqual([NAME]);
  });
});

describe('in a workspace', { timeout: 120_000 }, () => {
  it('trusts the own certificate, names the controller of the map, and lets nothing of the person be read', async () => {
    const workspace = await bookshopWorkspace();
    try {
      const inside = (args: string[], more: NodeJS.ProcessEnv = {}) =>
        gdpr([...args, '--json'], { cwd: workspace.root, environment: { ...workspace.environment, ...more } });
      const exported = await inside(['customer', 'export', '--email', TYPED.email, '--verified', 'account login']);
      const { archive: file } = jsonOf<{ archive: string }>(exported, 'customer-export');
      const encrypting = ['archive', 'encrypt', file, '--for-customer', '--encrypt-to', recipient];
      const { files, passphrase } = jsonOf<Encrypted>(await inside(encrypting), 'archive-encrypt');
      const { controller } = (await loadDataMap(join(workspace.root, 'datamap.yaml'))).map;
      expect(await readFile(files[1]?.path ?? '', 'utf8')).toContain(escapeHtml(controller.name));
      for (const encrypted of files) {
        expect(leaksIn(await readFile(encrypted.path, 'utf8'))).toEqual([]);
        expect(leaksIn(encrypted.path)).toEqual([]);
      }
      const opening = ['archive', 'open', files[1]?.path ?? '', '--to', 'received.asice'];
      const opened = await inside(opening, { GDPR_ARCHIVE_PASSPHRASE: passphrase });
      expect(jsonOf<Opened>(opened, 'archive-open').verification?.valid).toBe(true);
      const log = await inside(['audit', 'list']);
      expect(log.stdout).not.toContain(passphrase);
    } finally {
      await workspace.remove();
    }
  });
});
