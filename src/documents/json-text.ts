const MAX_INDENT = 12;

/**
 * JSON text on several lines, two spaces a level. It works on the text and never on parsed values, so that large
 * numbers, repeated keys and the order of members stay as they are stored; `\u0101` in a string becomes the letter.
 * Undefined when the text is not JSON.
 */
export function prettyJson(text: string): string | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  let out = '';
  let depth = 0;
  const tokens = text.match(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s"{}[\],:]+/g) ?? [];
  tokens.forEach((token, index) => {
    if (token === '{' || token === '[') {
      const empty = tokens[index + 1] === (token === '{' ? '}' : ']');
      depth += 1;
      out += empty ? token : token + line(depth);
    } else if (token === '}' || token === ']') {
      depth -= 1;
      const opened = tokens[index - 1] === (token === '}' ? '{' : '[');
      out += opened ? token : line(depth) + token;
    } else if (token === ',') out += token + line(depth);
    else if (token === ':') out += ': ';
    else out += token.startsWith('"') ? JSON.stringify(JSON.parse(token)) : token;
  });
  return out;
}

/** Past some depth more indentation only pushes the text off a phone's screen. */
function line(depth: number): string {
  return `\n${'  '.repeat(Math.min(depth, MAX_INDENT))}`;
}
