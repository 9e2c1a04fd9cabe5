import { defused } from '../foundation/csv-cell.js';
import { GdprError } from '../foundation/errors.js';
import type { AudienceChannel } from './candidates.js';

/** What a list can say of a recipient. */
export const FIELDS = [
  'address',
  'name',
  'given-name',
  'family-name',
  'language',
  'basis',
  'consent',
  'since',
  'unsubscribe',
  'token',
] as const;
export type Field = (typeof FIELDS)[number];

/** One recipient, as text; null where it is not known. */
export type Recipient = Readonly<Record<Field, string | null>>;

/** A column of the file: its heading, and the cell of a recipient. */
export interface ListColumn {
  readonly heading: string;
  readonly cell: (recipient: Recipient) => string;
  readonly field: Field | 'attributes';
}

export const PRESETS = ['listmonk', 'mautic', 'mailchimp'] as const;
export type Preset = (typeof PRESETS)[number];

const DEFAULT: readonly Field[] = ['address', 'name', 'language', 'basis', 'consent', 'since', 'unsubscribe'];

/** Headings as the importers of these programs know them. */
const PRESET_HEADINGS: Readonly<Record<Exclude<Preset, 'listmonk'>, readonly (readonly [string, Field])[]>> = {
  mautic: [
    ['email', 'address'],
    ['firstname', 'given-name'],
    ['lastname', 'family-name'],
    ['preferred_locale', 'language'],
    ['unsubscribe_url', 'unsubscribe'],
    ['consent_basis', 'basis'],
    ['consent_event', 'consent'],
  ],
  mailchimp: [
    ['Email Address', 'address'],
    ['First Name', 'given-name'],
    ['Last Name', 'family-name'],
    ['Language', 'language'],
    ['Unsubscribe URL', 'unsubscribe'],
    ['Consent Basis', 'basis'],
    ['Consent Event', 'consent'],
  ],
};

/** Addresses are checked before (`readAddress`), and an E.164 number must keep its plus. */
const PLAIN: ReadonlySet<Field> = new Set(['address', 'unsubscribe', 'token', 'since', 'consent', 'basis']);

function columnOf(heading: string, field: Field): ListColumn {
  const plain = PLAIN.has(field);
  return { heading, field, cell: (recipient) => (plain ? (recipient[field] ?? '') : defused(recipient[field] ?? '')) };
}

/**
 * The columns of a list: those that were asked for, or those that a program imports as they are.
 * @throws GdprError USAGE for an unknown or doubled column, a list without addresses, a preset that has no SMS
 */
export function listColumns(
  channel: AudienceChannel,
  asked: { readonly preset?: string | undefined; readonly columns?: string | undefined },
): ListColumn[] {
  const addressHeading = channel === 'email' ? 'email' : 'phone';
  if (asked.preset !== undefined) return presetColumns(channel, asked.preset);
  if (asked.columns === undefined)
    return DEFAULT.map((field) => columnOf(field === 'address' ? addressHeading : field, field));
  const names = asked.columns.split(',').map((name) => name.trim());
  const fields = names.map((name) =>
    FIELDS.find((field) => field === name || (field === 'address' && name === addressHeading)),
  );
  const unknown = fields.indexOf(undefined);
  if (unknown >= 0 || new Set(fields).size !== fields.length || !fields.includes('address')) {
    throw new GdprError(
      'USAGE',
      unknown >= 0
        ? `a list has no column "${names[unknown]}"`
        : 'each column stands once in a list, and the address is one of them',
      { hint: `columns are ${[addressHeading, ...FIELDS.slice(1)].join(', ')}` },
    );
  }
  return (fields as Field[]).map((field, i) => columnOf(names[i] ?? field, field));
}

function presetColumns(channel: AudienceChannel, preset: string): ListColumn[] {
  const known = PRESETS.find((each) => each === preset);
  if (known === undefined || channel !== 'email') {
    throw new GdprError('USAGE', known === undefined ? 'there is no such preset' : `${known} is a preset for e-mail`, {
      hint: `presets for e-mail are ${PRESETS.join(', ')}; of SMS choose --columns`,
    });
  }
  if (known !== 'listmonk') return PRESET_HEADINGS[known].map(([heading, field]) => columnOf(heading, field));
  return [
    columnOf('email', 'address'),
    columnOf('name', 'name'),
    {
      heading: 'attributes',
      field: 'attributes',
      cell: ({ language, basis, consent, unsubscribe }) => JSON.stringify({ language, basis, consent, unsubscribe }),
    },
  ];
}
