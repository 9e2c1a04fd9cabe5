/** What a check found wrong with an archive; the message is safe to show and holds no personal data. */
export class Fault extends Error {}

/** Foreign text made fit for a terminal: control, format and line-breaking characters as `?`, at most 120 characters. */
export function printable(text: string): string {
  const plain = text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
  return plain.length > 120 ? `${plain.slice(0, 117)}...` : plain;
}

/** Up to five of the names, fit for a terminal. */
export function named(names: readonly string[]): string {
  const shown = names.slice(0, 5).map(printable).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}
