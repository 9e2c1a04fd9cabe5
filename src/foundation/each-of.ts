/**
 * Works on every item, on so many of them at a time, and answers the results in the order of the items. After an error
 * no further item is begun; it is thrown once those in hand have ended.
 */
export async function eachOf<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const faults: unknown[] = [];
  const rest = items.entries();
  const hand = async (): Promise<void> => {
    for (const [index, item] of rest) {
      if (faults.length > 0) return;
      try {
        results[index] = await work(item, index);
      } catch (error) {
        faults.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, hand));
  if (faults.length > 0) throw faults[0];
  return results;
}
