import { createHash } from 'node:crypto';
import { realpath, unlink } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errno, GdprError } from './errors.js';

/**
 * Takes a lock on a folder that the operating system drops when this process ends, however it ends: a listening
 * socket named by the folder's real path (abstract on Linux, a named pipe on Windows, a socket file elsewhere).
 * @returns a function that lets go
 * @throws GdprError LOCKED when another process holds it
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const name = `gdpr-${createHash('sha256')
    .update(await realpath(folder))
    .digest('hex')
    .slice(0, 32)}`;
  const server = createServer((socket) => socket.destroy());
  server.unref();
  const address = addressOf(name);
  try {
    await listen(server, address);
  } catch (error) {
    if (errno(error) !== 'EADDRINUSE') throw error;
    if (process.platform === 'linux' || process.platform === 'win32' || (await answers(address))) throw locked(folder);
    await unlink(address); // a socket file that a killed process left behind
    await listen(server, address).catch((second) => {
      throw errno(second) === 'EADDRINUSE' ? locked(folder) : second;
    });
  }
  return () => new Promise((resolve) => server.close(() => resolve()));
}

function addressOf(name: string): string {
  if (process.platform === 'linux') return `\0${name}`;
  if (process.platform === 'win32') return `\\\\.\\pipe\\${name}`;
  return join(tmpdir(), `${name}.lock`);
}

function locked(folder: string): GdprError {
  return new GdprError('LOCKED', `another process uses ${folder}`, {
    hint: 'wait until the other gdpr command has ended, then run this one again',
  });
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
