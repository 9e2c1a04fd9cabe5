import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { prepareExport } from '../../../src/customer/export-customer.js';
import { PORTABLE } from '../../../src/customer/portable/kind.js';
import type { Context } from '../../../src/workspace/open.js';
import { bookshopWorkspace, type TestWorkspace } from '../../support/workspace.js';
import { CASES } from '../support/cases.js';
import { type Exported, nobodyToAsk } from '../support/export.js';
import { exportPortable } from './support.js';

vi.setConfig({ testTimeout: 120_000 });

interface Column {
  readonly source: string;
  readonly purposes: readonly string[];
  readonly owner?: string;
  readonly secret?: unknown;
}
/** The map as its file says it; the program's own reading of it is not used. */
const map = parse(readFileSync(join(import.meta.dirname, '../../../examples/bookshop/datamap.yaml'), 'utf8')) as {
  readonly purposes: Readonly<Record<string, { readonly basis: string }>>;
  readonly tables: Readonly<
    Record<string, { readonly impersonal?: unknown; readonly columns: Record<string, Column> }>
  >;
};

/** Why Art. 20 does not cover a column; undefined when it does. */
function leftOut({ source, purposes, owner, secret }: Column): string | undefined {
  if (secret !== undefined) return 'secret';
  if (owner === 'other') return 'third-party';
  if (source === 'inferred') return 'inferred';
  const consentOrContract = purposes.filter((id) => /^6\(1\)\([ab]\)$/.test(map.purposes[id]?.basis ?? ''));
  return consentOrContract.length > 0 ? undefined : 'basis';
}

const personal = Object.entries(map.tables).filter(([, table]) => table.impersonal === undefined);

interface Plan {
  readonly ground: string;
  readonly steps: readonly {
    readonly read: string;
    readonly withheld: readonly { column: string; reason: string }[];
  }[];
}

const ANNA = 'anna.berzina@pasts.example';

let workspace: TestWorkspace;
let context: Context;
let exported: Exported[];

beforeAll(async () => {
  workspace = await bookshopWorkspace();
  context = await workspace.context();
  await context.database.transaction('read committed', async (session) => {
    for (const statement of CASES) await session.run(statement);
  });
  exported = [];
  for (const email of [ANNA, 'janis.berzins@pasts.example', 'petr.ivanov@pasts.example'])
    exported.push(await exportPortable(context, { email }));
}, 180_000);
afterAll(async () => {
  await context.database.close();
  await workspace.remove();
});

describe('a column of the shop', () => {
  it.each(personal)('of %s is given exactly when source, basis, owner and secrecy say so', (table, { columns }) => {
    const portable = Object.keys(columns).filter((name) => leftOut(columns[name] as Column) === undefined);
    const given = exported.flatMap(({ archive }) => {
      const found = archive.tables.get(table);
      return found === undefined ? [] : [Object.keys(found.columns)];
    });
    // Otherwise nothing is proved: every table that is given has rows of one of these people.
    expect(given.length > 0).toBe(portable.length > 0);
    for (const names of given) expect(names).toEqual(portable);
    for (const { archive } of exported) {
      for (const row of archive.rows(table)) expect(Object.keys(row)).toEqual(portable);
      const [header = ''] = (archive.files.get(`data/${fileOf(table)}.csv`)?.toString('utf8') ?? '').split('\n');
      if (header !== '') expect(header.replace('\uFEFF', '')).toBe(csvLine(portable));
    }
  });

  it('is listed with its reason when it is left out, in the plan and, where there are rows, in the archive', async () => {
    const expected = personal.flatMap(([table, { columns }]) =>
      Object.entries(columns).flatMap(([column, entry]) => {
        const reason = leftOut(entry);
        return reason === undefined ? [] : [{ table, column, reason }];
      }),
    );
    expect(new Set(expected.map(({ reason }) => reason))).toEqual(
      new Set(['secret', 'third-party', 'inferred', 'basis']),
    );
    const { plan } = await prepareExport(context, { email: ANNA }, nobodyToAsk, PORTABLE);
    const { ground, steps } = plan.plan as unknown as Plan;
    expect(ground).toBe('Art. 20');
    const planned = steps.flatMap(({ read, withheld }) => withheld.map((item) => ({ table: read, ...item })));
    expect(planned).toEqual(expected);
    const withheld = exported[0]?.archive.manifest.withheld ?? [];
    const listed = withheld.map(({ table, column, reason }) => ({ table, column, reason }));
    const hers = new Set(withheld.map(({ table }) => table));
    expect(hers.size).toBeGreaterThan(15);
    for (const item of expected) if (hers.has(item.table)) expect(listed).toContainEqual(item);
  });
});

describe('another person', () => {
  it('is redacted as in a copy of everything: the gift that Anna sent has no recipient in it', () => {
    const [anna] = exported;
    const gifts = anna?.archive.rows('shop.gift_recipients') ?? [];
    expect(gifts.length).toBeGreaterThan(1);
    const sent = gifts.find(({ id }) => id === '950001');
    for (const column of ['name', 'phone', 'email', 'street', 'city', 'postcode'])
      expect(sent?.[column]).toEqual({ withheld: 'third-party' });
    expect(sent?.message).toEqual({ withheld: 'free-text' });
    const linked = anna?.archive.text('portable.jsonld') ?? '';
    for (const word of ['21987654', 'Cits Cilvēks', '26666666', 'Rožu gatve 88', 'anna.berzina2@']) {
      for (const [name, content] of anna?.archive.files ?? [])
        expect([name, content.includes(word)]).toEqual([name, false]);
      expect(linked).not.toContain(word);
    }
  });
});

function fileOf(table: string): string {
  return table.toLowerCase().replaceAll(' ', '_');
}

function csvLine(names: readonly string[]): string {
  return names.map((name) => (/[",]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name)).join(',');
}
