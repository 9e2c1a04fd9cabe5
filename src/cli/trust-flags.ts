import * as Flags from '@oclif/core/flags';
import type { Trust } from '../workspace/signers.js';

/** Whom to believe when an archive is checked; by themselves, the workspace's own. */
export const trustFlags = {
  signer: Flags.string({
    description: "The signer's certificate: a PEM file, or its SHA-256 in hexadecimal (may be given several times)",
    multiple: true,
    helpValue: 'PEM|SHA256',
  }),
  'timestamp-ca': Flags.string({
    description: 'Certificate of a timestamp authority to trust (PEM file)',
    multiple: true,
    helpValue: 'PEM',
  }),
};

/** @throws as `trustOf` */
export async function trustFrom(flags: {
  readonly workspace?: string | undefined;
  readonly signer?: string[] | undefined;
  readonly 'timestamp-ca'?: string[] | undefined;
}): Promise<Trust> {
  const { trustOf } = await import('../workspace/signers.js');
  return trustOf(process.cwd(), flags.workspace, { signers: flags.signer, authorities: flags['timestamp-ca'] });
}
