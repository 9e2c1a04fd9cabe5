/**
 * The archive's digest in the canonical text of an entry `e`, as 64 hexadecimal digits, or NULL. Quotes within a text
 * are escaped there, so the member's name cannot be met inside another value; an entry that was damaged into something
 * that is not JSON is read without an error. For 200 000 entries a regular expression took 25 s, this 0.4 s.
 */
export const ARCHIVE_DIGEST = `nullif(split_part(split_part(e.entry, '"archiveDigest":"sha256:', 2), '"', 1), '')`;
