import { parseDocument } from 'yaml';
import { z } from 'zod';
import type { Text } from '../../documents/page-model.js';
import { GdprError } from '../../foundation/errors.js';
import { looksPersonal } from '../../foundation/personal-text.js';
import { REASONS, type Reason } from './reasons.js';
import { COVER, cutsCharacter, occurs } from './redact.js';
import { type Span, textDigest, type Where } from './text.js';
import { FORMAT, MOST_SPANS } from './write.js';

/** What was decided on one text. */
export interface Entry extends Where {
  /** Its number in the file. */
  readonly text: number;
  readonly digest: string;
  readonly decision: 'give' | 'redact' | 'withhold' | 'undecided';
  readonly cover: readonly string[];
  readonly leave: readonly string[];
  /** Where it is withheld. */
  readonly because: Text | undefined;
  /** Whether the file showed the whole text, so that `cover` and `leave` were checked against it. */
  readonly whole: boolean;
}

// Everything is text: a word to cover may be 29123456, no or 2026-03-01.
const number = z
  .string()
  .regex(/^(?:0|[1-9]\d{0,9})$/)
  .transform(Number);
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const word = z.string().refine((text) => text.trim() !== '' && text.length <= 1000 && !text.includes(COVER.charAt(0)));
const words = z.union([z.array(word), z.literal('').transform(() => [])]).default([]);
const said = z
  .string()
  .refine((text) => text.trim() !== '' && text.length <= 500 && !/\p{Cc}/u.test(text) && !looksPersonal(text));

const headSchema = z.strictObject({
  review: z.literal(FORMAT),
  person: z.string().regex(/^subject:[a-z2-7]{26}$/),
  plan: digest,
  read: z.string(),
  salt: z.string().regex(/^[0-9a-f]{32}$/),
});

const entrySchema = z.strictObject({
  text: number,
  table: z.string().min(1),
  row: z.record(z.string(), z.string()),
  column: z.string().min(1),
  place: z.array(z.string()).default([]),
  digest,
  content: z.string().optional(),
  length: number.optional(),
  parts: z.array(z.strictObject({ from: number, content: z.string() })).optional(),
  spans: z
    .array(
      z.strictObject({
        kind: z.enum(['email', 'phone', 'personas-kods']),
        start: number,
        end: number,
        found: z.string().min(1),
      }),
    )
    .max(MOST_SPANS),
  unlisted: number.default(0),
  decision: z.enum(['give', 'redact', 'withhold', 'undecided']),
  cover: words,
  leave: words,
  reason: z
    .union([
      z.literal('').transform(() => undefined),
      z.enum(Object.keys(REASONS) as [Reason, ...Reason[]]).transform((code) => REASONS[code] as Text),
      z.strictObject({ lv: said, en: said }),
    ])
    .optional(),
});

/** What each key must be; a value is never repeated. */
const EXPECTED: Readonly<Record<string, string>> = {
  decision: 'must be give, redact, withhold or undecided',
  cover: `must be a list of words of the text, each in quotes, without ${COVER.charAt(0)}: ["Jānis"]`,
  leave: 'must be a list of what stands after "found", each in quotes',
  reason: `must be ${Object.keys(REASONS).join(', ')}, or { lv: "…", en: "…" } of at most 500 characters each, without e-mail addresses, phone numbers or personal codes`,
};

/** @throws GdprError INPUT_INVALID when it is no review, or of somebody else; PLAN_CHANGED */
export function parseHead(text: string, of: { readonly person: string; readonly plan: string }): void {
  const head = headSchema.safeParse(plain(text)?.value);
  if (!head.success) {
    throw new GdprError('INPUT_INVALID', 'the file is no review that this program wrote, or its head was changed', {
      hint: 'name a file that does not exist, and the texts to review are written into it',
    });
  }
  const again = 'name another file, one that does not exist, and the texts to review are written into it';
  if (head.data.person !== of.person)
    throw new GdprError('INPUT_INVALID', 'the review file is of another person', { hint: again });
  if (head.data.plan !== of.plan) {
    throw new GdprError('PLAN_CHANGED', 'the data map or a table has changed since the review file was written', {
      hint: again,
    });
  }
}

/**
 * Reads one text's part of the file.
 * @param line number of its first line in the file
 * @throws GdprError INPUT_INVALID
 */
