import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmdirSync } from 'node:fs';
import { appendFile, cp, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { leaksIn, TYPED } from '../commands/needles.js';
import { commandLine, gdpr, ROOT } from '../commands/program.js';
import { jsonErrorOf, jsonOf } from '../commands/schemas.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

const EXPORT = ['customer', 'export', '--email', TYPED.email, '--verified', 'account login', '--json'];

/** Whether this machine lets the tests mount a small file system of their own. */
const mayMount = (() => {
  const folder = mkdtempSync(join(tmpdir(), 'gdpr-mount-'));
  try {
    return mount(folder) && umount(folder);
  } finally {
    rmdirSync(folder);
  }
})();

function mount(folder: string, options = 'size=64k'): boolean {
  mkdirSync(folder, { recursive: true });
  return spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]).status === 0;
}

function umount(folder: string): boolean {
  return spawnSync('umount', ['-l', folder]).status === 0;
}

describe('files that cannot be written', { timeout: 240_000 }, () => {
  let workspace: TestWorkspace;
  let folder: string;
  const mounts: string[] = [];
  const run = (...args: string[]) => gdpr(args, { cwd: folder, environment: workspace.environment });

  beforeAll(async () => {
    workspace = await bookshopWorkspace();
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gdpr-files-'));
    await cp(workspace.root, folder, { recursive: true });
  });
  afterEach(async () => {
    for (const place of mounts.splice(0)) umount(place);
    // The journal of this copy goes on in the next one.
    await cp(join(folder, '.gdpr', 'journal.jsonl'), join(workspace.root, '.gdpr', 'journal.jsonl')).catch(() => {});
    await rm(folder, { recursive: true, force: true });
  });
  afterAll(() => workspace.remove());

  async function expectFailedCleanly(): Promise<void> {
    expect(
      (await readdir(join(folder, 'archives')).catch(() => [])).filter((name) => name.endsWith('.partial')),
    ).toEqual([]);
    expect(await readdir(join(folder, '.gdpr', 'tmp')).catch(() => [])).toEqual([]);
    const { entries } = jsonOf<{ entries: unknown[] }>(await run('audit', 'list', '--json'), 'audit-list');
    expect(entries.at(-1)).toMatchObject({ action: 'customer export', result: 'failed' });
    expect((await run('recover')).stdout).toBe('Nothing to recover.\n');
  }

  it('because a file may not grow any more: exit code 7, logged as failed, nothing left', async () => {
    // The limit of the shell stands in for a full disk: writing past 8 KiB fails; without the trap a signal would end it.
    const { status, stdout, stderr } = spawnSync(
      'sh',
      ['-c', `trap '' XFSZ; ulimit -f 16; exec "$@"`, 'sh', ...commandLine(EXPORT)],
      {
        cwd: folder,
        env: { ...workspace.environment, NODE_DISABLE_COMPILE_CACHE: '1' },
        encoding: 'utf8',
      },
    );
    expect(jsonErrorOf({ code: status, signal: null, stdout, stderr })).toMatchObject({
      code: 'FILE_UNAVAILABLE',
      exit: 7,
      message: expect.stringContaining('too large'),
    });
    expect(leaksIn(stdout)).toEqual([]);
    await expectFailedCleanly();
  });

  it.skipIf(!mayMount)('because the disk is full: exit code 7, logged as failed, nothing left', async () => {
    const archives = join(folder, 'archives');
    mounts.push(archives);
    expect(mount(archives, 'size=8k')).toBe(true);
    const error = jsonErrorOf(await run(...EXPORT));
    expect(error).toMatchObject({
      code: 'FILE_UNAVAILABLE',
      exit: 7,
      message: expect.stringContaining('the disk is full'),
      hint: expect.stringContaining('free some space'),
    });
    await expectFailedCleanly();
  });

  it.skipIf(!mayMount)('because the archives folder is read-only: exit code 7, logged as failed', async () => {
    const archives = join(folder, 'archives');
    mounts.push(archives);
    expect(mount(archives, 'ro,size=64k')).toBe(true);
    expect(jsonErrorOf(await run(...EXPORT))).toMatchObject({
      code: 'FILE_UNAVAILABLE',
      exit: 7,
      message: expect.stringContaining('read-only'),
    });
    await expectFailedCleanly();
  });

  it.skipIf(!mayMount)(
    'because the journal is on a full disk: the export is there, and recover finishes it',
    async () => {
      const place = join(folder, 'shared');
      mounts.push(place);
      expect(mount(place, 'size=12k')).toBe(true);
      const journal = join(place, 'journal.jsonl');
      await cp(join(folder, '.gdpr', 'journal.jsonl'), journal).catch(() => {});
      await writeFile(join(folder, 'gdpr.yaml'), 'database: server\njournal: shared/journal.jsonl\n');
      expect((await run(...EXPORT)).code).toBe(0);
      // Fills the journal's block and all others, so that the next record finds no room.
      const { size } = await stat(journal);
      await appendFile(journal, `${JSON.stringify({ pad: 'x'.repeat(4060 - (size % 4096)), type: 'pad' })}\n`);
      const filler = join(place, 'filler');
      await writeFile(filler, Buffer.alloc(1 << 20)).catch(() => {});
      const failed = await run(...EXPORT);
      expect(jsonErrorOf(failed)).toMatchObject({
        code: 'FILE_UNAVAILABLE',
        exit: 7,
        hint: expect.stringContaining('gdpr recover'),
      });
      await rm(filler);
      const { recovered } = jsonOf<{ recovered: unknown[] }>(await run('recover', '--json'), 'recover');
      expect(recovered).toEqual([expect.objectContaining({ what: 'finished' })]);
      const { archives } = jsonOf<{ archives: { state: string; archive: string }[] }>(
        await run('archive', 'list', '--json'),
        'archive-list',
      );
      expect(archives.at(-1)?.state).toBe('present');
      expect((await run('archive', 'verify', archives.at(-1)?.archive ?? '')).code).toBe(0);
      expect((await run('audit', 'verify')).code).toBe(0);
      await cp(journal, join(folder, '.gdpr', 'journal.jsonl'));
    },
  );

  it('because the archive is there already: nothing is overwritten', async () => {
    await mkdir(join(folder, 'archives'), { recursive: true });
    const today = new Date().toISOString().slice(0, 10).replaceAll('-', '');
    const name = `export-${today}-aaaaaaaaaaaaaaaa.asice`;
    await writeFile(join(folder, 'archives', name), 'mine');
    const ran = await gdpr(EXPORT, {
      cwd: folder,
      environment: workspace.environment,
      preload: [join(ROOT, 'test', 'workspace', 'same-id.mjs')],
    });
    expect(jsonErrorOf(ran)).toMatchObject({ code: 'ALREADY_EXISTS', exit: 2, message: expect.stringContaining(name) });
    expect(await readdir(join(folder, 'archives'))).toEqual([name]);
    await expectFailedCleanly();
  });
});
