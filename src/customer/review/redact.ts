/** Stands in place of whatever was covered, so that its length tells nothing. */
export const COVER = '████';

interface Range {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/**
 * The text as it is compared: letters apart from their accents and in lower case, so that the same word counts as
 * one however it was typed. The parts that `nextCluster` tells apart have the folds that the whole has.
 */
export function fold(text: string): string {
  return text.normalize('NFD').toLowerCase().replaceAll('ς', 'σ');
}

/** Whether a word occurs in a text, in any case and any way to write its accents. */
export function occurs(text: string, word: string): boolean {
  const folded = fold(text);
  return needlesOf(word).some((needle) => folded.includes(needle));
}

/**
 * The text with the ranges (UTF-16 units) and every occurrence of the words covered. Parts that touch become one
 * cover; a letter goes with its accents. No word occurs in the result, unless it holds a part of `COVER` itself.
 */
export function redact(text: string, ranges: readonly Range[], words: readonly string[]): string {
  const folded = words.length === 0 ? '' : fold(text);
  const found = merged(words.flatMap(needlesOf).flatMap((needle) => [...hits(folded, needle)]));
  const covered = merged([...ranges.map((range) => widened(text, range)), ...inText(text, found)]);
  let out = '';
  let at = 0;
  for (const { start, end } of covered) {
    out += text.slice(at, start) + COVER;
    at = end;
  }
  return out + text.slice(at);
}

/**
 * What is searched for in the folded text. Accents at either end do not count, since a letter may have others beside
 * them there: `Annā` covers `Anna`, too. Of accents alone, each counts.
 */
function needlesOf(word: string): readonly string[] {
  const folded = fold(word);
  const needle = folded.replace(/^\p{M}+|\p{M}+$/gu, '');
  return needle === '' ? [...folded] : [needle];
}

/** Where a word stands, overlapping with itself too; what touches is one range. */
function* hits(text: string, word: string): Generator<Range> {
  if (word === '') return;
  let start = text.indexOf(word);
  while (start >= 0) {
    let end = start + word.length;
    let next = text.indexOf(word, start + 1);
    for (; next >= 0 && next <= end; next = text.indexOf(word, next + 1)) end = next + word.length;
    yield { start, end };
    start = next;
  }
}

/** Ascending ranges that neither overlap nor touch. */
function merged(ranges: readonly Range[]): Range[] {
  const list: { start: number; end: number }[] = [];
  for (const { start, end } of ranges.toSorted((a, b) => a.start - b.start)) {
    const last = list.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else list.push({ start, end });
  }
  return list;
}

/** Ranges of the folded text as ranges of the text, each of whole clusters. */
function* inText(text: string, folded: readonly Range[]): Generator<Range> {
  let at = 0;
  let foldedAt = 0;
  for (const range of folded) {
    let start = at;
    while (foldedAt < range.end) {
      const end = nextCluster(text, at);
      const next = foldedAt + (isPlain(text, at, end) ? 1 : fold(text.slice(at, end)).length);
      if (foldedAt <= range.start) start = at;
      at = end;
      foldedAt = next;
    }
    yield { start, end: at };
  }
}

const MARK = /^\p{M}$/u;
/** Before it no character combines with another. */
const FIRST_MARK = 0x300;

/** Where the character at a position ends, with the accents that follow it. */
function nextCluster(text: string, start: number): number {
  let at = start + width(text, start);
  while (at < text.length && text.charCodeAt(at) >= FIRST_MARK && isMark(text, at)) at += width(text, at);
  return at;
}

function isPlain(text: string, start: number, end: number): boolean {
  return end === start + 1 && text.charCodeAt(start) < 0x80;
}

function width(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

function isMark(text: string, at: number): boolean {
  return MARK.test(String.fromCodePoint(text.codePointAt(at) ?? 0));
}

/** Whether a position lies between the two halves of a character beyond U+FFFF. */
export function cutsCharacter(text: string, at: number): boolean {
  return /^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(Math.max(0, at - 1), at + 1));
}

function widened(text: string, { start, end }: Range): Range {
  const joins = (at: number) =>
    at > 0 && at < text.length && (cutsCharacter(text, at) || (text.charCodeAt(at) >= FIRST_MARK && isMark(text, at)));
  let from = start;
  let to = end;
  while (joins(from)) from -= 1;
  while (joins(to)) to += 1;
  return { start: from, end: to };
}
