import { spellingOf } from '../../datamap/match.js';
import type { DataMapModel } from '../../datamap/model.js';
import { looksPersonal } from '../../foundation/personal-text.js';
import { parse } from '../../identity/kinds.js';
import { CHANNELS, type ContactChannel, MECHANISMS, type Mechanism, SAID, type Said } from '../event.js';
import type { CsvLine } from './csv.js';
import { timeOf } from './time.js';

export const IMPORT_COLUMNS = [
  'id',
  'email',
  'phone',
  'purpose',
  'channel',
  'what',
  'at',
  'mechanism',
  'wording',
  'evidence',
  'guardian',
] as const;
export const REQUIRED_COLUMNS = ['channel', 'what', 'at', 'mechanism'] as const;
export type ImportColumn = (typeof IMPORT_COLUMNS)[number];

/** By what a line names its person. */
export interface Naming {
  readonly kind: 'id' | 'email' | 'phone';
  /** A row as `customer find` prints it, or the normal form of the address. */
  readonly value: string;
}

/** A line that is understood; who it is about, when it was and whether it is new, only the database tells. */
export interface ImportLine {
  readonly line: number;
  readonly naming: Naming;
  /** Normal forms of the addresses on the line to which something of the channel could be sent. */
  readonly addresses: readonly { readonly kind: 'email' | 'phone'; readonly value: string }[];
  readonly purpose: string;
  readonly channel: ContactChannel;
  readonly what: Said;
  /** As PostgreSQL reads it; without an offset on the clock of the session, which is the map's. */
  readonly at: string;
  readonly mechanism: Mechanism;
  readonly wording: string | null;
  readonly evidence: string | null;
  readonly guardian: string | null;
}

export interface BadLine {
  readonly line: number;
  /** Why, without anything that stands there. */
  readonly fault: string;
}

const MOST_LETTERS = 200;

/** Thrown within this file only: what is wrong with a line. */
class Fault extends Error {}

/** Reads lines for one map. A line names one person; of several namings the row counts, else the e-mail. */
export function lineReader(model: DataMapModel): (line: CsvLine<ImportColumn>) => ImportLine | BadLine {
  const { map } = model;
  const spelling = spellingOf(model);
  const forms = (kind: 'email' | 'phone', text: string | undefined) => {
    if (text === undefined) return [];
    const found = parse(kind, text, spelling);
    if (found.length === 0)
      throw new Fault(kind === 'email' ? 'email is no e-mail address' : 'phone is no phone number');
    return found;
  };
  return (read) => {
    if ('fault' in read) return read;
    const { line, values } = read;
    try {
      const email = forms('email', values.email);
      const phone = forms('phone', values.phone);
      const purpose = values.purpose ?? map.marketing?.purpose;
      if (purpose === undefined) throw new Fault('purpose is missing, and the map has no part on marketing');
      if (!Object.hasOwn(map.purposes, purpose)) throw new Fault('purpose is none of the data map');
      const channel = oneOf('channel', values.channel, CHANNELS);
      const what = oneOf('what', values.what, SAID);
      const kind = channel === 'email' ? 'email' : 'phone';
      return {
        line,
        naming: namingOf(values.id, email, phone),
        addresses: channel === 'post' ? [] : (kind === 'email' ? email : phone).map((value) => ({ kind, value })),
        purpose,
        channel,
        what,
        at: timeOn(values.at, what),
        mechanism: oneOf('mechanism', values.mechanism, MECHANISMS),
        wording: values.wording ?? null,
        evidence: reference('evidence', values.evidence),
        guardian: reference('guardian', values.guardian),
      };
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      return { line, fault: error.message };
    }
  };
}

function namingOf(id: string | undefined, email: readonly string[], phone: readonly string[]): Naming {
  if (id !== undefined) return { kind: 'id', value: id };
  if (email[0] !== undefined) return { kind: 'email', value: email[0] };
  if (phone[0] === undefined) throw new Fault('nobody is named: id, email and phone are empty');
  // Whoever has the one number is not who has the other.
  if (phone.length > 1) throw new Fault('phone can be read as several numbers; write it with its country code');
  return { kind: 'phone', value: phone[0] };
}

function oneOf<T extends string>(column: ImportColumn, text: string | undefined, words: readonly T[]): T {
  if (text === undefined) throw new Fault(`${column} is missing`);
  const word = words.find((each) => each === text.toLowerCase());
  if (word === undefined) throw new Fault(`${column} is none of ${words.join(', ')}`);
  return word;
}

function timeOn(text: string | undefined, what: Said): string {
  if (text === undefined) throw new Fault('at is missing');
  const time = timeOf(text, what === 'given' || what === 'renewed' || what === 'confirmed' ? 'begin' : 'end');
  if (time === undefined)
    throw new Fault('at is no time; write it as 2026-03-01T14:05:00+02:00, 2026-03-01 14:05 or 2026-03-01');
  return time;
}

/** Where the proof is, not the proof: the ledger is kept when the rest of a person's data is erased. */
function reference(column: ImportColumn, text: string | undefined): string | null {
  if (text === undefined) return null;
  if (text.length > MOST_LETTERS || /\p{Cc}/u.test(text))
    throw new Fault(`${column} has more than ${MOST_LETTERS} letters, or a line break`);
  if (looksPersonal(text))
    throw new Fault(
      `${column} looks like an e-mail address, a phone number or a personas kods; give the number of a record`,
    );
  return text;
}
