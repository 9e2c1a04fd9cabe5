import { resolve } from 'node:path';
import { BaseCommand } from '../src/cli/base-command.js';
import { chooseCandidate } from '../src/cli/choose-candidate.js';
import { assertPassphraseSeen, deliveryFlags, passphraseText } from '../src/cli/delivery-flags.js';
import { modeOf, orderedFlags, orderOf, targetOf } from '../src/cli/disclose-flags.js';
import { confirmDisclosure, disclosedLines, scopeLines } from '../src/cli/disclose-lines.js';
import { splitList } from '../src/cli/lists.js';
import { assertPartnerFlags, partnerFlags } from '../src/cli/partner-flags.js';
import { consentedLines, processorLines } from '../src/cli/partner-lines.js';
import { personQuery } from '../src/cli/person-flags.js';
import { writtenReview } from '../src/cli/review.js';
import { GdprError } from '../src/foundation/errors.js';
import type { Context } from '../src/workspace/open.js';

export default class Disclose extends BaseCommand {
  static override summary = 'Give data to a court, an authority, a partner: only what may be given';

  static override description =
    `To a court (--court) or another authority (--authority alone: police, tax office, supervisor), on a written request
alone. The scope is compiled through the data map: one person or orders, categories, a range of dates; nothing else is
read. What is about others is redacted, secrets never leave, free texts go by --review.

A second person agrees to the plan, whose digest covers the records (gdpr approve). The signed set holds the records
numbered through, an index, a page to print, a page of custody, SHA256SUMS and the request itself. What was given is
kept from erasure for a year, and stands in the register of disclosures.

Under an agreement on record (--processor) its recipient gets the list that the data map describes for it; on consent
(--consented) a party gets one person's data of the categories that the person agreed to before.`;

  static override examples = [
    {
      description: 'One order for a court; the plan first, which somebody else agrees to:',
      command:
        '<%= config.bin %> <%= command.id %> --court --authority "Rigas pilsetas tiesa" --case C30-1234-26 --request-number 15-2/417 --request-date 2026-03-02 --basis "CPL 112. pants" --document request.pdf --order RB-2026-000123 --categories order --plan',
    },
    {
      description: 'Then exactly that, with the same words:',
      command:
        '<%= config.bin %> <%= command.id %> --court --authority "Rigas pilsetas tiesa" --case C30-1234-26 --request-number 15-2/417 --request-date 2026-03-02 --basis "CPL 112. pants" --document request.pdf --order RB-2026-000123 --categories order --plan-digest DIGEST --yes',
    },
    {
      description: 'The police, about a person, of which nobody may be told for a month:',
      command:
        '<%= config.bin %> <%= command.id %> --authority "Valsts policija" --request-number 20/8-11 --request-date 2026-03-02 --basis "KPL 190. pants" --document request.edoc --email anna.berzina@pasts.example --categories identity,contact --gag-until 2026-04-04 --unnamed --plan',
    },
    {
      description: 'The parcels to be delivered, for the carrier; and what a person agreed that a party may have:',
      command: '<%= config.bin %> <%= command.id %> --processor OMN-2023/114 --out omniva.csv',
    },
    '<%= config.bin %> <%= command.id %> --consented "SIA Lasitava" --email anna.berzina@pasts.example --categories identity,contact',
  ];

  static override flags = { ...orderedFlags, ...partnerFlags, ...deliveryFlags };

  async run() {
    const { flags } = await this.parse(Disclose);
    const mode = modeOf(flags);
    if (mode !== 'processor' && mode !== 'consented') {
      assertPartnerFlags(undefined, flags);
      return this.#ordered(flags);
    }
    assertPartnerFlags(mode, flags);
    return mode === 'processor' ? this.#processor(flags) : this.#consented(flags);
  }

