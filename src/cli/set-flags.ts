import { readFile } from 'node:fs/promises';
import * as Flags from '@oclif/core/flags';
import { parse } from 'yaml';
import { z } from 'zod';
import { readSettings, type Setting } from '../customer/rectify/settings.js';
import { asFileError } from '../foundation/durable.js';
import { GdprError } from '../foundation/errors.js';
import { readStdin } from './person-flags.js';

/** How a command is told what is corrected. */
export const setFlags = {
  set: Flags.string({
    description:
      'What is corrected: an identifier of the data map (email, phone, name …), set wherever rows of the person hold the old value; or a column of the person, TABLE.COLUMN or TABLE:KEY.COLUMN',
    helpValue: 'FIELD=VALUE',
    multiple: true,
  }),
  'set-file': Flags.string({
    description:
      'Read these from a file of lines such as "email: …" (- for standard input), where others may see process arguments',
    helpValue: 'FILE',
  }),
  clear: Flags.string({ description: 'What is emptied, named as with --set', helpValue: 'FIELD', multiple: true }),
};

interface SetFlags {
  readonly set?: readonly string[] | undefined;
  readonly 'set-file'?: string | undefined;
  readonly clear?: readonly string[] | undefined;
  readonly 'person-file'?: string | undefined;
}

/** What the flags and the file say together. @throws GdprError INPUT_INVALID, USAGE, FILE_UNAVAILABLE */
export async function settingsFrom(flags: SetFlags): Promise<Setting[]> {
  const { set = [], clear = [], 'set-file': file, 'person-file': personFile } = flags;
  if (file === '-' && personFile === '-') {
    throw new GdprError('USAGE', 'standard input can be read once', {
      hint: 'put one of --person-file and --set-file into a file',
    });
  }
  return readSettings(set, clear, file === undefined ? {} : await readSetFile(file));
}

async function readSetFile(file: string): Promise<Record<string, string>> {
  const text = file === '-' ? await readStdin() : await asFileError(file, () => readFile(file, 'utf8'));
  let value: unknown;
  try {
    value = parse(text, { schema: 'failsafe' });
  } catch {
    value = undefined;
  }
  const parsed = z.record(z.string(), z.string()).safeParse(value);
  if (parsed.success) return parsed.data;
  throw new GdprError('INPUT_INVALID', 'the set file is not understood', {
    hint: 'it holds lines such as "email: new@pasts.example" or "shop.customers.birth_date: 1985-03-12"',
  });
}
