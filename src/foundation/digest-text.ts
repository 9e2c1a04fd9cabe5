/**
 * Source of a pattern for digests in hexadecimal digits (MD5, SHA-1, the SHA-2s) and UUIDs (RFC 9562), in any case. Among
 * their digits a phone number or a personas kods stands by chance, in some four SHA-256 of a thousand; one of digits
 * alone may be made of a number.
 */
export const DIGEST = String.raw`(?<![\p{L}\d@+])(?:(?=\d*[a-f])(?:[\da-f]{32}|[\da-f]{40}|[\da-f]{56}|[\da-f]{64}|[\da-f]{96}|[\da-f]{128})|(?=[\d-]*[a-f])[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12})(?![\p{L}\d@])`;

const DIGESTS = new RegExp(DIGEST, 'giu');
/** Of a digest and of an UUID a part, which is found faster. */
const LONG = /[\da-f]{12}/i;

/** The text with a letter in the place of each digest or UUID, so that digits on both sides of it stay apart. */
export function withoutDigests(text: string): string {
  return LONG.test(text) ? text.replace(DIGESTS, 'x') : text;
}
