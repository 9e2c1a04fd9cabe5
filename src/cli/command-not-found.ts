import type { Hook, Interfaces } from '@oclif/core';
import { EXIT } from '../foundation/errors.js';

/** Answers a mistyped command without repeating the words after it, which may be a person's. */
const hook: Hook.CommandNotFound = async ({ config, id, argv }) =>
  refuseUnknown(config, id.split(':'), argv?.includes('--json') === true);

export default hook;

/** Ends the program with what is known around the words: the command that they begin with, its topic, or all. */
export function refuseUnknown(config: Interfaces.Config, words: readonly string[], json: boolean): never {
  const { message, hint } = unknownCommand(config, words);
  if (json) {
    process.stdout.write(
      `${JSON.stringify({ error: { code: 'USAGE', exit: EXIT.usage, message, hint } }, undefined, 2)}\n`,
    );
  } else process.stderr.write(`gdpr: ${message}\n  ${hint}\n`);
  process.exit(EXIT.usage);
}

function unknownCommand(
  { commandIDs }: Interfaces.Config,
  words: readonly string[],
): { message: string; hint: string } {
  // oclif takes bare words after a command for a part of its name.
  const command = commandIDs.find((id) => id === words.slice(0, id.split(':').length).join(':'));
  if (command !== undefined) {
    const name = command.replaceAll(':', ' ');
    return {
      message: `there is a word too many after "${name}": people are named by flags, e.g. --email, never by a bare word`,
      hint: `see: gdpr ${name} --help`,
    };
  }
  const [topic = ''] = words;
  const inTopic = commandIDs.filter((id) => id.startsWith(`${topic}:`)).map((id) => id.split(':').slice(1).join(' '));
  if (inTopic.length > 0)
    return {
      message: `"${topic}" has no such command`,
      hint: `it has: ${inTopic.sort().join(', ')}; see: gdpr ${topic} --help`,
    };
  const first = new Set(commandIDs.map((id) => id.split(':')[0]));
  return {
    message: 'there is no such command',
    hint: `the commands begin with ${[...first].sort().join(', ')}; see: gdpr help`,
  };
}
