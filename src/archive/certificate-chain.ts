import type { X509Certificate } from 'node:crypto';

const MAX_CERTIFICATES = 8;

/**
 * Whether a path leads from the certificate over the intermediates to one of the anchors, each valid at that time and
 * each issuer a CA. Revocation is not looked at: that takes the network, and verification needs none.
 */
export function chainsTo(
  certificate: X509Certificate,
  intermediates: readonly X509Certificate[],
  anchors: readonly X509Certificate[],
  at: Date,
  left = MAX_CERTIFICATES,
): boolean {
  if (left === 0 || !isValidAt(certificate, at)) return false;
  if (anchors.some((anchor) => anchor.raw.equals(certificate.raw))) return true;
  if (anchors.some((anchor) => isValidAt(anchor, at) && issued(anchor, certificate))) return true;
  const rest = intermediates.slice(0, MAX_CERTIFICATES).filter((issuer) => !issuer.raw.equals(certificate.raw));
  return rest.some(
    (issuer) =>
      issued(issuer, certificate) &&
      chainsTo(
        issuer,
        rest.filter((other) => other !== issuer),
        anchors,
        at,
        left - 1,
      ),
  );
}

export function isValidAt(certificate: X509Certificate, at: Date): boolean {
  return new Date(certificate.validFrom) <= at && at <= new Date(certificate.validTo);
}

function issued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}
