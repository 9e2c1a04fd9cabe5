import { bounded, sqlBounded, sqlLiteral, sqlSource } from './sql-text.js';
import { plainText, UNFOLDED } from './text.js';

const LOWER = 'abcdefghijklmnopqrstuvwxyz';

/** An order number, card number or the like: upper case, without white space. One form, or none for an empty text. */
export function parseCode(raw: string): readonly string[] {
  const text = plainText(raw).replace(/\s+/gu, '').toUpperCase().normalize('NFKC');
  return text === '' ? [] : [text];
}

/** The normal form for every stored text in ASCII; other letters are unfolded. */
export function sqlCodeKey(expression: string): string {
  const source = sqlSource(expression);
  const folded = `translate(${source}, ${sqlLiteral(`${LOWER} \t\n\v\f\r`)}, ${sqlLiteral(LOWER.toUpperCase())})`;
  return `CASE WHEN ${source} ~ ${sqlLiteral('[^\x01-\x7f]')} THEN ${sqlLiteral(UNFOLDED)} ELSE ${sqlBounded(folded)} END`;
}

export function codeSearchKeys(raw: string): readonly string[] {
  const forms = parseCode(raw);
  return forms.length === 0 ? [] : [...forms.map(bounded), UNFOLDED];
}
