import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bookshopWorkspace, type WorkspaceServer } from './workspace.js';

const count = 'SELECT count(*)::int AS n FROM shop.customers';

describe('bookshopWorkspace', () => {
  it.each<WorkspaceServer>(['pg18', 'embedded'])(
    'gives each caller a shop and a folder of its own on %s',
    async (server) => {
      const first = await bookshopWorkspace({ server });
      const second = await bookshopWorkspace({ server });
      try {
        const customers = async (workspace: typeof first, change?: string) => {
          const context = await workspace.context();
          try {
            return await context.database.transaction('read committed', async (session) => {
              if (change !== undefined) await session.run(change);
              const [row] = await session.query<{ n: number }>(count);
              return row?.n;
            });
          } finally {
            await context.database.close();
          }
        };
        const change = "INSERT INTO shop.customers (email, last_name, created_at) VALUES ('x@y.example', 'X', now())";
        expect(await customers(first, change)).toBe(201);
        expect(await customers(second)).toBe(200);
        expect(first.root).not.toBe(second.root);
        expect((await lstat(join(first.root, '.gdpr', 'keys'))).mode & 0o777).toBe(0o700);
        for (const name of await readdir(join(first.root, '.gdpr', 'keys'))) {
          expect((await lstat(join(first.root, '.gdpr', 'keys', name))).mode & 0o077).toBe(0);
        }
      } finally {
        await first.remove();
        await second.remove();
      }
      await expect(lstat(first.root)).rejects.toThrow('ENOENT');
    },
    120_000,
  );
});
