import { makeCertificate, signerFromPem } from '../../../src/archive/certificate.js';
import type { Signer } from '../../../src/archive/signer.js';

export async function makeSigner(): Promise<Signer> {
  const made = await makeCertificate({
    commonName: 'Test',
    organization: '',
    notBefore: new Date('2026-01-01T00:00:00Z'),
    days: 365,
  });
  return signerFromPem(made.privateKeyPem, made.certificatePem);
}