export function parseEntry(text: string, line: number): Entry {
  const read = plain(text);
  if (read === undefined) throw fault(undefined, line, 'is not understood: its YAML is broken', QUOTES);
  const given = z.looseObject({ text: number }).safeParse(read.value);
  const name = given.success ? given.data.text : undefined;
  const parsed = entrySchema.safeParse(read.value);
  if (!parsed.success) {
    const key = String(parsed.error.issues[0]?.path[0] ?? '');
    if (key === '') throw fault(name, line, 'has a key that no text has', 'the keys are those that the program wrote');
    throw fault(name, line, key in EXPECTED ? `: "${key}" ${EXPECTED[key]}` : `: "${key}" was changed`, UNTOUCHED);
  }
  const { content, length, parts, spans, unlisted, reason, ...entry } = parsed.data;
  const wrong = (what: string, hint = UNTOUCHED) => fault(entry.text, line, what, hint);
  if ((content === undefined) !== (length !== undefined && parts !== undefined))
    throw wrong('was changed: its content is not there');
  checkSpans(spans, content, content?.length ?? length ?? 0, wrong);
  if (
    content !== undefined &&
    (unlisted === 0 ? textDigest({ ...entry, text: content, spans }) !== entry.digest : false)
  )
    throw wrong('was changed: its content, place or spans are not those that were read');
  checkDecision({ ...entry, reason, content, spans }, unlisted > 0 || content === undefined, wrong);
  return {
    ...entry,
    because: entry.decision === 'withhold' ? reason : undefined,
    whole: content !== undefined && unlisted === 0,
  };
}

type Fault = (what: string, hint?: string) => GdprError;

const UNTOUCHED = 'change the decision, "cover", "leave" and "reason" only; words are covered by "cover"';
const QUOTES = 'put texts in double quotes, and keep the indentation';

function fault(number: number | undefined, line: number, what: string, hint: string): GdprError {
  const name = number === undefined ? `the text in line ${line}` : `text ${number} (line ${line})`;
  return new GdprError('INPUT_INVALID', `${name}${what.startsWith(':') ? '' : ' '}${what}`, { hint });
}

function checkSpans(spans: readonly Span[], content: string | undefined, length: number, wrong: Fault): void {
  for (const [i, { start, end, found }] of spans.entries()) {
    const which = `: span ${i + 1}`;
    if (start >= end || end > length) throw wrong(`${which} is out of range`);
    if (content === undefined) continue;
    if (cutsCharacter(content, start) || cutsCharacter(content, end)) throw wrong(`${which} cuts a character in two`);
    if (content.slice(start, end) !== found) throw wrong(`${which} is not what stands there`);
  }
}

function checkDecision(
  entry: Pick<Entry, 'decision' | 'cover' | 'leave'> & {
    readonly reason: Text | undefined;
    readonly content: string | undefined;
    readonly spans: readonly Span[];
  },
  partly: boolean,
  wrong: Fault,
): void {
  const { decision, cover, leave, reason, content, spans } = entry;
  if (decision !== 'redact') {
    for (const [key, list] of Object.entries({ cover, leave }))
      if (list.length > 0) throw wrong(`: "${key}" goes with decision: redact`, 'write decision: redact, or empty it');
  }
  if (decision === 'withhold' && reason === undefined) throw wrong(': withhold needs a reason', EXPECTED.reason);
  if (decision !== 'withhold' && reason !== undefined)
    throw wrong(': "reason" goes with decision: withhold', 'write decision: withhold, or empty it');
  if (decision !== 'redact') return;
  if (content !== undefined) checkWords(cover, content, wrong);
  if (partly) return;
  checkLeave(leave, spans, wrong);
  if (cover.length === 0 && spans.every(({ found }) => leave.includes(found)))
    throw wrong(': nothing is left to be covered', 'write words under "cover", or decision: give');
}

/** @throws GdprError INPUT_INVALID, made by `wrong`, when a word to cover is not in the text, which a typo would hide */
export function checkWords(cover: readonly string[], text: string, wrong: Fault): void {
  const missing = cover.findIndex((item) => !occurs(text, item));
  if (missing >= 0) throw wrong(`: item ${missing + 1} of "cover" does not occur in it`, 'write it as the text has it');
}

/** @throws GdprError INPUT_INVALID, made by `wrong`, when something is to be left readable that was not found */
export function checkLeave(leave: readonly string[], spans: readonly Span[], wrong: Fault): void {
  const known = new Set(spans.map(({ found }) => found));
  const missing = leave.findIndex((item) => !known.has(item));
  if (missing >= 0)
    throw wrong(`: item ${missing + 1} of "leave" is none of its spans`, 'write it as it stands after "found"');
}

/** The YAML as plain data, of texts alone; undefined when it is broken, or uses what no review needs. */
function plain(text: string): { value: unknown } | undefined {
  const document = parseDocument(text, { schema: 'failsafe', uniqueKeys: true, strict: true, prettyErrors: false });
  if (document.errors.length > 0 || document.warnings.length > 0) return undefined;
  try {
    return { value: document.toJS({ maxAliasCount: 0 }) };
  } catch {
    return undefined;
  }
}
