import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { gdpr, type Ran } from '../commands/program.js';
import { jsonOf } from '../commands/schemas.js';
import type { TestWorkspace } from '../support/workspace.js';

export interface Given {
  readonly operation: string;
  readonly disclosure: string;
  readonly archive: string;
  readonly sha256: string;
  readonly planDigest: string;
  readonly produced: readonly { readonly table: string; readonly rows: number }[];
  readonly withheld: readonly { readonly table: string; readonly column: string; readonly reason: string }[];
  readonly outOfScope: readonly { readonly table: string; readonly rows: number }[];
  readonly numbers: { readonly first: string; readonly last: string };
  readonly hold: { readonly hold: string; readonly until: string; readonly rows: number };
  readonly audit: { readonly sequence: number };
}

/** The day on which everything happens. */
const NOW = '2026-03-05T10:00:00Z';
/** What stands in the request that is put into every set. */
export const DOCUMENT = '%PDF-1.4 the order of the court\n';

const COURT = {
  court: true,
  authority: 'Rīgas pilsētas tiesa',
  case: 'C30-1234-26',
  'request-number': '15-2/417',
  'request-date': '2026-03-02',
  basis: 'CPL 112. pants',
};

export type Flags = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** `--name value` of each flag that is given. */
function argumentsOf(flags: Flags): string[] {
  return Object.entries(flags).flatMap(([name, value]) => {
    if (value === undefined || value === false) return [];
    if (value === true) return [`--${name}`];
    return [value].flat().flatMap((each) => [`--${name}`, each]);
  });
}

/** Runs `gdpr disclose` with a court's written request, changed by `flags`. */
export function courtDesk(workspace: TestWorkspace) {
  const document = join(workspace.root, 'request.pdf');
  const run = (args: readonly string[], operator = 'ilze', more: NodeJS.ProcessEnv = {}): Promise<Ran> =>
    gdpr(args, {
      cwd: workspace.root,
      environment: { ...workspace.environment, GDPR_OPERATOR: operator, GDPR_NOW: NOW, ...more },
    });
  const words = (flags: Flags) => ['disclose', ...argumentsOf({ ...COURT, document, categories: 'order', ...flags })];
  const disclose = (flags: Flags, operator?: string, more?: NodeJS.ProcessEnv) =>
    run([...words(flags), '--json'], operator, more);
  const plan = async (flags: Flags) =>
    jsonOf<{ digest: string; steps: { read: string; rows: number }[] }>(
      await disclose({ ...flags, plan: true }),
      'disclose',
    );
  const approve = async (digest: string, operator = 'karlis') => {
    const ran = await run(['approve', digest, '--yes', '--json'], operator);
    expect(ran.stderr + ran.stdout).not.toContain('"error"');
    return ran;
  };
  return {
    run,
    words,
    disclose,
    plan,
    approve,
    prepare: () => writeFile(document, DOCUMENT),
    /** Plan, agreement and set. */
    give: async (flags: Flags, more?: NodeJS.ProcessEnv): Promise<Given> => {
      const { digest } = await plan(flags);
      await approve(digest);
      return jsonOf<Given>(await disclose({ ...flags, 'plan-digest': digest, yes: true }, 'ilze', more), 'disclose');
    },
  };
}
