import { access, readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { period } from '../datamap/schema-values.js';
import { asFileError } from '../foundation/durable.js';
import { GdprError } from '../foundation/errors.js';
import { segmentsSchema } from './segments.js';

export const CONFIG_FILE = 'gdpr.yaml';

const percent = z.number().min(0).max(100);

/** What `gdpr.yaml` may hold; docs/configuration.md tells what each key is for. */
export const configSchema = z.strictObject({
  /** `embedded`, or a server: DATABASE_URL, unless `url` is given (never with a password in it). */
  database: z.union([
    z.literal('embedded'),
    z.literal('server'),
    z.strictObject({
      url: z.string().optional(),
      tls: z.enum(['off', 'require']).optional(),
      ca: z.string().optional(),
    }),
  ]),
  datamap: z.string().default('datamap.yaml'),
  archives: z.string().default('archives'),
  /** The append-only file outside the database that a restored backup cannot roll back. */
  journal: z.string().default('.gdpr/journal.jsonl'),
  /** An RFC 3161 authority; with it archives are signed at level B-T. `ca` is the PEM file that vouches for it. */
  timestamp: z.strictObject({ url: z.url(), ca: z.string().optional() }).optional(),
  /** An organisation's e-seal instead of the workspace's own signing key: its files, the certificate as PEM. */
  seal: z
    .union([
      z.strictObject({ pkcs12: z.string(), certificate: z.string() }),
      z.strictObject({ key: z.string(), certificate: z.string() }),
    ])
    .optional(),
  /** What needs a second person's agreement beyond what always does. `erase: always`: one person's erasure too. */
  approval: z.strictObject({ erase: z.literal('always').optional() }).optional(),
  /** The share of a table, in per cent, above which a run of retention has to be confirmed; by table, one of its own. */
  retention: z
    .strictObject({ maxShare: percent.optional(), tables: z.record(z.string(), percent).optional() })
    .optional(),
  /** What the numbers of the records in a set for a court begin with. */
  disclosure: z
    .strictObject({ prefix: z.string().regex(/^[A-Z][A-Z0-9]{0,7}$/, 'one to eight capital letters and digits') })
    .optional(),
  /** How long evidence is kept, which is the controller's decision: ISO 8601. Without it none expires. */
  evidence: z.strictObject({ keep: period }).optional(),
  /** Groups of people that offers may be limited to. */
  segments: segmentsSchema.optional(),
});

export type Config = z.infer<typeof configSchema>;

/** Where a workspace keeps its things; every path is absolute. */
export interface WorkspacePaths {
  readonly root: string;
  readonly config: string;
  readonly datamap: string;
  /** What the data map said when it was last read; may be missing. */
  readonly mapMemory: string;
  readonly archives: string;
  readonly journal: string;
  /** `.gdpr`: keys, installation id, the embedded database, temporary files. */
  readonly state: string;
  readonly keys: string;
  readonly installation: string;
  readonly data: string;
  readonly temporary: string;
}

/**
 * The folder that holds `gdpr.yaml`: the one given, or else the nearest at or above `from`.
 * @throws GdprError WORKSPACE_NOT_FOUND
 */
export async function findWorkspace(from: string, given?: string): Promise<string> {
  if (given !== undefined) {
    const root = resolve(from, given);
    if (await exists(join(root, CONFIG_FILE))) return root;
    throw new GdprError('WORKSPACE_NOT_FOUND', `there is no ${CONFIG_FILE} in ${root}`, {
      hint: 'name a folder made by: gdpr init, or gdpr demo',
    });
  }
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    if (await exists(join(folder, CONFIG_FILE))) return folder;
    if (folder === dirname(folder)) break;
  }
  throw new GdprError('WORKSPACE_NOT_FOUND', `there is no ${CONFIG_FILE} in this folder or above it`, {
    hint: 'go to the workspace, name it with --workspace, or make one: gdpr init (your own shop), gdpr demo (a bookshop to try)',
  });
}

/** Reads `gdpr.yaml`. @throws GdprError CONFIG_INVALID with every problem, one a line */
export async function readConfig(root: string): Promise<{ config: Config; paths: WorkspacePaths }> {
  const file = join(root, CONFIG_FILE);
  const document = parseDocument(await asFileError(file, () => readFile(file, 'utf8')), { prettyErrors: true });
  const fail = (problems: string[]) =>
    new GdprError('CONFIG_INVALID', `${file} is not valid:\n${problems.join('\n')}`, {
      hint: 'docs/configuration.md lists the keys',
    });
  if (document.errors.length > 0) throw fail(document.errors.map((error) => error.message));
  const parsed = configSchema.safeParse(document.toJS() ?? {});
  if (!parsed.success)
    throw fail(
      parsed.error.issues.map(
        (issue) => `${issue.path.join('.') || '(file)'}: ${issue.message.replace(/^Invalid input: /, '')}`,
      ),
    );
  return { config: parsed.data, paths: pathsOf(root, parsed.data) };
}

function pathsOf(root: string, config: Config): WorkspacePaths {
  const at = (path: string) => (isAbsolute(path) ? path : join(root, path));
  const state = join(root, '.gdpr');
  return {
    root,
    config: join(root, CONFIG_FILE),
    datamap: at(config.datamap),
    mapMemory: join(state, 'datamap.json'),
    archives: at(config.archives),
    journal: at(config.journal),
    state,
    keys: join(state, 'keys'),
    installation: join(state, 'installation.json'),
    data: join(state, 'data'),
    temporary: join(state, 'tmp'),
  };
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
