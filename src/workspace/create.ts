import { access, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asFileError, privateFolder, writeDurably } from '../foundation/durable.js';
import { GdprError, isMissing } from '../foundation/errors.js';
import { CONFIG_FILE } from './config.js';

/** What a new `gdpr.yaml` says of the database. */
export type DatabaseSetting = 'embedded' | 'server';

const CONFIG_TEXT: Readonly<Record<DatabaseSetting, string>> = {
  embedded: `# The embedded database is for trying the tool: it does not survive a power cut. Evidence that matters lives on a server.
database: embedded
`,
  server: `# The server is named by the environment variable DATABASE_URL, e.g. postgresql://user@host:5432/shop
# A server on another machine is reached over TLS; docs/configuration.md lists the settings.
database: server
`,
};

const COMMON = `datamap: datamap.yaml
archives: archives
# Append-only file outside the database that a restored backup cannot roll back. On a shared workspace, put it where all
# operators can reach it.
journal: .gdpr/journal.jsonl
`;

/**
 * Makes the files of a workspace: gdpr.yaml, with `more` at its end, and the given data map.
 * @throws GdprError ALREADY_EXISTS when the folder has a gdpr.yaml, or another data map
 */
export async function createWorkspace(
  root: string,
  database: DatabaseSetting,
  dataMap: string,
  more = '',
): Promise<void> {
  await asFileError(root, () => mkdir(root, { recursive: true }));
  if (await exists(join(root, CONFIG_FILE)))
    throw new GdprError('ALREADY_EXISTS', `${root} is a workspace already`, {
      hint: 'use it, or choose another folder',
    });
  const map = join(root, 'datamap.yaml');
  const present = await textOf(map);
  // The same map is what an interrupted run left.
  if (present !== undefined && present !== dataMap)
    throw new GdprError('ALREADY_EXISTS', `${map} is there already`, {
      hint: 'move it away, or write gdpr.yaml by hand: docs/configuration.md',
    });
  await privateFolder(join(root, '.gdpr'));
  if (present === undefined) await writeDurably(map, dataMap);
  // Last, since it is what makes the folder a workspace.
  await writeDurably(join(root, CONFIG_FILE), CONFIG_TEXT[database] + COMMON + more);
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    return asFileError(path, () => Promise.reject(error));
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
