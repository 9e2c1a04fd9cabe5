import { GdprError } from '../foundation/errors.js';
import { passphraseFromEnvironment } from '../keys/passphrase.js';

/** Whether somebody sits at the terminal: a piped answer or an open pipe is not a person. */
function isInteractive(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** The passphrase of the keys: the environment, a credential file, or the person at the terminal. */
export async function askPassphrase(): Promise<string | undefined> {
  const given = await passphraseFromEnvironment(process.env);
  if (given !== undefined || !isInteractive()) return given;
  return askSecret('Passphrase of the keys');
}

/** Asks for a secret; it is not shown and not kept. */
async function askSecret(message: string): Promise<string> {
  const { default: inquirer } = await import('inquirer');
  const { secret } = await inquirer.prompt([{ type: 'password', name: 'secret', message, mask: '*' }]);
  return secret as string;
}

/** Lets the person choose one; undefined when nobody sits there. */
export async function choose<T>(
  message: string,
  choices: readonly { readonly name: string; readonly value: T }[],
): Promise<T | undefined> {
  if (!isInteractive()) return undefined;
  const { default: inquirer } = await import('inquirer');
  const prompt = inquirer.createPromptModule({ output: process.stderr });
  const { chosen } = await prompt([
    { type: 'select', name: 'chosen', message, choices: choices.map((choice, i) => ({ name: choice.name, value: i })) },
  ]);
  return choices[chosen as number]?.value;
}

/** Whether the person at the terminal types the word; undefined when nobody sits there. */
export async function typesWord(message: string, word: string): Promise<boolean | undefined> {
  if (!isInteractive()) return undefined;
  const { default: inquirer } = await import('inquirer');
  const prompt = inquirer.createPromptModule({ output: process.stderr });
  const { typed } = await prompt([{ type: 'input', name: 'typed', message }]);
  return (typed as string).trim() === word;
}

/**
 * A new passphrase: from the environment variable, or typed twice.
 * @throws GdprError USAGE when there is neither, INPUT_INVALID when the two differ
 */
export async function newPassphrase(variable: string, what: string): Promise<string> {
  const given = process.env[variable];
  if (given !== undefined && given !== '') return given;
  if (!isInteractive()) {
    throw new GdprError('USAGE', `a passphrase for ${what} is needed, and nobody sits here to be asked`, {
      hint: `set ${variable}`,
    });
  }
  const first = await askSecret(`Passphrase for ${what} (12 characters or more)`);
  if ((await askSecret('The same again')) !== first)
    throw new GdprError('INPUT_INVALID', 'the two passphrases differ', { hint: 'run the command again' });
  return first;
}

/** An existing passphrase: from the environment variable, or typed. @throws GdprError USAGE */
export async function existingPassphrase(variable: string, what: string): Promise<string> {
  const given = process.env[variable];
  if (given !== undefined && given !== '') return given;
  if (!isInteractive())
    throw new GdprError('USAGE', `the passphrase of ${what} is needed, and nobody sits here to be asked`, {
      hint: `set ${variable}`,
    });
  return askSecret(`Passphrase of ${what}`);
}
