import * as Errors from '@oclif/core/errors';
import { EXIT, GdprError } from '../foundation/errors.js';
import { withoutPersonal } from '../foundation/personal-text.js';

/** An error as the operator sees it; nothing in it comes from a row or from what was typed after a flag. */
export interface Failure {
  readonly code: string;
  readonly exit: number;
  readonly message: string;
  readonly hint: string;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  /** Stack frames of a bug: places in the program, no message. */
  readonly frames?: readonly string[];
}

const REPORT = 'please report it with what is printed here: it holds places in the program and no data';
const AGAIN = 'run the command again';

/**
 * Translates any error. Paths that were typed are repeated, and a person's value typed in the wrong place is one of
 * them, so what is shaped like an identifier is taken out of the texts.
 */
export function failureOf(error: unknown): Failure {
  const failure = translated(error);
  return { ...failure, message: withoutPersonal(failure.message), hint: withoutPersonal(failure.hint) };
}

/** oclif's own parse errors repeat what was typed, so they are worded anew. */
function translated(error: unknown): Failure {
  if (error instanceof GdprError) {
    const { code, exit, message, details } = error;
    return { code, exit, message, hint: error.hint ?? (code === 'BUG' ? REPORT : AGAIN), details };
  }
  if (error instanceof Error && error.name === 'ExitPromptError') {
    return { code: 'INTERRUPTED', exit: EXIT.interrupted, message: 'stopped as asked; nothing was done', hint: AGAIN };
  }
  const usage = usageMessage(error);
  if (usage !== undefined)
    return { code: 'USAGE', exit: EXIT.usage, message: usage, hint: 'see the flags and examples: add --help' };
  const frames = framesOf(error);
  const name = error instanceof Error ? error.constructor.name : typeof error;
  return {
    code: 'BUG',
    exit: EXIT.bug,
    message: `the program failed in a way it should not (${name})`,
    hint: REPORT,
    frames,
  };
}

/** The places of a stack; its message, which may hold anything on any number of lines, is cut off first. */
function framesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const { stack = '', message } = error;
  const places = stack.slice(Math.max(0, stack.indexOf(message)) + message.length).split('\n');
  return places.map((line) => line.trim()).filter((line) => /^at .*(:\d+:\d+|<anonymous>|native)\)?$/.test(line));
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
    case 'ArgInvalidOptionError': {
      const [, words] = /.* to be one of: ([a-z, -]+)(?:\n|$)/s.exec(error.message) ?? [];
      return words === undefined ? 'a word is none that is taken here' : `a word is none that is taken here: ${words}`;
    }
    case 'FailedFlagValidationError': {
      const missing = [...error.message.matchAll(/Missing required flag ([a-z][a-z-]*)/g)].map(
        ([, flag]) => `--${flag}`,
      );
      return missing.length > 0 ? `missing: ${missing.join(', ')}` : togetherMessage(error.message);
    }
    default:
      return flagMessage(error.message);
  }
}

/** Which flags do not go together, or go together only, from oclif's words; these hold a flag's value, which is left out. */
function togetherMessage(message: string): string {
  const name = '--[a-z][a-z-]*';
  const [, one, other] =
    new RegExp(`(${name})(?:=.*?)? cannot also be provided when using (${name})`, 's').exec(message) ?? [];
  if (one !== undefined) return `${other} and ${one} do not go together`;
  const [, first, needed] = new RegExp(`when using (${name}): (${name})`).exec(message) ?? [];
  return first === undefined ? 'two flags do not go together' : `${first} goes with ${needed}`;
}

/** What oclif says of a flag's value, without the value; its texts end in what is expected. */
function flagMessage(message: string): string {
  const [, flag] = /^(?:Expected |Parsing |Flag )(--[a-z][a-z-]*)[ =]/.exec(message) ?? [];
  if (flag === undefined) return 'a flag has no value, or one that it does not take';
  const [, options] = /.* (?:to be one of|expects one of these values): ([a-z, -]+)(?:\n|$)/s.exec(message) ?? [];
  if (options !== undefined) return `${flag} takes one of: ${options}`;
  if (message.startsWith('Flag ')) return `${flag} needs a value`;
  const [, bound] =
    /Expected an integer( greater than or equal to \d+| less than or equal to \d+)? but received/.exec(message) ?? [];
  return `${flag} takes a whole number${bound ?? ''}`;
}
