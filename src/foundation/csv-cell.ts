/** A cell that a spreadsheet would run as a formula is made text by an apostrophe (OWASP, CSV injection). */
export function defused(text: string): string {
  return /^[\s]*[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}
