import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PEOPLE } from '../../examples/bookshop/people.js';
import { shop } from './shop.js';

const s = shop();

describe('16 delivery', () => {
  it('16 puts no personal data into the name of any file, outside the archive or in it', async () => {
    const names: string[] = [];
    for (const { email } of Object.values(PEOPLE)) {
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

  it('16 leaves the archive readable by its operator alone', async () => {
    const { result } = await s.export({ email: 'petr.ivanov@pasts.example' });
    expect((await stat(result.archive)).mode & 0o077).toBe(0);
    expect((await stat(join(result.archive, '..'))).mode & 0o077).toBe(0);
  });
});
