/**
 * The archive's digest in the canonical text of an entry `e`, as 64 hexadecimal digits, or NULL. Quotes within a text
 * are escaped there, so the member's name cannot be met inside another value; an entry that was damaged into something
 * that is not JSON is read without an error.
 */
export const ARCHIVE_DIGEST = `substring(e.entry from '"archiveDigest":"sha256:([0-9a-f]{64})"')`;
