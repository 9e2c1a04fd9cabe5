import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exportPrepared, prepareExport } from '../../src/customer/export-customer.js';
import { nobodyToAsk } from '../customer/support/export.js';
import { shop } from './shop.js';

const s = shop();

/** A personal code that the shop does not hold. */
const STRANGE = '010190-23456';
const traces = (text: string) => [STRANGE, STRANGE.replace('-', '')].filter((code) => text.includes(code));
const held = 'SELECT count(*)::int AS n FROM shop.customers WHERE personas_kods IS NOT NULL';

describe('06 proportionate identification', () => {
  it('06 keeps no personal code that a person was asked for and the shop does not hold', async () => {
    const [before] = await s.rows<{ n: number }>(held);
    expect(await s.find({ personasKods: STRANGE })).toEqual([]);
    await expect(
      prepareExport(s.context, { email: 'petr.ivanov@pasts.example', personasKods: STRANGE }, nobodyToAsk),
    ).rejects.toMatchObject({ code: 'NOBODY' });
    await s.export({ email: 'petr.ivanov@pasts.example' });
    expect(traces(await s.ownTables())).toEqual([]);
    expect(traces(await readFile(s.context.paths.journal, 'utf8'))).toEqual([]);
    expect(await s.rows(held)).toEqual([before]);
  });

  it('06 takes how the identity was checked in words, and refuses the code itself in them', async () => {
    const prepared = await prepareExport(s.context, { email: 'petr.ivanov@pasts.example' }, nobodyToAsk);
    const run = (verified: string | undefined) =>
      exportPrepared(s.context, prepared, { verified, language: 'lv' }, () => {});
    await expect(run(`personas kods ${STRANGE}`)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    await expect(run(undefined)).rejects.toMatchObject({ code: 'REFUSED' });
    expect((await run('account login')).archive).toMatch(/\.asice$/);
  });

  it('06 has no place to hand in a copy of a document', () => {
    const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../../oclif.manifest.json'), 'utf8'));
    const flags = Object.values<{ id: string; flags: Record<string, object> }>(manifest.commands).flatMap((command) =>
      Object.keys(command.flags).map((flag) => `${command.id} ${flag}`),
    );
    expect(flags.length).toBeGreaterThan(30);
    // What a recipient signed, and what a court wrote.
    expect(flags.filter((flag) => /passport|scan|photo|document|id-card|attachment/.test(flag))).toEqual([
      'agreement:add document',
      'disclose document',
    ]);
  });
});
