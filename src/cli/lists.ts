/** The parts of a comma-separated flag, or of one that was given several times; undefined where it was not given. */
export function splitList(typed: string | readonly string[] | undefined): string[] | undefined {
  if (typed === undefined) return undefined;
  return [typed]
    .flat()
    .flatMap((text) => text.split(','))
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
