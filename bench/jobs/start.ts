import { gdprWords } from '../gdpr.js';
import type { Job } from '../job.js';
import { running } from '../measure.js';

const GOAL = 2.5;

function start(...words: string[]): Job {
  return {
    name: `gdpr ${words.join(' ')}`,
    rival: 'node -e 0',
    goal: GOAL,
    measure: 'wall',
    unit: undefined,
    sizes: [1],
    quick: 1,
    once: false,
    pair: async ({ folder }) => ({
      ours: running({ words: gdprWords(...words), folder }),
      theirs: running({ words: [process.execPath, '-e', '0'], folder }),
    }),
  };
}

export const starts: readonly Job[] = [start('--version'), start('archive', 'verify', '--help')];
