import { canonicalJson, type Json } from '../foundation/canonical-json.js';
import { GdprError } from '../foundation/errors.js';
import { looksPersonal } from '../foundation/personal-text.js';

export const RESULTS = ['done', 'refused', 'failed', 'abandoned'] as const;
export type Result = (typeof RESULTS)[number];

/** What the log calls the expiry of evidence; the count `through` of its outcome is the last entry without its text. */
export const EXPIRY_ACTION = 'audit expire';

/**
 * One line of the audit log: an intent before the work, an outcome after it. It names persons by reference only and
 * carries no value of a person (LAW: pseudonymous references, no payloads).
 */
export interface AuditEntry {
  /** 1, 2, 3, … without gaps. */
  readonly sequence: number;
  /** ISO 8601 in UTC with microseconds, by the clock of the database server. */
  readonly time: string;
  readonly kind: 'intent' | 'outcome';
  /** The command's words, as `customer export`. */
  readonly action: string;
  /** The operation's id; its intent and its outcome share it. */
  readonly operation: string;
  readonly operator: { readonly name: string; readonly databaseRole: string };
  /** `subject:` + 26 base32 characters each, none twice. */
  readonly subjects: readonly string[];
  /** `sha256:` + 64 hexadecimal digits. */
  readonly planDigest?: string | undefined;
  /** `sha256:` + 64 hexadecimal digits; in an outcome only. */
  readonly archiveDigest?: string | undefined;
  /** The request's reference in the register. */
  readonly request?: string | undefined;
  /** The ground in law, as `Art. 17(1)(a)`. */
  readonly ground?: string | undefined;
  /** How the identity was checked, never with what. */
  readonly verified?: string | undefined;
  readonly counts?: Readonly<Record<string, number>> | undefined;
  /** Ids of the rules that applied, none twice. */
  readonly rules?: readonly string[] | undefined;
  /** In every outcome, and in no intent. */
  readonly result?: Result | undefined;
  /** The error code of an outcome that was not `done`. */
  readonly code?: string | undefined;
}

/** What a caller writes; the log adds the sequence and the time. */
export type EntryDraft = Omit<AuditEntry, 'sequence' | 'time'>;

type Check = (value: unknown) => string | undefined;

const TIME = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z$/;
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
const ARRAY_INDEX = /^\d+$/;
const PERSONAL = 'holds what looks like an e-mail address, a phone number or a personas kods';

const matches =
  (pattern: RegExp, expected: string): Check =>
  (value) =>
    typeof value === 'string' && pattern.test(value) ? undefined : expected;

const oneOf =
  (values: readonly string[]): Check =>
  (value) =>
    typeof value === 'string' && values.includes(value) ? undefined : `must be one of ${values.join(', ')}`;

const label: Check = (value) =>
  typeof value === 'string' && value.length > 0 && value.length <= 200 && value.isWellFormed() && !CONTROL.test(value)
    ? undefined
    : 'must be a text of 1 to 200 characters without control characters';

const listOf =
  (check: Check): Check =>
  (value) => {
    if (!Array.isArray(value)) return 'must be a list';
    if (new Set(value).size !== value.length) return 'names something twice';
    for (const item of value as unknown[]) {
      const fault = check(item);
      if (fault !== undefined) return `has an item that ${fault}`;
    }
    return undefined;
  };

const operator: Check = (value) => {
  if (!isRecord(value) || Object.keys(value).length !== 2) return 'must have a name and a databaseRole';
  return label(value.name) ?? label(value.databaseRole);
};

const counts: Check = (value) => {
  if (!isRecord(value)) return 'must be an object of counts';
  for (const [name, count] of Object.entries(value)) {
    // The names of tables, which may be spelled like an address: log@2019.
    if (label(name) !== undefined || ARRAY_INDEX.test(name)) return 'has a count without a usable name';
    if (!Number.isSafeInteger(count) || (count as number) < 0 || Object.is(count, -0))
      return 'must count with whole numbers from 0';
  }
  return undefined;
};

