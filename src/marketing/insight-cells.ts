/** How many people stand under one value, and how many of everybody do, whom the counted people are a part of. */
export interface Counted {
  readonly value: string | null;
  readonly count: number;
  readonly everybody: number;
}

/** A line of a table; count and share (of the people of the table, 0 to 1) are null where they are withheld. */
export interface Cell {
  readonly value: string | null;
  readonly count: number | null;
  readonly share: number | null;
}

export interface Cells {
  readonly cells: readonly Cell[];
  /** Values that are withheld together, with their people; what they are is withheld too. */
  readonly withheld: { readonly values: number; readonly people: number } | null;
}

/** Values that are too small, counted together before they leave the database. */
export interface Small {
  readonly values: number;
  readonly people: number;
}

/**
 * Whether a number of people can be told. Below the minimum it cannot; and where the people are a part of others, what
 * remains of these must not be told apart either.
 */
export function tellable(count: number, everybody: number, minimum: number): boolean {
  const rest = everybody - count;
  return count >= minimum && (rest === 0 || rest >= minimum);
}

/**
 * A table whose values exclude each other and sum up to `total`, which is told. A value that is withheld alone, or
 * several that are fewer people than the minimum together, could be computed from the total: the smallest of the others is
 * withheld with them.
 * @param tellables every value that may be told
 * @returns undefined where one value is everybody's and may not be told, so that nothing of the table may
 */
export function withholdPartition(
  tellables: readonly Counted[],
  small: Small,
  total: number,
  minimum: number,
): Cells | undefined {
  const bySize = [...tellables].sort((a, b) => b.count - a.count || compare(a.value, b.value));
  let { values, people } = small;
  while (values > 0 && (values < 2 || people < minimum)) {
    const next = bySize.pop();
    if (next === undefined) return undefined;
    values += 1;
    people += next.count;
  }
  return {
    cells: bySize.map(({ value, count }) => ({ value, count, share: share(count, total) })),
    withheld: values === 0 ? null : { values, people },
  };
}

/** A table whose values may hold of one person together, so that nothing can be computed from their sum. */
export function withholdOverlapping(counted: readonly Counted[], total: number, minimum: number): Cells {
  return {
    cells: counted.map(({ value, count, everybody }) =>
      tellable(count, everybody, minimum) && tellable(count, total, minimum)
        ? { value, count, share: share(count, total) }
        : { value, count: null, share: null },
    ),
    withheld: null,
  };
}

/** To a thousandth, so that it tells no more than the count beside it. */
function share(count: number, total: number): number {
  return Math.round((count / total) * 1000) / 1000;
}

/** By code unit, what is not known last: the order is the same on every machine. */
function compare(a: string | null, b: string | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return a < b ? -1 : Number(a > b);
}
