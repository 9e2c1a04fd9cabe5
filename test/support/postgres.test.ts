import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { type Databases, postgres15, templateDatabase, testDatabase } from './postgres.js';
import { outsideTool } from './tools.js';

const pg15 = outsideTool('postgresql-15');

async function ask<T>(url: string, sql: string): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows[0]?.[0] as T;
  } finally {
    await client.end();
  }
}

async function provesCopies({ testDatabase, templateDatabase }: Databases): Promise<void> {
  let fills = 0;
  const fill = async (url: string): Promise<void> => {
    fills += 1;
    await ask(url, 'CREATE TABLE book AS SELECT 7 AS price');
  };
  const [template, again] = await Promise.all([templateDatabase('book', fill), templateDatabase('book', fill)]);
  expect(again).toBe(template);
  expect(fills).toBe(1);
  const [one, two] = await Promise.all([testDatabase({ template }), testDatabase({ template })]);
  await ask(one.url, 'UPDATE book SET price = 8');
  expect(await ask(one.url, 'SELECT price FROM book')).toBe(8);
  expect(await ask(two.url, 'SELECT price FROM book')).toBe(7);
  await Promise.all([one.drop(), two.drop()]);
}

describe('a test database', () => {
  it('is empty, folds Unicode case, and is gone after drop even while in use', async () => {
    const db = await testDatabase();
    expect(await ask(db.url, `SELECT count(*)::int FROM pg_class WHERE relnamespace = 'public'::regnamespace`)).toBe(0);
    expect(await ask(db.url, `SELECT lower('ĀŽĶ')`)).toBe('āžķ');
    const user = new pg.Client({ connectionString: db.url });
    user.on('error', () => {});
    await user.connect();
    await db.drop();
    await expect(ask(db.url, 'SELECT 1')).rejects.toMatchObject({ code: '3D000' });
  });

  it('can be a copy of a template that is filled once', () => provesCopies({ testDatabase, templateDatabase }));

  it('fills a template anew after a failed attempt', async () => {
    const failing = templateDatabase('broken', async (url) => {
      await ask(url, 'CREATE TABLE half ()');
      throw new Error('no seed');
    });
    await expect(failing).rejects.toThrow('no seed');
    const template = await templateDatabase('broken', (url) => ask(url, 'CREATE TABLE whole ()'));
    const db = await testDatabase({ template });
    const tables = `SELECT string_agg(relname, ',') FROM pg_class WHERE relnamespace = 'public'::regnamespace`;
    expect(await ask(db.url, tables)).toBe('whole');
    await db.drop();
  });
});

describe.skipIf(!pg15.available)('a PostgreSQL 15 server', { timeout: 120_000 }, () => {
  it('offers the same databases', async () => {
    const server = await postgres15();
    try {
      expect(await ask<string>(server.url, 'SHOW server_version')).toMatch(/^15\./);
      await provesCopies(server);
    } finally {
      await server.stop();
    }
    await expect(ask(server.url, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
