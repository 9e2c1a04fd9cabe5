import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
} from 'yaml';
import type { Problem } from './model.js';

/** A YAML document and the places of its parts, for messages. */
export interface MapDocument {
  /** What is wrong with the YAML itself, as `line:column: message`. */
  readonly faults: readonly string[];
  /** The plain value; undefined when there are faults. */
  readonly value: unknown;
  /** Problems as `line:column: path: message`, in the order of the file. */
  locate(problems: readonly Problem[]): string[];
}

/** More than any real map repeats itself by aliases, and few enough to expand at once. */
const MOST_ALIASES = 1000;

/**
 * Reads one YAML 1.2 document. Hostile text (tags, alias bombs, loops) becomes a fault. Of faults in the punctuation
 * only the first is told: the parser stumbles on from it.
 */
export function readDocument(text: string): MapDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, strict: true, prettyErrors: false });
  const faults = [...document.errors, ...document.warnings]
    .sort((a, b) => a.pos[0] - b.pos[0])
    .filter(({ code }, i) => i === 0 || code === 'DUPLICATE_KEY' || code === 'TAG_RESOLVE_FAILED')
    .map(({ pos, code, message }) => ({ offset: pos[0], message: FAULTS[code] ?? message }));
  visit(document, {
    Alias: (_, alias, ancestors) => {
      const anchor = alias.resolve(document);
      const offset = alias.range?.[0] ?? 0;
      if (anchor === undefined) faults.push({ offset, message: `nothing before it is called &${alias.source}` });
      else if (ancestors.includes(anchor)) faults.push({ offset, message: `*${alias.source} would contain itself` });
    },
  });
  let value: unknown;
  if (faults.length === 0) {
    try {
      value = document.toJS({ maxAliasCount: MOST_ALIASES });
    } catch (error) {
      if (!(error instanceof ReferenceError)) throw error;
      faults.push({ offset: 0, message: 'its aliases (*name) expand to too much' });
    }
  }
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${Math.max(line, 1)}:${Math.max(col, 1)}`;
  };
  return {
    faults: faults.sort((a, b) => a.offset - b.offset).map(({ offset, message }) => `${place(offset)}: ${message}`),
    value,
    locate: (problems) =>
      problems
        .map((problem) => ({ ...problem, offset: offsetOf(problem.path, document) }))
        .sort((a, b) => a.offset - b.offset)
        .map(({ offset, path, message }) => `${place(offset)}: ${formatPath(path)}: ${message}`),
  };
}

/** Words for the faults whose own speak to programmers. */
const FAULTS: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'this key stands here twice',
  MULTIPLE_DOCS: 'the file holds several documents (---); a data map is one',
  TAB_AS_INDENT: 'a tab cannot indent; use spaces',
  TAG_RESOLVE_FAILED: 'a tag (!word) has no meaning here; quote the text if it begins with !',
};

/** Where the deepest part of a path that exists in the document begins: its key, or its place in a list. */
function offsetOf(path: readonly (string | number)[], document: Document): number {
  let node = document.contents as Node | null;
  let offset = node?.range?.[0] ?? 0;
  for (const part of path) {
    const container = isAlias(node) ? node.resolve(document) : node;
    let next: Node | null | undefined;
    if (isMap(container)) {
      const pair = container.items.find(({ key }) => isScalar(key) && String(key.value ?? '') === String(part)) as
        | Pair<Node, Node | null>
        | undefined;
      if (pair === undefined) break;
      offset = pair.key.range?.[0] ?? offset;
      next = pair.value;
    } else if (isSeq(container)) {
      next = container.items[Number(part)] as Node | undefined;
      if (next === undefined) break;
      offset = next?.range?.[0] ?? offset;
    } else break;
    node = next;
  }
  return offset;
}

/** `tables.shop.customers.columns.email`, with list positions as `[0]`; a key with a dot or a space is quoted. */
function formatPath(path: readonly (string | number)[]): string {
  if (path.length === 0) return '(map)';
  const word = (part: string) => (/^[^.\s"]+$/.test(part) ? part : JSON.stringify(part));
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${word(part)}`))
    .join('');
}
