import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PEOPLE } from '../../examples/bookshop/people.js';
import { gdpr } from '../commands/program.js';
import { shop } from './shop.js';

const s = shop();

describe('16 delivery', () => {
  it('16 puts no personal data into the name of any file, outside the archive or in it', async () => {
    const names: string[] = [];
    for (const { email } of [PEOPLE.anna, PEOPLE.lasitava]) {
      const { result, archive } = await s.export({ email });
      expect(result.archive).toMatch(/\/export-\d{8}-[a-z2-7]{16}\.asice$/);
      names.push(...archive.files.keys());
    }
    names.push(...(await readdir(s.workspace.root, { recursive: true })));
    expect(names.length).toBeGreaterThan(100);
    const text = names.join('\n').toLowerCase();
    const values = Object.values(PEOPLE).flatMap(({ name, email, phone, orders, personasKods, needles }) => [
      ...name.split(' '),
      email,
      phone,
      ...orders,
      ...(personasKods === undefined ? [] : [personasKods]),
      ...needles,
    ]);
    expect(values.filter((value) => text.includes(value.toLowerCase()))).toEqual([]);
  });

  it('16 encrypts an archive for its way, under a passphrase that is nowhere in the file', async () => {
    const { result } = await s.export({ email: PEOPLE.anna.email });
    const args = ['archive', 'encrypt', result.archive, '--for-customer', '--json'];
    const ran = await gdpr(args, { cwd: s.workspace.root, environment: s.workspace.environment });
    const { files, passphrase } = JSON.parse(ran.stdout) as { files: { path: string }[]; passphrase: string };
    const file = files[0]?.path ?? '';
    const sealed = await readFile(file, 'latin1');
    expect(sealed.length).toBeGreaterThan(10_000);
    expect(passphrase.replace(/\D/g, '')).toHaveLength(24);
    const spellings = [
      passphrase,
      passphrase.replace(/\D/g, ''),
      ...PEOPLE.anna.needles.filter((needle) => needle.length > 7),
    ];
    expect(spellings.filter((text) => sealed.includes(Buffer.from(text).toString('latin1')))).toEqual([]);
    expect(basename(file)).toMatch(/^export-\d{8}-[a-z2-7]{16}\./);
  });

  it('16 leaves the archive readable by its operator alone', async () => {
    const { result } = await s.export({ email: PEOPLE.janis.email });
    expect((await stat(result.archive)).mode & 0o077).toBe(0);
    expect((await stat(join(result.archive, '..'))).mode & 0o077).toBe(0);
  });
});
