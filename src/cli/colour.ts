import { Chalk, chalkStderr, default as chalkStdout } from 'chalk';

// chalk knows FORCE_COLOR only; https://no-color.org: present and not empty means no colour.
const off = (process.env.NO_COLOR ?? '') !== '';
const plain = new Chalk({ level: 0 });

/** Colours for the two streams, each as its terminal takes them. */
export const colour = { stdout: off ? plain : chalkStdout, stderr: off ? plain : chalkStderr };