const digest = matches(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 hexadecimal digits');

const CHECKS: ReadonlyMap<string, Check> = new Map([
  [
    'sequence',
    (value) => (Number.isSafeInteger(value) && (value as number) > 0 ? undefined : 'must be a whole number from 1'),
  ],
  ['time', matches(TIME, 'must be ISO 8601 in UTC with microseconds')],
  ['kind', oneOf(['intent', 'outcome'])],
  ['action', matches(/^(?=.{1,64}$)[a-z][a-z0-9-]*(?: [a-z0-9-]+)*$/, 'must be the words of a command')],
  ['operation', matches(/^[A-Za-z0-9][A-Za-z0-9:._-]{0,99}$/, 'must be the id of an operation')],
  ['operator', operator],
  ['subjects', listOf(matches(/^subject:[a-z2-7]{26}$/, 'is not a subject reference'))],
  ['planDigest', digest],
  ['archiveDigest', digest],
  ['request', label],
  ['ground', label],
  ['verified', label],
  ['counts', counts],
  ['rules', listOf(label)],
  ['result', oneOf(RESULTS)],
  ['code', matches(/^[A-Z0-9][A-Z0-9_]{0,63}$/, 'must be an error code')],
]);
const REQUIRED = ['sequence', 'time', 'kind', 'action', 'operation', 'operator', 'subjects'] as const;

/** What is wrong with a would-be entry, without repeating any value of it; undefined when nothing is. */
export function entryFault(value: unknown): string | undefined {
  if (!isRecord(value)) return 'it is not an object';
  for (const member of Object.keys(value)) {
    const content = value[member];
    if (content === undefined) continue;
    const check = CHECKS.get(member);
    if (check === undefined) return 'it has a member that no entry has';
    const fault = check(content);
    if (fault !== undefined) return `${member} ${fault}`;
  }
  for (const member of REQUIRED) if (value[member] === undefined) return `${member} is missing`;
  if (value.kind === 'outcome') return value.result === undefined ? 'an outcome must have a result' : undefined;
  for (const member of ['result', 'code', 'archiveDigest']) {
    if (value[member] !== undefined)
      return `an intent cannot have ${member === 'archiveDigest' ? 'an' : 'a'} ${member}`;
  }
  return undefined;
}

/**
 * The canonical text of an entry (RFC 8785), whose UTF-8 bytes are what the log hashes.
 * @throws GdprError INPUT_INVALID when it is not an entry
 */
export function canonicalEntry(entry: AuditEntry): string {
  const fault = entryFault(entry) ?? personalFault(entry);
  if (fault !== undefined) {
    throw new GdprError('INPUT_INVALID', `this cannot be written to the audit log: ${fault}`, {
      hint: 'the audit log takes references, rule ids and counts, never values of a person',
    });
  }
  return canonicalJson(entry as unknown as Json);
}

/**
 * Reads canonical text back; anything but the exact canonical form is refused, so that one entry has one hash.
 * @returns the entry, or the fault as text
 */
export function readEntry(text: string): AuditEntry | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'it is not JSON';
  }
  const fault = entryFault(value);
  if (fault !== undefined) return fault;
  // Numbers, escapes, white space and doubled members show in the re-printed text, the order of members in the keys:
  // 5 µs less an entry than printing it canonically again (single runs, Node 20).
  if (JSON.stringify(value) !== text || !membersAscend(value)) return 'it is not in canonical form';
  return value as AuditEntry;
}

/** @throws GdprError VERIFICATION_FAILED when the text is not a canonical entry */
export function parseEntry(text: string): AuditEntry {
  const entry = readEntry(text);
  if (typeof entry !== 'string') return entry;
  throw new GdprError('VERIFICATION_FAILED', `the audit log holds something that is not an entry: ${entry}`, {
    hint: 'run: gdpr audit verify',
  });
}

function membersAscend(value: unknown): boolean {
  if (!isRecord(value)) return true;
  let previous: string | undefined;
  for (const key in value) {
    if (previous !== undefined && key <= previous) return false;
    previous = key;
    if (!membersAscend(value[key])) return false;
  }
  return true;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * A last guard against personal data where only grounds, rules and references belong. It stands before writing alone:
 * what is in the log already cannot be taken back, and must stay verifiable when the guard grows.
 */
function personalFault({ request, ground, verified, rules = [] }: AuditEntry): string | undefined {
  for (const [member, text] of Object.entries({ request, ground, verified }))
    if (text !== undefined && looksPersonal(text)) return `${member} ${PERSONAL}`;
  return rules.some(looksPersonal) ? `rules has an item that ${PERSONAL}` : undefined;
}

/** What keeps a text from standing in an entry as a ground, a rule or a way of verification; undefined if nothing. */
export function entryTextFault(text: string): string | undefined {
  return label(text) ?? (looksPersonal(text) ? PERSONAL : undefined);
}
