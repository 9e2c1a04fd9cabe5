import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Why a trap has no test: nothing that exists today can fall into it. Remove the line together with the reason. */
const REASONS: Readonly<Record<number, string>> = {
  38: 'no register of processing is printed yet',
  39: 'no breach register yet',
};

const FOLDER = import.meta.dirname;
const TRAPS = Array.from({ length: 40 }, (_, i) => i + 1);

describe('the forty traps', () => {
  it('each have a test or a reason for none, and never both', async () => {
    const files = (await readdir(FOLDER)).filter((name) => /^\d\d-.*\.test\.ts$/.test(name));
    const tested = new Map(files.map((name) => [Number(name.slice(0, 2)), name]));
    expect(tested.size).toBe(files.length);
    expect(TRAPS.filter((trap) => !tested.has(trap) && REASONS[trap] === undefined)).toEqual([]);
    expect(TRAPS.filter((trap) => tested.has(trap) && REASONS[trap] !== undefined)).toEqual([]);
    expect([...tested.keys(), ...Object.keys(REASONS).map(Number)].filter((trap) => !TRAPS.includes(trap))).toEqual([]);
  });

  it('name the number in every test', async () => {
    for (const name of (await readdir(FOLDER)).filter((file) => /^\d\d-/.test(file))) {
      const titles = [
        ...(await readFile(join(FOLDER, name), 'utf8')).matchAll(
          /\bit(?:\.[a-z]+\((?:[^()]|\([^()]*\))*\))?\(\s*(['"])(.*?)\1/gs,
        ),
      ].map(([, , title]) => title);
      expect(titles.length).toBeGreaterThan(0);
      expect(titles.filter((title) => title?.startsWith(`${name.slice(0, 2)} `) !== true)).toEqual([]);
    }
  });
});
