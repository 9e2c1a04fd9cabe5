import { groupBy } from '../foundation/group.js';

/**
 * Groups connected items so that within a group every two agree. An item that connects two others which disagree
 * ("Anna" between "Anna Bērziņa" and "Anna Kalniņa") belongs to neither and stands alone.
 */
export function clusters<T>(
  items: readonly T[],
  agree: (a: T, b: T) => boolean,
  connected: (a: T, b: T) => boolean = () => true,
): T[][] {
  const near = new Map(
    items.map((item) => [
      item,
      items.filter((other) => other !== item && connected(item, other) && agree(item, other)),
    ]),
  );
  const isBetween = (item: T) => {
    const others = near.get(item) ?? [];
    return others.some((a, i) => others.slice(i + 1).some((b) => !agree(a, b)));
  };
  const between = new Set(items.filter(isBetween));
  const groups: T[][] = [...between].map((item) => [item]);
  const rest = new Set(items.filter((item) => !between.has(item)));
  for (const first of rest) {
    rest.delete(first);
    const group = [first];
    for (const member of group) {
      for (const other of near.get(member) ?? []) {
        if (rest.delete(other)) group.push(other);
      }
    }
    const whole = group.every((a, i) => group.slice(i + 1).every((b) => agree(a, b)));
    groups.push(...(whole ? [group] : group.map((item) => [item])));
  }
  return groups;
}

/** Items in components: two that share a key are in one, directly or over others. */
export function components<T>(items: readonly T[], keysOf: (item: T) => readonly string[]): T[][] {
  const parent = items.map((_, i) => i);
  const rootOf = (i: number): number => {
    let at = i;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at] ?? at] ?? at;
      at = parent[at] ?? at;
    }
    return at;
  };
  const first = new Map<string, number>();
  items.forEach((item, i) => {
    for (const key of keysOf(item)) {
      const other = first.get(key);
      if (other === undefined) first.set(key, i);
      else parent[rootOf(i)] = rootOf(other);
    }
  });
  return [
    ...groupBy(
      items.map((item, i) => ({ item, root: rootOf(i) })),
      ({ root }) => root,
    ).values(),
  ].map((group) => group.map(({ item }) => item));
}
