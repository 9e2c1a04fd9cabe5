import type { CsvLine } from '../consent/import/csv.js';
import { timeOf } from '../consent/import/time.js';
import { spellingOf } from '../datamap/match.js';
import type { DataMapModel } from '../datamap/model.js';
import { parse } from '../identity/kinds.js';
import { readToken, type TokenKeys, type Unsubscription } from './token.js';

/** What comes back from sending: links that were followed, mail that cannot be delivered, complaints about it. */
export type ReturnedKind = 'tokens' | 'bounces' | 'complaints';

export const RETURNED_COLUMNS = {
  tokens: ['token', 'at'],
  bounces: ['email', 'type', 'at'],
  complaints: ['email', 'at'],
} as const;
export type ReturnedColumn = (typeof RETURNED_COLUMNS)[ReturnedKind][number];
/** What mail services call the column. */
export const RETURNED_SYNONYMS = { address: 'email', 'email-address': 'email', recipient: 'email' } as const;

/** A line that is understood: of a token what it stands for, else the normal form of the address. */
export interface ReturnedLine {
  readonly line: number;
  readonly of: Unsubscription | string;
  /** As {@link timeOf} has it; undefined where the file gives no time. */
  readonly at: string | undefined;
}

/** A line that is none: `soft` bounces may be delivered another time; `foreign` tokens were not made here. */
export interface OtherLine {
  readonly line: number;
  readonly other: 'soft' | 'foreign' | { readonly fault: string };
}

/** What mail services call a bounce after which it is no use to try again, and the other one. */
const HARD = /^(?:hard|permanent|5(?:\.\d+\.\d+|\d\d)?)$/i;
const SOFT = /^(?:soft|transient|temporary|undetermined|4(?:\.\d+\.\d+|\d\d)?)$/i;

export function returnedReader(
  kind: ReturnedKind,
  model: DataMapModel,
  keys: TokenKeys,
): (line: CsvLine<ReturnedColumn>) => ReturnedLine | OtherLine {
  const spelling = spellingOf(model);
  return (read) => {
    const { line } = read;
    const bad = (fault: string) => ({ line, other: { fault } });
    if ('fault' in read) return bad(read.fault);
    const { token, email, type, at: written } = read.values;
    const at = written === undefined ? undefined : timeOf(written, 'end');
    if (written !== undefined && at === undefined) return bad('at is no time; write it as 2026-03-01T14:05:00+02:00');
    if (kind === 'tokens') {
      if (token === undefined) return bad('token is missing');
      const of = readToken(keys, token);
      return of === undefined ? { line, other: 'foreign' } : { line, of, at };
    }
    if (kind === 'bounces' && type !== undefined && !HARD.test(type))
      return SOFT.test(type) ? { line, other: 'soft' } : bad('type is neither hard nor soft');
    const [of] = email === undefined ? [] : parse('email', email, spelling);
    return of === undefined ? bad('email is no e-mail address') : { line, of, at };
  };
}
