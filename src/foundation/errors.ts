/**
 * Exit codes of every command. A refusal (3) is an expected answer of a gate, not a failure of the tool;
 * 7 says that the same call may succeed later.
 */
export const EXIT = {
  done: 0,
  bug: 1,
  usage: 2,
  refused: 3,
  nobodyOrSeveral: 4,
  verification: 5,
  drift: 6,
  unavailable: 7,
  /** Ctrl-C, as shells count it: 128 + SIGINT. */
  interrupted: 130,
} as const;

const EXIT_OF_CODE = {
  BUG: EXIT.bug,
  USAGE: EXIT.usage,
  WORKSPACE_NOT_FOUND: EXIT.usage,
  CONFIG_INVALID: EXIT.usage,
  MAP_INVALID: EXIT.usage,
  INPUT_INVALID: EXIT.usage,
  NOT_FOUND: EXIT.usage,
  ALREADY_EXISTS: EXIT.usage,
  REFUSED: EXIT.refused,
  PLAN_CHANGED: EXIT.refused,
  NOBODY: EXIT.nobodyOrSeveral,
  SEVERAL: EXIT.nobodyOrSeveral,
  VERIFICATION_FAILED: EXIT.verification,
  LOG_BEHIND_JOURNAL: EXIT.verification,
  DRIFT: EXIT.drift,
  WRONG_DATABASE: EXIT.drift,
  NOT_MIGRATED: EXIT.drift,
  KEY_MISSING: EXIT.unavailable,
  KEY_EXPOSED: EXIT.refused,
  KEY_WRONG: EXIT.drift,
  PASSPHRASE_WRONG: EXIT.refused,
  DATABASE_UNAVAILABLE: EXIT.unavailable,
  SERVICE_UNAVAILABLE: EXIT.unavailable,
  FILE_UNAVAILABLE: EXIT.unavailable,
  LOCKED: EXIT.unavailable,
  INTERRUPTED: EXIT.interrupted,
} as const;

export type ErrorCode = keyof typeof EXIT_OF_CODE;

/**
 * An answer that the operator is meant to read: what is wrong and, in `hint`, what to do next.
 * Neither text ever holds a value of a person; `cause` may, so it is never printed.
 */
export class GdprError extends Error {
  override readonly name = 'GdprError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  /** Values without personal data that `--json` prints beside the message, e.g. the list of drifted columns. */
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string; cause?: unknown; details?: Record<string, unknown> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.details = options.details;
  }

  get exit(): number {
    return EXIT_OF_CODE[this.code];
  }
}

/** Whether a file-system error means "no such file or folder". */
export function isMissing(error: unknown): boolean {
  return errno(error) === 'ENOENT';
}

/** The `code` of a Node.js system error, or undefined. */
export function errno(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
