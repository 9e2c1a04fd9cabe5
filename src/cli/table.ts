/** Rows as aligned text that fits 80 columns: the column given as `flexible` is cut, the last one is never padded. */
export function textTable(head: readonly string[], rows: readonly (readonly string[])[], width = 80): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, i) => Math.max(...all.map((row) => [...(row[i] ?? '')].length)));
  const total = widths.reduce((sum, w) => sum + w, 0) + 2 * (widths.length - 1);
  const widest = widths.indexOf(Math.max(...widths));
  if (total > width) widths[widest] = Math.max(8, (widths[widest] ?? 0) - (total - width));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => {
        const room = widths[i] ?? 0;
        const letters = [...cell];
        return letters.length > room ? `${letters.slice(0, room - 1).join('')}…` : cell + ' '.repeat(room - letters.length);
      })
      .join('  ')
      .trimEnd();
  return [line(head), line(widths.map((w) => '─'.repeat(w))), ...rows.map(line)];
}

/** `1 row`, `2 rows`. */
export function count(n: number, singular: string, plural = `${singular}s`): string {
  return `${n} ${n === 1 ? singular : plural}`;
}
