import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { chooseCandidate } from '../../src/cli/choose-candidate.js';
import { assertPassphraseSeen, deliveryFlags, passphraseText } from '../../src/cli/delivery-flags.js';
import { keptLines } from '../../src/cli/kept-lines.js';
import { leftLines } from '../../src/cli/left-lines.js';
import { personFlags, personQuery } from '../../src/cli/person-flags.js';
import { openReview, reviewFlag, reviewLines, writtenReview } from '../../src/cli/review.js';
import { count, textTable } from '../../src/cli/table.js';
import type { Delivery } from '../../src/customer/export-many.js';
import type { PersonQuery } from '../../src/customer/resolve.js';
import type { Language } from '../../src/documents/page-model.js';
import { EXIT, GdprError } from '../../src/foundation/errors.js';
import type { Context } from '../../src/workspace/open.js';

export default class CustomerExport extends BaseCommand {
  static override summary = 'Export everything held about one person into a signed archive (Art. 15)';

  static override description =
    `Reads one consistent snapshot: all rows of the person, of their guest orders too. Secrets are withheld and other
people redacted, each listed with its reason. The archive holds a page to open first (index.html), the data as JSON and
CSV, and a signature that outside tools can check.

Who was erased is found by what they were known by before; the archive then holds what was kept, with ground and day.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> --email anna.berzina@pasts.example --verified "account login"',
    {
      description: 'See what would be read, without reading it:',
      command: '<%= config.bin %> <%= command.id %> --email anna.berzina@pasts.example --plan',
    },
    {
      description: 'Answer a request of the register whose identity was verified, in a file for the customer to open:',
      command: '<%= config.bin %> <%= command.id %> --request R-2026-0001 --for-customer',
    },
    {
      description: 'Many people, an archive each; the same command goes on where it was stopped:',
      command: '<%= config.bin %> <%= command.id %> --from requests.csv',
    },
    {
      description: 'What they can take to another provider (Art. 20):',
      command:
        '<%= config.bin %> <%= command.id %> --email anna.berzina@pasts.example --portable --verified "account login"',
    },
    {
      description: 'Write the free texts into a file to decide on each; once that is done, the same line exports:',
      command:
        '<%= config.bin %> <%= command.id %> --email anna.berzina@pasts.example --verified "account login" --review texts.yaml',
    },
  ];

  static override flags = {
    ...personFlags,
    request: Flags.string({
      description: 'The request that this answers; its person and verified identity are taken from the register',
      helpValue: 'NUMBER',
    }),
    review: reviewFlag,
    verified: Flags.string({
      description:
        'How the identity was checked: account login, known e-mail answered, contract number … (what was done, no data)',
      helpValue: 'HOW',
    }),
    portable: Flags.boolean({
      description:
        'Only what the right to data portability covers (Art. 20): provided or observed, on consent or a contract; with portable.jsonld in the vocabulary of schema.org',
    }),
    language: Flags.string({ description: 'Language that the page shows first', options: ['lv', 'en'], default: 'lv' }),
    negative: Flags.boolean({ description: 'If nobody matches, write a signed answer that lists what was searched' }),
    plan: Flags.boolean({ description: 'Print what would be read and withheld, with its digest, and stop' }),
    'plan-digest': Flags.string({ description: 'Do exactly this plan; refuse if it has changed', helpValue: 'DIGEST' }),
    from: Flags.string({
      description:
        'Many people, a line each: CSV with the columns request, email, phone, order, personas-kods, id, verified, language; or numbers of requests; - for standard input',
      helpGroup: 'MANY PEOPLE',
      helpValue: 'FILE',
      exclusive: [
        ...Object.keys(personFlags),
        'request',
        'plan',
        'plan-digest',
        'negative',
        'for-customer',
        'portable',
      ],
    }),
    again: Flags.boolean({
      description: 'Export everybody in the file once more, although it was done before',
      helpGroup: 'MANY PEOPLE',
      dependsOn: ['from'],
    }),
    ...deliveryFlags,
  };

  async run() {
    const { flags } = await this.parse(CustomerExport);
    const language = flags.language === 'en' ? ('en' as const) : ('lv' as const);
    assertPassphraseSeen(flags['for-customer'], this.jsonEnabled());
    if (flags['encrypt-to'] !== undefined) {
      const { encrypterTo } = await import('../../src/delivery/age.js');
      await encrypterTo(flags['encrypt-to']);
    }
    if (flags.from !== undefined) return this.#many(flags.from, { ...flags, language });
    const query = await personQuery(flags);
    const { prepareExport, exportPrepared } = await import('../../src/customer/export-customer.js');
    const { basisOf } = await import('../../src/customer/identity-check.js');
    if (!flags.plan && !flags.negative && flags.request === undefined) basisOf(flags.verified);
    return this.withContext(flags.workspace, async (context) => {
      const { PORTABLE } = await import('../../src/customer/portable/kind.js');
      const { ACCESS } = await import('../../src/customer/kind.js');
      const kind = flags.portable ? PORTABLE : ACCESS;
      const prepared = await prepareExport(context, query, chooseCandidate, kind, flags.request).catch(
        (error: unknown) => {
          if (!flags.negative || !(error instanceof GdprError) || error.code !== 'NOBODY') throw error;
          return undefined;
        },
      );
      if (prepared === undefined) return this.#negative(context, query, { number: flags.request, language }, flags);
      if (flags.plan) {
        const { canonicalJson } = await import('../../src/foundation/canonical-json.js');
        const { plan, digest } = await prepared.store();
        this.print(canonicalJson(plan), digest);
        return { digest, plan };
      }
      const review = await openReview(context, prepared, { ...flags, planDigest: flags['plan-digest'] });
      if (review?.kind === 'written') {
        this.print(...writtenReview(review.written));
        return review.written;
      }
      const result = await exportPrepared(
        context,
        prepared,
        { verified: flags.verified, language, planDigest: flags['plan-digest'], review: review?.review },
        ({ table, done, total }) => this.progress.show(table, done, total),
      );
      this.progress.stop();
      const held = result.tables.filter(({ rows }) => rows > 0);
      const rows = held.reduce((sum, table) => sum + table.rows, 0);
      this.print(
        ...textTable(
          ['TABLE', 'ROWS'],
          held.map((table) => [table.table, String(table.rows)]),
        ),
        '',
        `${count(rows, 'row')} from ${count(held.length, 'table')}; ${count(result.withheld.length, 'place')} withheld or redacted, listed in the archive.`,
        ...reviewLines(result.review),
        ...keptLines(result.kept),
        `Archive   ${result.archive}`,
        `SHA-256   ${result.sha256}`,
        `Audit     entry ${result.audit.sequence}, operation ${result.operation}`,
      );
      const delivery = await this.#deliver(context, result.archive, language, flags);
      this.print('', `Check it: gdpr archive verify ${result.archive}`);
      return { ...result, ...delivery };
    });
  }

  async #negative(
    context: Context,
    query: PersonQuery,
    options: { number: string | undefined; language: Language },
    flags: DeliveryFlags,
  ) {
    const { answerNegative } = await import('../../src/customer/negative.js');
    const result = await answerNegative(context, query, options);
    this.print(
      'Nobody matches. The signed answer lists what was searched:',
      ...textTable(
        ['BY', 'IN'],
        result.searched.map(({ identifier, places }) => [identifier, count(places.length, 'place')]),
      ),
      '',
      `Archive   ${result.archive}`,
      `SHA-256   ${result.sha256}`,
      `Audit     entry ${result.audit.sequence}, operation ${result.operation}`,
    );
    const delivery = await this.#deliver(context, result.archive, options.language, flags);
    process.exitCode = EXIT.nobodyOrSeveral;
    return { ...result, ...delivery };
  }

  async #many(file: string, flags: DeliveryFlags & ManyFlags) {
    const { exportMany, readPeople } = await import('../../src/customer/export-many.js');
    const people = await readPeople(file, 'access', flags);
    return this.withContext(flags.workspace, async (context) => {
      const result = await exportMany(
        context,
        people,
        { again: flags.again },
        {
          onProgress: ({ step, done, total }) => this.progress.show(step, done, total),
          deliver: (archive, language) => this.#encrypt(context, archive, language, flags),
          deliverEarlier: (archive, language) => this.#encrypt(context, archive, language, flags, true),
        },
      );
      this.progress.stop();
      const left = result.people.flatMap((line) => (line.state === 'refused' ? [line] : []));
      this.print(
        ...leftLines(left),
        `${count(result.exported, 'archive')} written, ${result.earlier} there from before, ${left.length} left out.`,
        `Archives  ${context.paths.archives}`,
        `Audit     entry ${result.audit.sequence}, operation ${result.operation}`,
      );
      const [first] = left;
      if (first !== undefined) process.exitCode = first.exit;
      return result;
    });
  }

  /** Encrypts a finished archive as the flags say, and shows the files and the passphrase. */
  async #deliver(context: Context, archive: string, language: Language, flags: DeliveryFlags) {
    const delivery = await this.#encrypt(context, archive, language, flags);
    this.progress.stop();
    for (const { path } of delivery.encrypted ?? []) this.print(`For them  ${path}`);
    if (delivery.passphrase !== undefined) this.logToStderr(passphraseText(delivery.passphrase));
    return delivery;
  }

  async #encrypt(
    context: Context,
    archive: string,
    language: Language,
    flags: DeliveryFlags,
    missingOnly = false,
  ): Promise<Delivery> {
    const recipients = flags['encrypt-to'] ?? [];
    if (recipients.length === 0 && !flags['for-customer']) return {};
    const { encryptArchive } = await import('../../src/delivery/encrypt.js');
    const { files, passphrase } = await encryptArchive(archive, {
      recipients,
      forCustomer: flags['for-customer'],
      missingOnly,
      language,
      controllerName: context.model.map.controller.name,
      signal: context.surroundings.signal,
    }).catch((cause: unknown) => {
      if (!(cause instanceof GdprError)) throw cause;
      throw new GdprError(cause.code, `the archive is finished, but was not encrypted: ${cause.message}`, {
        cause,
        hint: flags.from === undefined ? `encrypt it: gdpr archive encrypt ${archive}` : 'run the same command again',
      });
    });
    if (files.length === 0) return {};
    return {
      encrypted: files.map(({ path, sha256 }) => ({ path, sha256 })),
      ...(passphrase !== undefined && { passphrase }),
    };
  }
}

interface DeliveryFlags {
  readonly from?: string | undefined;
  readonly 'encrypt-to'?: string[] | undefined;
  readonly 'for-customer': boolean;
}

interface ManyFlags {
  readonly workspace?: string | undefined;
  readonly verified?: string | undefined;
  readonly language: Language;
  readonly again: boolean;
}
