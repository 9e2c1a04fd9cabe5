import type { Reading } from './searchable.js';

/** A text of a cell: the whole of it, or one place of its JSON document. */
export interface Leaf {
  readonly text: string;
  /** Names and positions that lead to the place; undefined for the whole cell. */
  readonly path: readonly string[] | undefined;
  /** Whether the text is a key of the document, whose name may not be repeated. */
  readonly isKey: boolean;
}

/** The texts of a cell as the database prints it; JSON in a text column is taken apart like JSON. */
export function leavesOf(cell: string, reading: Reading): Leaf[] {
  const text = reading === 'bytes' ? bytesText(cell) : cell;
  const document = reading === 'json' || /^\s*[[{]/.test(text) ? jsonOf(text) : undefined;
  const leaves: Leaf[] = document === undefined ? [] : jsonLeaves(document.value, []);
  // What JSON.parse drops (the first of two equal keys) stands in the text alone; it counts where no place is found.
  return [...leaves, { text, path: undefined, isKey: false }];
}

/** Text among bytes: what is not UTF-8 becomes U+FFFD, at which words and numbers end. */
function bytesText(hex: string): string {
  const bytes = Buffer.from(hex.slice(2), 'hex');
  const utf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  return utf16 ? bytes.toString('utf16le') : bytes.toString('utf8');
}

function jsonOf(text: string): { readonly value: unknown } | undefined {
  try {
    // Numbers as text: an id of more than 53 bits must not be rounded.
    return { value: JSON.parse(text.replace(/(?<=[[{:,]\s*)-?\d{16,}(?=\s*[\]},])/g, '"$&"')) };
  } catch {
    return undefined;
  }
}

function jsonLeaves(value: unknown, path: readonly string[]): Leaf[] {
  if (typeof value === 'string' || typeof value === 'number') return [{ text: String(value), path, isKey: false }];
  if (typeof value !== 'object' || value === null) return [];
  const isList = Array.isArray(value);
  return Object.entries(value).flatMap(([name, inner]) => [
    ...(isList ? [] : [{ text: name, path: [...path, name], isKey: true }]),
    ...jsonLeaves(inner, [...path, name]),
  ]);
}
