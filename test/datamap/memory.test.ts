import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { loadDataMap } from '../../src/datamap/load.js';
import type { DataMapModel } from '../../src/datamap/model.js';
import { sha256 } from '../../src/foundation/canonical-json.js';
import { fixtures } from './fixtures.js';

const valid = await readFile(join(fixtures, 'valid.yaml'), 'utf8');
const folders: string[] = [];
let map: string;
let memory: string;

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gdpr-test-memory-'));
  folders.push(folder);
  map = join(folder, 'datamap.yaml');
  memory = join(folder, 'datamap.json');
  await writeFile(map, valid);
});
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

const controller = async () => (await loadDataMap(map, memory)).map.controller.name;
const exists = (file: string) =>
  stat(file).then(
    () => true,
    () => false,
  );

/** Puts another value into the memory of the map as it stands, with digests that fit, so that its use shows. */
async function plant(change: (value: { controller: { name?: string } }) => void): Promise<void> {
  await loadDataMap(map, memory);
  const json = (await readFile(memory, 'utf8')).split('\n')[1] ?? '';
  const value = JSON.parse(json);
  change(value);
  const planted = JSON.stringify(value);
  await writeFile(memory, `1 ${sha256(await readFile(map))} ${sha256(planted)}\n${planted}`);
}
const rename = (value: { controller: { name?: string } }) => {
  value.controller.name = 'Remembered';
};

describe('what is remembered of a map', () => {
  it('makes the model that its YAML makes, and only its owner can open it', async () => {
    const plain = ({ map: entries, digest, tables, impersonal }: DataMapModel) => ({
      entries,
      digest,
      tables,
      impersonal,
    });
    const read = plain(await loadDataMap(map, memory));
    expect(plain(await loadDataMap(map, memory))).toEqual(read);
    expect(plain(await loadDataMap(map))).toEqual(read);
    expect((await stat(memory)).mode & 0o777).toBe(0o600);
  });

  it('takes the place of reading the YAML', async () => {
    await plant(rename);
    await expect(controller()).resolves.toBe('Remembered');
  });

  it('passes the same checks, and a problem is told at its place in the YAML', async () => {
    await plant((value) => {
      delete value.controller.name;
    });
    const lines = valid.split('\n');
    const line = lines.findIndex((text) => text.startsWith('controller: {'));
    const place = `${line + 1}:${(lines[line]?.indexOf('name') ?? 0) + 1}`;
    await expect(controller()).rejects.toMatchObject({
      code: 'MAP_INVALID',
      details: { problems: [expect.stringMatching(new RegExp(`^${map}:${place}: controller\\.name: `))] },
    });
  });

  it.each<[string, () => Promise<unknown>]>([
    ['the map has changed', () => writeFile(map, `${valid}\n# another text\n`)],
    ['it was changed itself', async () => writeFile(memory, (await readFile(memory, 'utf8')).replace('red', 'RED'))],
    ['it is cut off', async () => writeFile(memory, (await readFile(memory)).subarray(0, 200))],
    ['it is empty', () => writeFile(memory, '')],
    ['others may open it', () => chmod(memory, 0o640)],
    ['others may enter its folder', () => chmod(join(memory, '..'), 0o755)],
  ])('is not used when %s', async (_, spoil) => {
    await plant(rename);
    await spoil();
    await expect(controller()).resolves.toBe('Shop');
  });

  it('is nothing for a map that is refused', async () => {
    await writeFile(map, valid.replace('version: 1', 'version: 2'));
    await expect(controller()).rejects.toMatchObject({ code: 'MAP_INVALID' });
    await expect(exists(memory)).resolves.toBe(false);
  });

  it('is nothing in a folder that others may enter, and the map is read', async () => {
    await chmod(join(memory, '..'), 0o755);
    await expect(controller()).resolves.toBe('Shop');
    await expect(exists(memory)).resolves.toBe(false);
  });
});
