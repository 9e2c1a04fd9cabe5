/** What each exit code of a run means to whoever looks after its timer, and whether trying again by itself helps. */
export const RUN_EXITS: readonly { readonly code: number; readonly meaning: string; readonly retry: boolean }[] = [
  { code: 0, meaning: 'done, or stopped at its limit: the next run goes on from there', retry: false },
  { code: 1, meaning: 'a bug; please report it', retry: false },
  { code: 2, meaning: 'gdpr.yaml, the data map or the command line is wrong', retry: false },
  {
    code: 3,
    meaning: 'refused: the rules are not approved, or too much of a table would go; a person decides',
    retry: false,
  },
  { code: 5, meaning: 'the audit log is behind its journal: was a backup restored?', retry: false },
  { code: 6, meaning: 'the map and the database differ, or data is under no rule: mend the map', retry: false },
  { code: 7, meaning: 'the database or a file is unavailable, or another run goes on: try again', retry: true },
];

export function exitComments(): string[] {
  return ['# Exit codes of the run:', ...RUN_EXITS.map(({ code, meaning }) => `#   ${code}  ${meaning}`)];
}

/** The codes after which the same call gives the same answer until somebody has done something. */
export const FINAL_EXITS: readonly number[] = RUN_EXITS.filter(({ code, retry }) => code !== 0 && !retry).map(
  ({ code }) => code,
);
