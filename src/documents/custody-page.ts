import { bilingualBottom, bilingualTop } from './bilingual.js';
import { instantIn } from './dates.js';
import { type DisclosureHead, pageHeadOf, requestFacts } from './disclosure-page.js';
import { html, isolated } from './escape.js';
import { facts, section, t, table } from './markup.js';
import type { Text } from './page-model.js';
import { TEXTS } from './texts.js';

/** Through whose hands a set went before it was sealed, and what it consists of. */
export interface Custody {
  readonly preparer: string;
  readonly preparerRole: string;
  readonly preparedAt: string;
  readonly approver: string;
  readonly approverRole: string;
  readonly approvedAt: string;
  /** How the two were told apart. */
  readonly mode: 'roles' | 'names';
  readonly producer: string;
  readonly mapDigest: string;
  /** Sequence of the log's entry by which the production began. */
  readonly sequence: number;
  readonly records: number;
  readonly first: string;
  readonly last: string;
  /** ISO 8601: the last day on which the rows are kept from erasure. */
  readonly heldUntil: string;
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
}

const TITLE: Text = { lv: 'Glabāšanas ķēde', en: 'Chain of custody' };
/** Enough for a set that goes through a registry. */
const LINES = 4;

/** Who prepared, agreed to and produced the set, its files by digest, and lines to sign when it is handed over. Pure. */
export function custodyPage(head: DisclosureHead, custody: Custody): string {
  const page = pageHeadOf(head, TITLE);
  const at = (instant: string) => t(instantIn(instant, head.timeZone));
  const mode: Text =
    custody.mode === 'roles'
      ? { lv: 'divas datubāzes lomas', en: 'two database roles' }
      : { lv: 'divi vārdi, viena datubāzes loma', en: 'two names, one database role' };
  const who = (name: string, role: string, instant: string) =>
    html`${isolated(name)} (${isolated(role)}), ${at(instant)}`;
  return `${bilingualTop(page)}${
    html`<div class="hero">
<h1>${t(TITLE)}</h1>
${requestFacts(head)}
</div>
${section(
  { id: 'who', title: { lv: 'Kas sagatavoja', en: 'Who prepared it' } },
  facts([
    [
      { lv: 'Plānu sagatavoja', en: 'Plan prepared by' },
      who(custody.preparer, custody.preparerRole, custody.preparedAt),
    ],
    [
      { lv: 'Plānam piekrita', en: 'Plan agreed to by' },
      who(custody.approver, custody.approverRole, custody.approvedAt),
    ],
    [{ lv: 'Abus šķir', en: 'Told apart by' }, t(mode)],
    [{ lv: 'Kopu izveidoja', en: 'Set produced by' }, html`${isolated(custody.producer)}, ${at(head.snapshot)}`],
    [
      { lv: 'Ieraksti', en: 'Records' },
      html`${isolated(custody.first)} – ${isolated(custody.last)} (${custody.records})`,
    ],
    [{ lv: 'Dati netiek dzēsti līdz', en: 'Rows kept from erasure until' }, html`<time>${custody.heldUntil}</time>`],
    [{ lv: 'Reģistra numurs', en: 'Number in the register' }, isolated(head.disclosure)],
    [{ lv: 'Darbība', en: 'Operation' }, isolated(head.operation)],
    [{ lv: 'Žurnāla ieraksts', en: 'Entry of the log' }, String(custody.sequence)],
    [{ lv: 'Plāna jaucējvērtība', en: 'Digest of the plan' }, isolated(head.planDigest)],
    [{ lv: 'Datu kartes jaucējvērtība', en: 'Digest of the data map' }, isolated(custody.mapDigest)],
  ]),
)}${section(
  { id: 'files', title: { lv: 'Faili', en: 'Files' } },
  html`<p class="prose">${t({
    lv: 'Pārbaude: atveriet konteineru ar „unzip” un izpildiet „sha256sum -c SHA256SUMS”; parakstu pārbauda ar jebkuru ASiC-E rīku, piemēram, eParaksts.',
    en: 'To check: open the container with “unzip” and run “sha256sum -c SHA256SUMS”; the signature is checked with any ASiC-E tool, such as eParaksts.',
  })}</p>`,
  html`<div class="sums">${table(
    'files-title',
    [TEXTS.file, { lv: 'SHA-256', en: 'SHA-256' }],
    custody.files.map(({ name, sha256 }) => [isolated(name), isolated(sha256)]),
  )}</div>`,
)}${section(
  { id: 'handover', title: { lv: 'Nodošana', en: 'Handover' } },
  html`<div class="sign">${table(
    'handover-title',
    [
      { lv: 'Datums un laiks', en: 'Date and time' },
      { lv: 'Nodeva (vārds, paraksts)', en: 'Handed over by (name, signature)' },
      { lv: 'Saņēma (vārds, paraksts)', en: 'Received by (name, signature)' },
      { lv: 'Kādā veidā', en: 'How' },
    ],
    Array.from({ length: LINES }, () => ['\u00a0', '\u00a0', '\u00a0', '\u00a0']),
  )}</div>`,
)}`.markup
  }${bilingualBottom(page)}`;
}
