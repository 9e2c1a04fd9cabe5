import { resolve } from 'node:path';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { assertPassphraseSeen, deliveryFlags, passphraseText } from '../../src/cli/delivery-flags.js';

export default class ArchiveEncrypt extends BaseCommand {
  static override summary = 'Encrypt an archive for its way to somebody';

  static override description =
    `The archive is verified, then encrypted beside itself; nothing is overwritten, and the archive stays as it is.

--encrypt-to writes FILE.age, for people who have an age key (https://age-encryption.org).
--for-customer writes an HTML file that decrypts itself in any current browser, without the internet. Its passphrase of
24 digits is made here and shown once, on the terminal (in "passphrase" with --json): tell it by another way than the
file, by telephone or on paper.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> archives/export-20260301-abcdefghijklmnop.asice --for-customer',
    '<%= config.bin %> <%= command.id %> archives/export-20260301-abcdefghijklmnop.asice --encrypt-to age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p',
  ];

  static override args = { file: Args.string({ description: 'The archive (.asice)', required: true }) };

  static override flags = {
    ...deliveryFlags,
    language: Flags.string({
      description: 'Language that the HTML file shows first',
      options: ['lv', 'en'],
      default: 'lv',
    }),
    controller: Flags.string({
      description: "Who sends it, as the HTML file says (default: the map's controller)",
      helpValue: 'NAME',
    }),
    signer: Flags.string({
      description: "The signer's certificate: a PEM file, or its SHA-256",
      multiple: true,
      helpValue: 'PEM|SHA256',
    }),
    'timestamp-ca': Flags.string({
      description: 'Certificate of a timestamp authority to trust (PEM file)',
      multiple: true,
      helpValue: 'PEM',
    }),
  };

  async run() {
    const { args, flags } = await this.parse(ArchiveEncrypt);
    const forCustomer = flags['for-customer'];
    assertPassphraseSeen(forCustomer, this.jsonEnabled());
    const { encryptArchive } = await import('../../src/delivery/encrypt.js');
    const { trustOf } = await import('../../src/workspace/signers.js');
    const result = await encryptArchive(resolve(args.file), {
      recipients: flags['encrypt-to'] ?? [],
      forCustomer,
      language: flags.language === 'en' ? 'en' : 'lv',
      controllerName: forCustomer ? (flags.controller ?? (await this.#controller(flags.workspace))) : '',
      trust: await trustOf(process.cwd(), flags.workspace, {
        signers: flags.signer,
        authorities: flags['timestamp-ca'],
      }),
      onProgress: (done, total) => this.progress.show('MB', Math.round(done / 1e6), Math.round(total / 1e6)),
      signal: this.surroundings(flags.workspace).signal,
    });
    this.progress.stop();
    for (const { path, sha256 } of result.files) this.print(`File     ${path}`, `SHA-256  ${sha256}`);
    if (result.passphrase !== undefined) this.logToStderr(passphraseText(result.passphrase));
    return result;
  }

  async #controller(workspace: string | undefined): Promise<string> {
    const { locateWorkspace } = await import('../../src/workspace/open.js');
    const { loadDataMap } = await import('../../src/datamap/load.js');
    const { paths } = await locateWorkspace(this.surroundings(workspace));
    return (await loadDataMap(paths.datamap, paths.mapMemory)).map.controller.name;
  }
}
