import type { Hook } from '@oclif/core';
import { EXIT } from '../foundation/errors.js';

/** Answers a mistyped command without repeating the words after it, which may be a person's. */
const hook: Hook.CommandNotFound = async ({ config, argv }) => {
  const topics = config.topics.filter((topic) => !topic.hidden).map((topic) => topic.name);
  const message = 'there is no such command';
  const hint = `the topics are ${[...new Set(topics.map((name) => name.split(':')[0]))].join(', ')}; see: gdpr help`;
  if (argv?.includes('--json') === true) {
    process.stdout.write(`${JSON.stringify({ error: { code: 'USAGE', exit: EXIT.usage, message, hint } }, undefined, 2)}\n`);
  } else process.stderr.write(`gdpr: ${message}\n  ${hint}\n`);
  process.exit(EXIT.usage);
};

export default hook;
