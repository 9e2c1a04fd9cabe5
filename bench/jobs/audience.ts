import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gdprWords } from '../gdpr.js';
import type { Job, Pair } from '../job.js';
import { type Run, running } from '../measure.js';
import { rival } from '../rivals.js';

/** The addresses of a list, whatever its other columns are. */
async function addresses(file: string): Promise<string[]> {
  const lines = (await readFile(file, 'utf8')).split(/\r?\n/).slice(1);
  return lines.filter((line) => line !== '').map((line) => line.slice(0, line.indexOf(',')));
}

function anew(file: string, run: Run): Run {
  return async () => {
    await rm(file, { force: true });
    return await run();
  };
}

export const audience: Job = {
  name: 'marketing audience',
  rival: 'psql COPY of the same selection',
  goal: 1.2,
  goalFrom: 1_000_000,
  measure: 'wall',
  unit: 'customers',
  sizes: [10_000, 100_000, 1_000_000],
  quick: 10_000,
  once: false,
  pair: async ({ shops, folder }, size): Promise<Pair> => {
    const shop = await shops.clone(size);
    const psql = ['psql', '-qX', '-v', 'ON_ERROR_STOP=1', shop.url];
    const [list, byHand] = [join(folder, 'list.csv'), join(folder, 'by-hand.csv')];
    const words = gdprWords('marketing', 'audience', '--channel', 'email', '--out', list);
    const files = ['audience-setup.sql', 'audience.sql'].flatMap((name) => ['-f', rival(name)]);
    const select = [...psql, '-v', 'soft=true', '-o', byHand, ...files];
    const pair = {
      ours: anew(list, running({ words, folder: shop.folder, environment: shop.environment }, shop)),
      theirs: anew(byHand, running({ words: select, folder }, shop)),
      warm: true,
      done: shop.drop,
    };
    await pair.ours();
    await pair.theirs();
    const [mine, theirs] = [await addresses(list), new Set(await addresses(byHand))];
    const differing = mine.filter((address) => !theirs.has(address)).length + Math.abs(mine.length - theirs.size);
    if (differing > 0)
      throw new Error(`the two lists differ: ${mine.length} and ${theirs.size} people, ${differing} others`);
    return pair;
  },
};
