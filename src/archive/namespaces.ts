/** XML namespaces and algorithm identifiers of XML-DSig, XAdES (EN 319 132-1) and ASiC (EN 319 162-1). */
export const DS = 'http://www.w3.org/2000/09/xmldsig#';
export const XADES = 'http://uri.etsi.org/01903/v1.3.2#';
export const ASIC = 'http://uri.etsi.org/02918/v1.2.1#';
export const MANIFEST = 'urn:oasis:names:tc:opendocument:xmlns:manifest:1.0';

export const SIGNED_PROPERTIES_TYPE = 'http://uri.etsi.org/01903#SignedProperties';
export const EXCLUSIVE_C14N = 'http://www.w3.org/2001/10/xml-exc-c14n#';

/** Digest methods that count as SHA-256 or stronger, by node:crypto's name. */
export const DIGESTS: Readonly<Record<string, string>> = {
  'http://www.w3.org/2001/04/xmlenc#sha256': 'sha256',
  'http://www.w3.org/2001/04/xmldsig-more#sha384': 'sha384',
  'http://www.w3.org/2001/04/xmlenc#sha512': 'sha512',
};
export const SHA256 = 'http://www.w3.org/2001/04/xmlenc#sha256';

export const ECDSA_SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256';
export const RSA_SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';

/** Signature methods that count as SHA-256 or stronger: the key type and node:crypto's digest name. */
export const SIGNATURE_METHODS: Readonly<Record<string, { readonly key: 'ec' | 'rsa'; readonly digest: string }>> = {
  [ECDSA_SHA256]: { key: 'ec', digest: 'sha256' },
  'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384': { key: 'ec', digest: 'sha384' },
  'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512': { key: 'ec', digest: 'sha512' },
  [RSA_SHA256]: { key: 'rsa', digest: 'sha256' },
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha384': { key: 'rsa', digest: 'sha384' },
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512': { key: 'rsa', digest: 'sha512' },
};
