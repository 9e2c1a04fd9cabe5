// Compiles to dist and writes the manifest; does nothing when the sources are those of the last build.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { writeManifest } from './manifest.mjs';

const SOURCE_FOLDERS = ['commands', 'src', 'examples', 'scripts'];
const SOURCE_FILES = ['package.json', 'package-lock.json', 'tsconfig.json', '.oclifrc'];

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const stamp = join(dist, '.sources');

const sources = await digestOfSources();
if (!(await isCurrent())) {
  await build().catch((error) => {
    process.exitCode = 1;
    console.error(`build failed: ${error.message}\n${error.detail ?? ''}`.trimEnd());
  });
}

async function build() {
  // Compiled aside and swapped in, so that a failed build leaves the last good one and no half of the new one.
  const fresh = `${dist}.partial-${process.pid}`;
  const old = `${dist}.old-${process.pid}`;
  try {
    compile(fresh);
    await writeFile(join(fresh, '.sources'), sources);
    await rm(join(root, 'oclif.manifest.json'), { force: true });
    if (existsSync(dist)) await rename(dist, old);
    await rename(fresh, dist);
    await writeManifest(root);
  } finally {
    await rm(fresh, { recursive: true, force: true });
    await rm(old, { recursive: true, force: true });
  }
}

function compile(outDir) {
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
  const args = [tsc, '-p', join(root, 'tsconfig.json'), '--outDir', outDir];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) throw new Error('the sources do not compile');
}

async function isCurrent() {
  if (!existsSync(join(root, 'oclif.manifest.json'))) return false;
  return (await readFile(stamp, 'utf8').catch(() => '')) === sources;
}

async function digestOfSources() {
  const hash = createHash('sha256');
  const files = [...SOURCE_FILES];
  for (const folder of SOURCE_FOLDERS) {
    const entries = await readdir(join(root, folder), { recursive: true }).catch(() => []);
    files.push(...entries.filter((name) => /\.(ts|mjs|json)$/.test(name)).map((name) => join(folder, name)));
  }
  for (const file of files.sort()) {
    const content = await readFile(join(root, file)).catch(() => '');
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}
