/**
 * What signs an archive: the workspace's own key, or an organisation's e-seal behind the same three members.
 * `sign` signs the bytes given (it hashes them itself, SHA-256); an ES256 signature is raw r‖s (RFC 7515 §3.4).
 */
export interface Signer {
  readonly alg: 'ES256' | 'RS256';
  /** The signing certificate, DER. */
  readonly certificate: Buffer;
  /** Further certificates up to a root, DER, without the signing certificate. */
  readonly chain: readonly Buffer[];
  sign(data: Uint8Array): Promise<Buffer>;
}
