import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gdprWords } from '../gdpr.js';
import type { Job, Pair } from '../job.js';
import { running } from '../measure.js';
import { rival } from '../rivals.js';

export const consents: Job = {
  name: 'consent import',
  rival: 'psql \\copy, INSERT … SELECT',
  goal: 3,
  goalFrom: 1_000_000,
  measure: 'wall',
  unit: 'events',
  sizes: [10_000, 100_000, 1_000_000],
  quick: 10_000,
  once: true,
  pair: async ({ shops, folder }, size): Promise<Pair> => {
    // An event a customer.
    const shop = await shops.clone(size);
    const psql = ['psql', '-qX', '-v', 'ON_ERROR_STOP=1', shop.url];
    const file = join(folder, 'consents.csv');
    await running({ words: [...psql, '-o', file, '-f', rival('consents-make.sql')], folder })();
    const imported = join(shop.folder, 'consents.csv');
    await copyFile(file, imported);
    const words = gdprWords('consent', 'import', imported, '--keep-good');
    return {
      // 2: some lines are bad, of wordings that were not in use yet.
      ours: running({ words, folder: shop.folder, environment: shop.environment, answers: [0, 2] }, shop),
      theirs: running({ words: [...psql, '-f', rival('consents.sql')], folder }, shop),
      done: shop.drop,
    };
  },
};
