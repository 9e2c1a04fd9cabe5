/** Lines of a file for one reason, in order. */
export interface ReasonLines {
  readonly reason: string;
  readonly lines: readonly number[];
}

/** Keeps the numbers of lines by reason: eight bytes a line, whatever else stands there. */
export class Tally {
  readonly #lines = new Map<string, number[]>();
  #count = 0;

  add(reason: string, line: number): void {
    this.#count += 1;
    const lines = this.#lines.get(reason);
    if (lines === undefined) this.#lines.set(reason, [line]);
    else lines.push(line);
  }

  get count(): number {
    return this.#count;
  }

  /** In the order of their first lines. */
  reasons(): ReasonLines[] {
    return [...this.#lines]
      .map(([reason, lines]) => ({ reason, lines: lines.sort((a, b) => a - b) }))
      .sort((a, b) => (a.lines[0] ?? 0) - (b.lines[0] ?? 0));
  }
}

/** Numbers in order, with runs as ranges: `2-5, 9`. */
export function rangesOf(lines: readonly number[]): string[] {
  const ranges: [number, number][] = [];
  for (const line of lines) {
    const last = ranges.at(-1);
    if (last !== undefined && line === last[1] + 1) last[1] = line;
    else ranges.push([line, line]);
  }
  return ranges.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`));
}
