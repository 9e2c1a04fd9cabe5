import type { TestProject } from 'vitest/node';
import { removeFolders } from './support/folders.js';
import { dropDatabases, runPrefix } from './support/postgres.js';
import { startServer } from './support/server.js';
import { missingTools } from './support/tools.js';

/** Once per run: says which tests cannot run here, and brings up the server that all test files share. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const missing = missingTools();
  if (missing.length > 0) {
    console.error(`Not installed, so the tests that need them are skipped: ${missing.join(', ')}`);
  }
  const prefix = runPrefix();
  const given = process.env.TEST_DATABASE_URL;
  if (given !== undefined && given !== '') {
    project.provide('testServer', { url: given, prefix });
    return () => dropDatabases(given, prefix).finally(() => removeFolders(prefix));
  }
  const server = await startServer();
  project.provide('testServer', { url: server.url, prefix });
  return () => server.stop().finally(() => removeFolders(prefix));
}
