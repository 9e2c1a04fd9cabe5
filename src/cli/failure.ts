import { Errors } from '@oclif/core';
import { EXIT, GdprError } from '../foundation/errors.js';

/** An error as the operator sees it; nothing in it comes from a row or from what was typed after a flag. */
export interface Failure {
  readonly code: string;
  readonly exit: number;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  /** Stack frames of a bug: places in the program, no message. */
  readonly frames?: readonly string[];
}

/** Translates any error. oclif's own parse errors repeat what was typed, so they are worded anew. */
export function failureOf(error: unknown): Failure {
  if (error instanceof GdprError) {
    return { code: error.code, exit: error.exit, message: error.message, hint: error.hint, details: error.details };
  }
  if (error instanceof Error && error.name === 'ExitPromptError') {
    return { code: 'INTERRUPTED', exit: EXIT.interrupted, message: 'stopped as asked; nothing was done' };
  }
  const usage = usageMessage(error);
  if (usage !== undefined) return { code: 'USAGE', exit: EXIT.usage, message: usage, hint: 'see the flags and examples: add --help' };
  const frames = error instanceof Error ? (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)).map((line) => line.trim()) : [];
  const name = error instanceof Error ? error.constructor.name : typeof error;
  return {
    code: 'BUG',
    exit: EXIT.bug,
    message: `the program failed in a way it should not (${name})`,
    hint: 'please report it with the lines above; they hold places in the program and no data',
    frames,
  };
}

function usageMessage(error: unknown): string | undefined {
  if (!(error instanceof Errors.CLIError)) return undefined;
  const { name } = error.constructor;
  switch (name) {
    case 'UnexpectedArgsError':
      return 'there is a word too many: people are named by flags, e.g. --email, never by a bare word';
    case 'NonExistentFlagsError': {
      const flags = (error as unknown as { flags: string[] }).flags.filter((flag) => /^--?[a-z][a-z-]*$/.test(flag));
      return `unknown flag${flags.length === 0 ? '' : `: ${flags.join(', ')}`}`;
    }
    case 'RequiredArgsError':
      return `missing: ${(error as unknown as { args: { name: string }[] }).args.map((arg) => arg.name.toUpperCase()).join(', ')}`;
    case 'FailedFlagValidationError':
      return `flags are missing or do not go together: ${[...new Set(error.message.match(/--[a-z][a-z-]*/g))].filter((flag) => flag !== '--help').join(', ')}`;
    default:
      return 'a flag has no value, or one that it does not take';
  }
}
