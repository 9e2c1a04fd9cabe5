import { GdprError } from '../../foundation/errors.js';

/** One thing that is corrected, as the operator named it: an identifier of the map or a column, and its new value. */
export interface Setting {
  /** `email`, `first_name`, `TABLE.COLUMN` or `TABLE:KEY.COLUMN`. */
  readonly field: string;
  /** Null: it is emptied. */
  readonly value: string | null;
}

const EXAMPLE = 'write it as FIELD=VALUE, e.g. --set email=new@pasts.example';

/**
 * Reads what is to be set and cleared; nothing of it is repeated in an error.
 * @param set texts `FIELD=VALUE`
 * @throws GdprError INPUT_INVALID when there is nothing to do, a text has no `=` or no value, or a field stands twice
 */
export function readSettings(
  set: readonly string[],
  clear: readonly string[],
  file: Readonly<Record<string, string>> = {},
): Setting[] {
  const settings: Setting[] = [
    ...set.map((text, i) => {
      const at = separatorOf(text);
      if (at < 1) throw new GdprError('INPUT_INVALID', `--set number ${i + 1} is not understood`, { hint: EXAMPLE });
      return { field: text.slice(0, at).trim(), value: text.slice(at + 1).trim() };
    }),
    ...Object.entries(file).map(([field, value]) => ({ field: field.trim(), value: value.trim() })),
    ...clear.map((field) => ({ field: field.trim(), value: null })),
  ];
  if (settings.length === 0) {
    throw new GdprError('INPUT_INVALID', 'nothing is said that is to be corrected', { hint: EXAMPLE });
  }
  if (settings.some(({ value }) => value === '')) {
    throw new GdprError('INPUT_INVALID', 'a new value is empty', { hint: 'empty a field with --clear FIELD' });
  }
  if (settings.some(({ value }) => value !== null && /\p{Cs}|\0/u.test(value))) {
    throw new GdprError('INPUT_INVALID', 'a new value holds characters that cannot be stored', {
      hint: 'type the value anew',
    });
  }
  if (new Set(settings.map(({ field }) => field)).size < settings.length) {
    throw new GdprError('INPUT_INVALID', 'a field is set or cleared twice', { hint: 'say each field once' });
  }
  return settings;
}

/** The first `=` that is not part of a key written as JSON, in which anything may stand. */
function separatorOf(text: string): number {
  const keyed = /^[^=:[]*:\[[^\]]*\]/.exec(text)?.[0].length ?? 0;
  return text.indexOf('=', keyed);
}
