import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/**
 * Programs that the project does not bring along and that some tests check its output with.
 * The values are the names or absolute paths to try, in this order.
 */
const CANDIDATES = {
  xmlsec1: ['xmlsec1'],
  xmllint: ['xmllint'],
  openssl: ['openssl'],
  unzip: ['unzip'],
  zip: ['zip'],
  age: ['age'],
  'age-keygen': ['age-keygen'],
  chromium: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
  python3: ['python3'],
  'systemd-analyze': ['systemd-analyze'],
  psql: ['psql'],
  pgbench: ['pgbench', '/usr/lib/postgresql/15/bin/pgbench'],
  pg_dump: ['pg_dump'],
  pdftotext: ['pdftotext'],
  'postgresql-15': ['/usr/lib/postgresql/15/bin/postgres'],
} as const satisfies Record<string, readonly string[]>;

export type OutsideToolName = keyof typeof CANDIDATES;

export interface OutsideTool {
  readonly available: boolean;
  /** Absolute path of the program; its bare name when it is not available. */
  readonly path: string;
}

/**
 * Looks a program up, for `it.skipIf(!tool.available)`.
 * @throws Error when it is missing and REQUIRE_OUTSIDE_TOOLS=1, so that a build server cannot skip silently.
 */
export function outsideTool(name: OutsideToolName): OutsideTool {
  const path = find(name);
  if (path !== undefined) return { available: true, path };
  if (process.env.REQUIRE_OUTSIDE_TOOLS === '1') {
    throw new Error(`${name} is not installed, and REQUIRE_OUTSIDE_TOOLS=1 forbids skipping the tests that need it`);
  }
  return { available: false, path: name };
}

/** The known programs that this machine does not have. */
export function missingTools(): OutsideToolName[] {
  return (Object.keys(CANDIDATES) as OutsideToolName[]).filter((name) => find(name) === undefined);
}

function find(name: OutsideToolName): string | undefined {
  const candidates: readonly string[] = CANDIDATES[name];
  if (candidates === undefined) throw new Error(`${name} is not in the list of outside tools in test/support/tools.ts`);
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return candidates
    .flatMap((program) => (isAbsolute(program) ? [program] : folders.map((folder) => join(folder, program))))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