  /** To a court or an authority that ordered it. */
  async #ordered(flags: OrderedFlags) {
    assertPassphraseSeen(flags['for-customer'], this.jsonEnabled());
    if (flags['encrypt-to'] !== undefined) {
      const { encrypterTo } = await import('../src/delivery/age.js');
      await encrypterTo(flags['encrypt-to']);
    }
    const target = await targetOf(flags);
    const typed = orderOf(flags);
    const { openRequest, prepareDisclosure, storeDisclosure } = await import('../src/disclosure/prepare.js');
    const { readDigest } = await import('../src/operation/approve.js');
    const planDigest = flags['plan-digest'] === undefined ? undefined : readDigest(flags['plan-digest']);
    return this.withContext(flags.workspace, async (context) => {
      const opened = await openRequest(context, typed, target, planDigest, chooseCandidate);
      const { reviewOf, writeDisclosureReview } = await import('../src/disclosure/review.js');
      const review = flags.review === undefined ? undefined : await reviewOf(context, opened, flags.review);
      if (flags.review !== undefined && review === undefined) {
        const written = await writeDisclosureReview(context, opened, flags.review);
        this.print(...writtenReview(written));
        return written;
      }
      const prepared = await prepareDisclosure(context, opened, review);
      const { plan, digest } = prepared.plan;
      if (flags.plan) {
        const { canonicalJson } = await import('../src/foundation/canonical-json.js');
        await storeDisclosure(context, prepared);
        this.print(...scopeLines(prepared), '', canonicalJson(plan), digest);
        const { steps, withheld, outside: outOfScope } = prepared;
        return { digest, plan, steps, withheld, outOfScope };
      }
      const { gate } = await import('../src/customer/requester.js');
      await gate(context, prepared.intent, () => confirmDisclosure(prepared, flags.yes));
      const { produceDisclosure } = await import('../src/disclosure/produce.js');
      const language = flags.language === 'en' ? 'en' : 'lv';
      const result = await produceDisclosure(context, prepared, { planDigest, language });
      this.progress.stop();
      this.print(...disclosedLines(result));
      const delivery = await this.#encrypt(context, result.archive, language, flags);
      this.print('', `Check it: gdpr archive verify ${result.archive}`);
      return { ...result, ...delivery };
    });
  }

  /** The list of an agreement. */
  async #processor(flags: PartnerFlags & Pick<OrderedFlags, 'encrypt-to'>) {
    const { workspace, processor: agreement = '', out, order: orders = [], 'encrypt-to': recipients } = flags;
    if (out === undefined) {
      throw new GdprError('USAGE', 'nobody says where the list is to stand', { hint: 'name a new file with --out' });
    }
    const { discloseToProcessor } = await import('../src/disclosure/processor.js');
    const given = await this.withContext(workspace, (context) =>
      discloseToProcessor(context, { agreement, orders, out: resolve(out), recipients }, (stage, done, total) =>
        this.progress.show(stage, done, total),
      ),
    );
    this.progress.stop();
    this.print(...processorLines(given));
    return given;
  }

  /** What a person agreed that a party may have. */
  async #consented(flags: PartnerFlags & OrderedFlags) {
    const { consented: party = '', categories, purpose } = flags;
    if (categories === undefined) {
      throw new GdprError('USAGE', 'nobody says what the party is to be given', { hint: 'name it with --categories' });
    }
    assertPassphraseSeen(flags['for-customer'], this.jsonEnabled());
    const query = await personQuery({ ...flags, order: undefined });
    const language = flags.language === 'en' ? 'en' : 'lv';
    const { discloseConsented } = await import('../src/disclosure/consented.js');
    return this.withContext(flags.workspace, async (context) => {
      const order = { query, party, categories: splitList(categories) ?? [], purpose };
      const given = await discloseConsented(context, order, chooseCandidate);
      this.print(...consentedLines(given));
      return { ...given, ...(await this.#encrypt(context, given.archive, language, flags)) };
    });
  }

  async #encrypt(context: Context, archive: string, language: 'lv' | 'en', flags: OrderedFlags) {
    const recipients = flags['encrypt-to'] ?? [];
    if (recipients.length === 0 && !flags['for-customer']) return {};
    const { encryptArchive } = await import('../src/delivery/encrypt.js');
    const { files, passphrase } = await encryptArchive(archive, {
      recipients,
      forCustomer: flags['for-customer'],
      missingOnly: false,
      language,
      controllerName: context.model.map.controller.name,
      signal: context.surroundings.signal,
    }).catch((cause: unknown) => {
      if (!(cause instanceof GdprError)) throw cause;
      throw new GdprError(cause.code, `the set is finished, but was not encrypted: ${cause.message}`, {
        cause,
        hint: `encrypt it: gdpr archive encrypt ${archive}`,
      });
    });
    for (const { path } of files) this.print(`For them  ${path}`);
    if (passphrase !== undefined) this.logToStderr(passphraseText(passphrase));
    return {
      encrypted: files.map(({ path, sha256 }) => ({ path, sha256 })),
      ...(passphrase !== undefined && { passphrase }),
    };
  }
}

interface PartnerFlags {
  readonly workspace?: string | undefined;
  readonly processor?: string | undefined;
  readonly out?: string | undefined;
  readonly consented?: string | undefined;
  readonly purpose?: string | undefined;
  readonly order?: string[] | undefined;
  readonly categories?: string | undefined;
}

type OrderedFlags = Parameters<typeof orderOf>[0] &
  Parameters<typeof targetOf>[0] & {
    readonly workspace?: string | undefined;
    readonly plan: boolean;
    readonly 'plan-digest'?: string | undefined;
    readonly yes: boolean;
    readonly language: string;
    readonly review?: string | undefined;
    readonly 'encrypt-to'?: string[] | undefined;
    readonly 'for-customer': boolean;
  };
