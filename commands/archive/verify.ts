import { resolve } from 'node:path';
import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../src/cli/base-command.js';
import { checkLine } from '../../src/cli/mark.js';
import { trustFlags, trustFrom } from '../../src/cli/trust-flags.js';
import { EXIT } from '../../src/foundation/errors.js';
import type { Trust } from '../../src/workspace/signers.js';

export default class ArchiveVerify extends BaseCommand {
  static override summary = 'Check a signed archive: container, digests, signature, certificate, time';

  static override description =
    `Needs no database and no network. Inside a workspace, the workspace's own certificate is trusted; elsewhere name the
signer's with --signer. A self-made certificate proves that nothing was changed, not who signed.

Exit code 0 when every check passes, 5 when one does not.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> archives/export-20260301-abcdefghijklmnop.asice',
    '<%= config.bin %> <%= command.id %> received.asice --signer sender.pem',
  ];

  static override args = { file: Args.string({ description: 'The archive (.asice)', required: true }) };

  static override flags = trustFlags;

  async run() {
    const { args, flags } = await this.parse(ArchiveVerify);
    const { verifyArchive } = await import('../../src/archive/verify.js');
    const trust = await trustFrom(flags);
    const result = await verifyArchive(resolve(args.file), trust);
    if (!result.valid) process.exitCode = EXIT.verification;
    this.print(...result.checks.map((check) => checkLine(check.ok, check.title, check.detail)), '');
    if (result.signer !== undefined)
      this.print(
        `Signed by  ${result.signer.subject}${result.signer.selfSigned ? ' (self-made certificate)' : ''}`,
        `SHA-256    ${result.signer.sha256}`,
        `Trusted    ${trustLine(result.signer.pinned, trust.source)}`,
      );
    if (result.signedAt !== undefined) this.print(`At         ${result.signedAt} (as the signer says)`);
    if (result.timestamp !== undefined)
      this.print(
        `Timestamp  ${result.timestamp.time} by ${result.timestamp.authority}${result.timestamp.trusted ? '' : ' (authority not trusted here)'}`,
      );
    this.print(
      '',
      result.valid
        ? `The archive is intact: ${result.files.length} files.`
        : 'The archive is NOT valid. Do not rely on it; ask the sender for it again.',
    );
    return result;
  }
}

/** By whose word the certificate is believed, or not. */
function trustLine(trusted: boolean, source: Trust['source']): string {
  if (source === undefined) return 'no: no workspace here, and no --signer';
  const word = source === 'named' ? '--signer' : `gdpr.yaml in ${source.workspace}`;
  return trusted ? `because of ${word}` : `no: not a certificate of ${word}`;
}
