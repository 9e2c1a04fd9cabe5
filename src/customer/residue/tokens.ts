import type { Session } from '../../database/session.js';
import { textLiteral } from '../../datamap/sql.js';
import { detectIdentifiers } from '../../identity/detect.js';
import { type IdentifierKind, type IdentifierOptions, parse } from '../../identity/kinds.js';
import { tableTexts } from './scan-sql.js';
import type { SearchedTable } from './searchable.js';
import { viewsOf } from './views.js';

/** A value in normal form that a text may stand for. */
export interface Token {
  readonly kind: Exclude<IdentifierKind, 'name'>;
  readonly value: string;
}

const AT = '(?:@|%(?:25)*40|\\\\+u0040|&#64;|=40)';
const PLAIN = '[^][ \\t\\n\\x1f"\'<>(),;{}]';
const BETWEEN = '(?:[^0-9a-z]|%(?:25)*[0-9a-f]{2}|\\\\+u00[0-9a-f]{2}|&nbsp;){0,4}';

/**
 * What can be an e-mail address, a code of letters and digits (`rb-2026-000004`), or a run of seven digits or more; and
 * a cheaper condition that a text with one meets.
 */
const PATTERNS = [
  {
    pattern: `${PLAIN}{1,100}${AT}${PLAIN}{3,200}`,
    where: "strpos(s.x, '@') > 0 OR strpos(s.x, '40') > 0 OR strpos(s.x, '64;') > 0",
  },
  { pattern: '[a-z]{1,5}[-/ ]?[0-9](?:[-/ ]?[0-9]){4,}', where: "s.x ~ '[a-z][-/ ]?[0-9]'" },
  { pattern: `[+]?[(]?[0-9](?:${BETWEEN}[0-9]){6,}`, where: "s.x ~ '[0-9].*[0-9]'" },
];

const BATCH = 5000;

/**
 * The distinct texts of a table that may identify somebody, in batches. The server finds and distinguishes them; a
 * cursor lets other statements run in between, so that memory holds one batch.
 */
export async function* tokensIn(session: Session, table: SearchedTable): AsyncGenerator<string[]> {
  if (table.columns.length === 0) return;
  // Each pattern for itself: an address may hold digits, and a number stand in a link.
  const found = PATTERNS.map(
    ({ pattern, where }) => `SELECT regexp_matches(s.x, ${textLiteral(`(${pattern})`)}, 'g') WHERE ${where}`,
  );
  await session.run(
    `DECLARE gdpr_tokens NO SCROLL CURSOR FOR SELECT DISTINCT f.m[1] AS token FROM ${tableTexts(table)} s, LATERAL (${found.join(' UNION ALL ')}) f (m)`,
  );
  try {
    for (;;) {
      const rows = await session.query<{ token: string }>(`FETCH ${BATCH} FROM gdpr_tokens`);
      if (rows.length === 0) return;
      yield rows.map(({ token }) => token);
    }
  } finally {
    await session.run('CLOSE gdpr_tokens');
  }
}

/** What a token may stand for. */
export function valuesOf(token: string, options: IdentifierOptions): Token[] {
  const values = new Map<string, Token>();
  const add = (kind: Token['kind'], raw: string) => {
    for (const value of parse(kind, raw, options)) values.set(`${kind} ${value}`, { kind, value });
  };
  for (const view of viewsOf(token)) {
    for (const { kind, value } of detectIdentifiers(view, options)) add(kind, value);
    if (/\d/.test(view)) for (const kind of ['phone', 'personas-kods'] as const) add(kind, view);
    if (/^[\p{L}\p{N}]/u.test(view) && view.length <= LONGEST_CODE) add('code', view);
  }
  return [...values.values()];
}

const LONGEST_CODE = 40;
