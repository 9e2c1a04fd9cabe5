/** What stands before the operation's id: the words of what the archive holds. */
const WORDS = '[a-z]+(?:-[a-z]+)*';
const NAMED = new RegExp(`^${WORDS}-([0-9]{8}-[a-z2-7]{16})\\.asice(?:\\.partial)?$`);

/** The operation of an archive or of its partial by the file's name; undefined for any other text, such as a path. */
export function operationOfFile(name: string): string | undefined {
  return NAMED.exec(name)?.[1];
}

/** Whether this is how an archive of that operation is named: `export-20260301-abcdefghijklmnop.asice`. */
export function isArchiveName(name: string, operation: string): boolean {
  return name.endsWith('.asice') && operationOfFile(name) === operation;
}
