import { REASONS } from './reasons.js';
import { type ReviewText, type Span, textDigest } from './text.js';

/** What the review is of; `salt` keeps the file's digest, which others see, from telling what is in the file. */
export interface ReviewHead {
  readonly person: string;
  readonly plan: string;
  /** ISO 8601 in UTC: the snapshot that was read. */
  readonly read: string;
  /** 32 hexadecimal digits, random. */
  readonly salt: string;
}

export const FORMAT = 'free texts 1';
/** A text longer than this many UTF-16 units is shown in parts, and of more findings so many are listed. */
const SHOWN = 20_000;
export const MOST_SPANS = 100;

/** What stands between two parts of the file. */
export const SEPARATOR = '---';

export function headOf({ person, plan, read, salt }: ReviewHead): string {
  return `# Free texts of one person, to be read before they are given. This file holds personal data: keep it to yourself.
#
# Each text below needs a decision, on its line "decision":
#   give       the person gets the text as it is
#   redact     the person gets it with ████ in place of every span listed, and of every word under "cover"
#   withhold   the person is told that there is a text and why it is not given; needs a "reason"
#   undecided  withheld like this, as long as nobody decides
#
# What you may write:
#   cover:  more words to cover, such as names, which no program recognises: cover: ["Jānis", "Ganību dambis 12"]
#           Every place where they occur in the text is covered, however they are capitalised.
#   leave:  spans to leave readable, as they stand after "found": leave: ["67000000"]
#   reason: ${Object.keys(REASONS).join(', ')}; or your own, in both languages:
#           reason: { lv: "…", en: "…" }
# Change nothing else: the program checks that the text is the one that it showed you.
#
# Then run the same command again. A text that is new or has changed since is withheld.
review: ${FORMAT}
person: ${person}
plan: ${plan}
read: ${quoted(read)}
salt: ${quoted(salt)}
`;
}

/** One text, to be decided on; `title` is for the reader. */
export function entryOf(number: number, text: ReviewText, title: string): string {
  const { table, row, column, place, spans } = text;
  const undecided = spans.length > 0 || !text.described;
  return [
    SEPARATOR,
    `# ${inLine(title)}${text.described ? '' : ': a part that the data map does not describe'}`,
    `text: ${number}`,
    `table: ${quoted(table)}`,
    `row: { ${Object.entries(row)
      .map(([name, value]) => `${quoted(name)}: ${quoted(value)}`)
      .join(', ')} }`,
    `column: ${quoted(column)}`,
    ...(place.length === 0 ? [] : [`place: [${place.map(quoted).join(', ')}]`]),
    `digest: ${textDigest(text)}`,
    ...(text.text.length <= SHOWN ? [`content: ${scalar(text.text)}`] : partsOf(text)),
    ...(spans.length === 0 ? ['spans: []'] : ['spans:', ...spans.slice(0, MOST_SPANS).map(spanLine)]),
    ...(spans.length > MOST_SPANS
      ? [`unlisted: ${spans.length - MOST_SPANS} # more were found than are listed; "redact" covers them too`]
      : []),
    `decision: ${undecided ? 'undecided' : 'give'}`,
    'cover: []',
    ...(spans.length === 0 ? [] : ['leave: []']),
    'reason:',
    '',
  ].join('\n');
}

function spanLine({ kind, start, end, found }: Span): string {
  return `  - { kind: ${kind}, start: ${start}, end: ${end}, found: ${quoted(found)} }`;
}

const BEGINNING = 2000;
const AROUND = 200;

/** The beginning of a long text and what stands around the spans. */
function partsOf({ text, spans }: ReviewText): string[] {
  const parts = [{ from: 0, to: BEGINNING }];
  for (const { start, end } of spans.slice(0, MOST_SPANS)) {
    const last = parts.at(-1);
    const [from, to] = [Math.max(0, start - AROUND), Math.min(text.length, end + AROUND)];
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else parts.push({ from, to });
  }
  return [
    `length: ${text.length} # too long to stand here; read the whole text where it is kept before you give it`,
    'parts:',
    ...parts.map(({ from, to }) => `  - { from: ${from}, content: ${quoted(text.slice(from, to))} }`),
  ];
}

/** What a reader or an editor would not show as it is: controls, other line ends, marks that turn the order around. */
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]|\p{Cs}/gu;

function quoted(text: string): string {
  return JSON.stringify(text).replace(HIDDEN, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** As lines that can be read, where no editor or line end can change them; else in quotes. */
function scalar(text: string): string {
  const plain = text.replaceAll('\n', '');
  const lines = text.split('\n');
  const readable =
    plain.replace(HIDDEN, '') === plain &&
    text.trim() !== '' &&
    !text.endsWith('\n') &&
    !lines.some((line) => /\s$/u.test(line));
  return readable ? `|2-\n${lines.map((line) => (line === '' ? '' : `  ${line}`)).join('\n')}` : quoted(text);
}

function inLine(text: string): string {
  return text.replace(HIDDEN, ' ').replace(/\s+/gu, ' ').trim();
}
