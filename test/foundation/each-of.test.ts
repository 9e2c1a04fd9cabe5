import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { eachOf } from '../../src/foundation/each-of.js';

describe('work on every item', () => {
  it('answers in the order of the items, whatever ends first, and never works on more than so many', async () => {
    let inHand = 0;
    let most = 0;
    const results = await eachOf([30, 0, 20, 0, 10, 0], 3, async (ms, index) => {
      inHand += 1;
      most = Math.max(most, inHand);
      await sleep(ms);
      inHand -= 1;
      return index;
    });
    expect(results).toEqual([0, 1, 2, 3, 4, 5]);
    expect(most).toBe(3);
  });

  it('begins nothing after an error, and throws it when what is in hand has ended', async () => {
    const ended: number[] = [];
    const work = eachOf([0, 1, 2, 3, 4, 5], 2, async (item) => {
      if (item === 1) throw new Error('one');
      await sleep(20);
      ended.push(item);
    });
    await expect(work).rejects.toThrow('one');
    expect(ended).toEqual([0]);
  });

  it('has nothing to do for nothing', async () => {
    expect(await eachOf([], 3, () => Promise.reject(new Error('never')))).toEqual([]);
  });
});
