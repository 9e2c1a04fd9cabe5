import { codeSearchKeys, parseCode, sqlCodeKey } from './code.js';
import { emailSearchKeys, parseEmail, sqlEmailKey } from './email.js';
import type { IdentifierKind } from './kind-names.js';
import { mask } from './mask.js';
import { parseName } from './name.js';
import { nameSearchKeys, sqlNameKey } from './name-key.js';
import { parsePersonasKods, personasKodsSearchKeys, sqlPersonasKodsKey } from './personas-kods.js';
import { type IdentifierOptions, parsePhone } from './phone.js';
import { phoneSearchKeys, sqlPhoneKey } from './phone-key.js';

export { IDENTIFIER_KINDS, type IdentifierKind } from './kind-names.js';
export { mask } from './mask.js';
export { nameContains, namesMayBeOne } from './name.js';
export { nameTokens, sqlNameCondition, sqlNameText, sqlNameWords } from './name-key.js';
export { isOrganisationNumber } from './personas-kods.js';
export type { IdentifierOptions } from './phone.js';

/**
 * How one kind of identifier is compared. The narrowing law: for every raw and stored text,
 * `same(raw, stored)` implies that `sqlKey(stored)` is one of `searchKeys(raw)`. So an index on the key finds all
 * candidates, and `same` decides among them.
 */
export interface Identifier {
  /** The normal forms that a text may stand for; [] when it cannot be one. */
  parse(raw: string, options?: IdentifierOptions): readonly string[];
  /** Whether two texts share a normal form. Not transitive where a text has several. */
  same(a: string, b: string, options?: IdentifierOptions): boolean;
  /** An immutable SQL expression (text) over a text expression, independent of collation and search_path. */
  sqlKey(expression: string): string;
  /** The values to compare `sqlKey` with; [] for a text that cannot be one. */
  searchKeys(raw: string, options?: IdentifierOptions): readonly string[];
  /** See {@link mask}. */
  mask(raw: string): string;
}

type Parts = Pick<Identifier, 'parse' | 'sqlKey' | 'searchKeys'>;

function identifier(kind: IdentifierKind, parts: Parts): Identifier {
  return {
    ...parts,
    same: (a, b, options) => {
      const forms = new Set(parts.parse(a, options));
      return forms.size > 0 && parts.parse(b, options).some((form) => forms.has(form));
    },
    mask: (raw) => mask(kind, raw),
  };
}

export const identifiers: Readonly<Record<IdentifierKind, Identifier>> = {
  email: identifier('email', { parse: parseEmail, sqlKey: sqlEmailKey, searchKeys: emailSearchKeys }),
  phone: identifier('phone', { parse: parsePhone, sqlKey: sqlPhoneKey, searchKeys: phoneSearchKeys }),
  name: identifier('name', { parse: parseName, sqlKey: sqlNameKey, searchKeys: nameSearchKeys }),
  'personas-kods': identifier('personas-kods', {
    parse: parsePersonasKods,
    sqlKey: sqlPersonasKodsKey,
    searchKeys: personasKodsSearchKeys,
  }),
  code: identifier('code', { parse: parseCode, sqlKey: sqlCodeKey, searchKeys: codeSearchKeys }),
};

/** {@link Identifier.parse} of a kind. */
export function parse(kind: IdentifierKind, raw: string, options?: IdentifierOptions): readonly string[] {
  return identifiers[kind].parse(raw, options);
}

/** {@link Identifier.same} of a kind. */
export function same(kind: IdentifierKind, a: string, b: string, options?: IdentifierOptions): boolean {
  return identifiers[kind].same(a, b, options);
}

/** {@link Identifier.sqlKey} of a kind. */
export function sqlKey(kind: IdentifierKind, expression: string): string {
  return identifiers[kind].sqlKey(expression);
}

/** {@link Identifier.searchKeys} of a kind. */
export function searchKeys(kind: IdentifierKind, raw: string, options?: IdentifierOptions): readonly string[] {
  return identifiers[kind].searchKeys(raw, options);
}
