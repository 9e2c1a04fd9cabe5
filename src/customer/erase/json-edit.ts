/** What happens to one place of a JSON document; `"*"` in a path stands for every element of a list. */
export interface Edit {
  readonly path: readonly string[];
  /** A function gives the text that takes the place of the value's own text, which it is given. */
  readonly does: 'clear' | 'remove' | ((written: string) => string);
}

/**
 * Takes places out of a JSON document, makes them null or replaces them. What stays keeps every byte it had: white space, the order
 * and doubling of members, the spelling of numbers.
 * @returns the new text (the same one when the document has none of the places), or undefined when it is not JSON
 */
export function editJson(text: string, edits: readonly Edit[]): string | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  const reader = new Reader(text);
  return reader.space() + reader.value(edits) + reader.space();
}

function replaced(value: string, does: Exclude<Edit['does'], 'remove'> | undefined): string {
  if (does === undefined) return value;
  return does === 'clear' ? 'null' : does(value);
}

/** Reads a text that is known to be JSON, and gives it back with the edits done. */
class Reader {
  #at = 0;

  constructor(private readonly text: string) {}

  space(): string {
    return this.#take(/[ \t\r\n]*/y);
  }

  /** The value that begins here; `edits` are those at or below it, their paths beginning here. */
  value(edits: readonly Edit[]): string {
    const open = this.text[this.#at];
    if (open === '{') return this.#list('{', '}', edits, true);
    if (open === '[') return this.#list('[', ']', edits, false);
    return open === '"' ? this.#string() : this.#take(/[^,\]}\s]+/y);
  }

  #list(open: string, close: string, edits: readonly Edit[], named: boolean): string {
    this.#at += 1;
    const parts: string[] = [];
    let removed = false;
    let rest = this.space();
    while (this.text[this.#at] !== close) {
      let name = '';
      let part = rest;
      if (named) {
        const written = this.#string();
        name = JSON.parse(written) as string;
        part += written + this.space() + this.#take(/:/y) + this.space();
      }
      const below = edits.flatMap(({ path: [first, ...path], does }) =>
        first === undefined || (named ? first !== name : first !== '*') ? [] : [{ path, does }],
      );
      const here = below.find(({ path }) => path.length === 0);
      const value = this.value(below.filter(({ path }) => path.length > 0));
      const after = this.space();
      if (here?.does === 'remove') removed = true;
      else parts.push(part + replaced(value, here?.does) + after);
      if (this.text[this.#at] === ',') {
        this.#at += 1;
        rest = this.space();
      } else rest = '';
    }
    this.#at += 1;
    return open + (parts.length === 0 && !removed ? rest : '') + parts.join(',') + close;
  }

  #string(): string {
    return this.#take(/"(?:[^"\\]|\\.)*"/sy);
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }
}
