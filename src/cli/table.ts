const NARROWEST = 8;
/** Heads of columns whose cells are typed into other commands, so they are never cut. */
const WHOLE = new Set(['ID', 'FILE', 'NUMBER']);

/** Rows as aligned text that fits `width` columns: the widest columns are cut first, none below eight characters. */
export function textTable(head: readonly string[], rows: readonly (readonly string[])[], width = 80): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, i) => Math.max(...all.map((row) => [...(row[i] ?? '')].length)));
  for (let excess = widths.reduce((sum, w) => sum + w + 2, -2) - width; excess > 0; excess -= 1) {
    const cuttable = widths.map((w, i) => (WHOLE.has(head[i] ?? '') ? 0 : w));
    const widest = Math.max(...cuttable);
    if (widest <= NARROWEST) break;
    widths[cuttable.lastIndexOf(widest)] = widest - 1;
  }
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => {
        const room = widths[i] ?? 0;
        const letters = [...cell];
        return letters.length > room
          ? `${letters.slice(0, room - 1).join('')}…`
          : cell + ' '.repeat(room - letters.length);
      })
      .join('  ')
      .trimEnd();
  return [line(head), line(widths.map((w) => '─'.repeat(w))), ...rows.map(line)];
}

/** `1 row`, `2 rows`. */
export function count(n: number, singular: string, plural = `${singular}s`): string {
  return `${n} ${n === 1 ? singular : plural}`;
}
