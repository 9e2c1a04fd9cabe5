import { access, mkdtemp, readdir, rm, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { privateFolder, writeDurably } from '../foundation/durable.js';
import { lockFolder } from '../foundation/process-lock.js';
import { openPool, type PooledDatabase } from './connect.js';

/** pg derives the socket's file name from the port. */
const PORT = 5432;

/**
 * Opens the database in `folder`, or makes it there: mark → create → unmark. A folder whose mark was left by a process
 * that died holds half a database, into which nobody has written yet, and is made anew. The caller holds its lock.
 */
async function createIn<T>(folder: string, create: (dataDir: string) => Promise<T>): Promise<T> {
  const mark = `${folder}.creating`;
  const names = await readdir(folder);
  const interrupted = await access(mark).then(
    () => true,
    () => false,
  );
  if (names.length > 0 && !interrupted) return create(folder);
  for (const name of names) await rm(join(folder, name), { recursive: true, force: true });
  await writeDurably(mark, '');
  const db = await create(folder);
  await unlink(mark);
  return db;
}

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
    const db = await createIn(folder, (dataDir) => PGlite.create(dataDir));
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
