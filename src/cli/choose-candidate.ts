import type { Chooser } from '../customer/choose.js';
import { choose } from './prompt.js';
import { textTable } from './table.js';

/** Lets the operator pick from the masked table. */
export const chooseCandidate: Chooser = async (candidates) => {
  const [, , ...lines] = textTable(
    ['ID', 'KIND', 'NAME', 'E-MAIL', 'PHONE', 'ROWS'],
    candidates.map((c) => [c.id, c.kind, c.name ?? '', c.email ?? '', c.phone ?? '', String(c.rows)]),
    74,
  );
  return choose(
    'Who is meant? Compare with what the person told you',
    lines.map((name, value) => ({ name, value })),
  );
};
