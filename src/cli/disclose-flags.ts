import * as Flags from '@oclif/core/flags';
import type { TypedOrder } from '../disclosure/order.js';
import type { DisclosureTarget } from '../disclosure/people.js';
import { GdprError } from '../foundation/errors.js';
import { personFlags, personQuery } from './person-flags.js';

const { order: _, ...person } = personFlags;
const REQUEST = 'THE REQUEST';
const SCOPE = 'SCOPE';

/** How a disclosure to a court or another authority is told of. */
export const orderedFlags = {
  court: Flags.boolean({ description: 'To a court; otherwise --authority alone means another authority' }),
  authority: Flags.string({
    description: 'Name of the court, the police, the tax office … (no names of people)',
    helpGroup: REQUEST,
    helpValue: 'NAME',
  }),
  official: Flags.string({ description: 'Who signed the request', helpGroup: REQUEST, helpValue: 'NAME' }),
  case: Flags.string({ description: 'Number of the case', helpGroup: REQUEST, helpValue: 'NO' }),
  'request-number': Flags.string({ description: 'Number of the request', helpGroup: REQUEST, helpValue: 'NO' }),
  'request-date': Flags.string({ description: 'Its date (2026-03-01)', helpGroup: REQUEST, helpValue: 'DATE' }),
  received: Flags.string({
    description: 'The day on which it came (default: today, or as the plan has it)',
    helpGroup: REQUEST,
    helpValue: 'DATE',
  }),
  deadline: Flags.string({ description: 'By when it is to be answered', helpGroup: REQUEST, helpValue: 'DATE' }),
  basis: Flags.string({
    description: 'The law by which it may be demanded, e.g. "KPL 190. pants"',
    helpGroup: REQUEST,
    helpValue: 'TEXT',
  }),
  document: Flags.string({
    description: 'The request itself, as a file: it goes into the set',
    helpGroup: REQUEST,
    helpValue: 'FILE',
  }),
  asked: Flags.string({
    description: 'What was asked for, in the words of the request',
    helpGroup: REQUEST,
    helpValue: 'TEXT',
  }),
  unnamed: Flags.boolean({
    description: 'The law forbids to name this body to the person: they are told of the disclosure without its name',
    helpGroup: REQUEST,
  }),
  'gag-until': Flags.string({
    description: 'The last day on which nobody uninvolved may be told of it',
    helpGroup: REQUEST,
    helpValue: 'DATE',
  }),
  'gag-basis': Flags.string({
    description: 'By which law or order nobody may be told',
    helpGroup: REQUEST,
    helpValue: 'TEXT',
    dependsOn: ['gag-until'],
  }),
  ...person,
  order: Flags.string({
    description: 'An order by its number; several times for several',
    helpGroup: SCOPE,
    helpValue: 'NUMBER',
    multiple: true,
  }),
  categories: Flags.string({
    description: 'Categories of the data map and groups of its part on disclosure, such as order; parted by commas',
    helpGroup: SCOPE,
    helpValue: 'LIST',
  }),
  from: Flags.string({ description: 'Only rows of this day and later', helpGroup: SCOPE, helpValue: 'DATE' }),
  to: Flags.string({ description: 'Only rows of this day and earlier', helpGroup: SCOPE, helpValue: 'DATE' }),
  'third-parties': Flags.string({
    description: 'Give what is about others too, where it was asked for: why (otherwise it is redacted)',
    helpGroup: SCOPE,
    helpValue: 'REASON',
  }),
  'ground-18-2': Flags.string({
    description: 'On what the data of a person whose processing is restricted is given (Art. 18(2))',
    helpGroup: SCOPE,
    options: ['legal-claims', 'rights-of-others', 'public-interest'],
  }),
  review: Flags.string({
    description:
      'Decide on each free text: a file that does not exist is written, with the texts, and nothing is given; one that does exist holds your decisions',
    helpGroup: SCOPE,
    helpValue: 'FILE',
  }),
  hold: Flags.string({
    description: 'How long what was given is kept from erasure, in months or years (P12M)',
    default: 'P12M',
    helpValue: 'PERIOD',
  }),
  language: Flags.string({ description: 'Language that the pages show first', options: ['lv', 'en'], default: 'lv' }),
  plan: Flags.boolean({ description: 'Print what would be given, store it to be agreed on, and stop' }),
  'plan-digest': Flags.string({ description: 'Do exactly this plan; refuse if it has changed', helpValue: 'DIGEST' }),
  yes: Flags.boolean({ description: 'Do not ask; needed where nobody sits at the terminal' }),
};

const MODES = ['court', 'processor', 'consented'] as const;
export type DisclosureMode = (typeof MODES)[number] | 'authority';

/**
 * To whom is disclosed: the one mode that the flags name; `--authority` names the court beside `--court`, and is a mode
 * of its own without.
 * @throws GdprError USAGE for none or several
 */
export function modeOf(flags: { readonly [K in (typeof MODES)[number] | 'authority']?: unknown }): DisclosureMode {
  const given = MODES.filter((mode) => flags[mode] !== undefined && flags[mode] !== false);
  const [first, second] = given;
  if (first === undefined && flags.authority !== undefined) return 'authority';
  if (first !== undefined && second === undefined && (first === 'court' || flags.authority === undefined)) return first;
  throw new GdprError('USAGE', 'a disclosure is to one recipient: a court, another authority, or whoever may have it', {
    hint: 'name it: --court --authority NAME, or --authority NAME alone for the police or the tax office',
  });
}

type Typed = { readonly [flag: string]: unknown } & {
  readonly court: boolean;
  readonly unnamed: boolean;
  readonly hold: string;
};

/** The request as the flags tell of it. */
export function orderOf(flags: Typed): TypedOrder {
  const text = (flag: string) => (typeof flags[flag] === 'string' ? flags[flag] : undefined);
  return {
    kind: flags.court ? 'court' : 'authority',
    authority: text('authority'),
    official: text('official'),
    case: text('case'),
    requestNumber: text('request-number'),
    requestDate: text('request-date'),
    received: text('received'),
    deadline: text('deadline'),
    basis: text('basis'),
    document: text('document'),
    asked: text('asked'),
    unnamed: flags.unnamed === true,
    gagUntil: text('gag-until'),
    gagBasis: text('gag-basis'),
    categories: text('categories'),
    from: text('from'),
    to: text('to'),
    thirdParties: text('third-parties'),
    restrictedGround: text('ground-18-2'),
    hold: flags.hold,
    encryptTo: Array.isArray(flags['encrypt-to']) ? (flags['encrypt-to'] as string[]) : undefined,
    sealed: flags['for-customer'] === true,
  };
}

/** About whom, or about which orders, it is. @throws GdprError USAGE for both or neither, and as `personQuery` */
export async function targetOf(
  flags: { readonly order?: string[] | undefined } & { [K in keyof typeof person]?: string | undefined },
): Promise<DisclosureTarget> {
  const { order, ...named } = flags;
  const query = await personQuery({ ...named, order: undefined });
  const { order: inFile, ...others } = query;
  const orders = [...(order ?? []), ...(inFile === undefined ? [] : [inFile])];
  const isPerson = Object.values(others).some((value) => value !== undefined);
  if (isPerson !== orders.length > 0) return isPerson ? { query: others } : { orders };
  throw new GdprError('USAGE', 'a disclosure is about one person, or about orders', {
    hint: 'name the person (--email, --phone, --id …), or the orders with --order',
  });
}
