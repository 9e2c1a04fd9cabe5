import type { DisclosedTo } from '../disclosure/notify.js';
import { count } from './table.js';

/** To whom the register says that data was given before, for people to read. */
export function disclosedLines(disclosed: readonly DisclosedTo[], operation: string): string[] {
  if (disclosed.length === 0) return [];
  return [
    '',
    'By the register of disclosures these were given data before (Art. 19):',
    ...disclosed.map(({ recipient, disclosures }) => `  ${recipient} (${count(disclosures.length, 'disclosure')})`),
    `Write to them: gdpr disclosure notify ${operation}`,
  ];
}
