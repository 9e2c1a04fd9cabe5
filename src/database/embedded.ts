import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { privateFolder } from '../foundation/durable.js';
import { lockFolder } from '../foundation/process-lock.js';
import { openPool, type PooledDatabase } from './connect.js';

/** pg derives the socket's file name from the port. */
const PORT = 5432;

/**
 * Opens the embedded database (PGlite) in `folder`, behind a socket that only this user can reach, so that it is
 * used through the same driver as a server. One process at a time: two on one folder would lose everything that
 * one of them wrote.
 * @throws GdprError LOCKED when another process uses the folder
 */
export async function connectEmbedded(folder: string, timeZone: string): Promise<PooledDatabase> {
  await privateFolder(folder);
  const unlock = await lockFolder(folder);
  const undo: (() => Promise<unknown>)[] = [unlock];
  const close = async () => {
    for (const step of undo.reverse()) await step();
  };
  try {
    const [{ PGlite }, { PGLiteSocketServer }] = await Promise.all([
      import('@electric-sql/pglite'),
      import('@electric-sql/pglite-socket'),
    ]);
    const db = await PGlite.create(folder);
    undo.push(() => db.close());
    const socketFolder = await mkdtemp(join(tmpdir(), 'gdpr-'));
    undo.push(() => rm(socketFolder, { recursive: true, force: true }));
    const windows = process.platform === 'win32';
    const server = new PGLiteSocketServer(
      windows ? { db, host: '127.0.0.1', port: 0 } : { db, path: join(socketFolder, `.s.PGSQL.${PORT}`) },
    );
    await server.start();
    undo.push(() => server.stop());
    const address = windows
      ? { host: '127.0.0.1', port: Number(server.getServerConn().split(':').at(-1)) }
      : { host: socketFolder, port: PORT };
    return await openPool({ ...address, user: 'postgres', database: 'postgres' }, timeZone, 1, close);
  } catch (error) {
    await close();
    throw error;
  }
}
