import { readFile } from 'node:fs/promises';
import * as Flags from '@oclif/core/flags';
import { parse } from 'yaml';
import { z } from 'zod';
import type { PersonQuery } from '../customer/resolve.js';
import { asFileError } from '../foundation/durable.js';
import { GdprError } from '../foundation/errors.js';

/** How commands are told of a person. */
export const personFlags = {
  email: Flags.string({ description: 'E-mail address, in any spelling', helpGroup: 'PERSON', helpValue: 'ADDRESS' }),
  phone: Flags.string({ description: 'Phone number, in any spelling', helpGroup: 'PERSON', helpValue: 'NUMBER' }),
  order: Flags.string({
    description: 'Order number, where the data map has an identifier named order-number',
    helpGroup: 'PERSON',
    helpValue: 'NUMBER',
  }),
  name: Flags.string({
    description: 'Name; namesakes are never taken for one person',
    helpGroup: 'PERSON',
    helpValue: 'NAME',
  }),
  'personas-kods': Flags.string({ description: 'Latvian personal code', helpGroup: 'PERSON', helpValue: 'CODE' }),
  id: Flags.string({
    description: 'A row that is theirs, as "customer find" prints it',
    helpGroup: 'PERSON',
    helpValue: 'TABLE:KEY',
  }),
  'person-file': Flags.string({
    description:
      'Read these from a file of lines such as "email: …" (- for standard input), where others may see process arguments',
    helpGroup: 'PERSON',
    helpValue: 'FILE',
  }),
};

const fileSchema = z.strictObject({
  email: z.string().optional(),
  phone: z.string().optional(),
  order: z.string().optional(),
  name: z.string().optional(),
  'personas-kods': z.string().optional(),
  id: z.string().optional(),
});

type PersonFlags = { [K in keyof typeof personFlags]?: string | undefined };

/**
 * The person that the flags and the person file name together.
 * @throws GdprError USAGE when both give the same, of which only one could count; INPUT_INVALID, FILE_UNAVAILABLE
 */
export async function personQuery(flags: PersonFlags): Promise<PersonQuery> {
  const { 'person-file': file, 'personas-kods': personasKods, email, phone, order, name, id } = flags;
  const given = file === undefined ? {} : await readPersonFile(file);
  const twice = Object.keys(given).find((key) => flags[key as keyof PersonFlags] !== undefined);
  if (twice !== undefined) {
    throw new GdprError('USAGE', `--${twice} and the person file both give one`, { hint: 'leave one of them out' });
  }
  return {
    email: email ?? given.email,
    phone: phone ?? given.phone,
    order: order ?? given.order,
    name: name ?? given.name,
    personasKods: personasKods ?? given['personas-kods'],
    id: id ?? given.id,
  };
}

async function readPersonFile(file: string): Promise<z.infer<typeof fileSchema>> {
  const text = file === '-' ? await readStdin() : await asFileError(file, () => readFile(file, 'utf8'));
  let value: unknown;
  try {
    // Everything stays text: a phone number must not become a number.
    value = parse(text, { schema: 'failsafe' });
  } catch {
    value = undefined;
  }
  const parsed = fileSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new GdprError('INPUT_INVALID', 'the person file is not understood', {
    hint: `it holds lines such as "email: …"; the keys are ${Object.keys(fileSchema.shape).join(', ')}`,
  });
}

export async function readStdin(): Promise<string> {
  return (await readStdinBytes()).toString('utf8');
}

export async function readStdinBytes(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
