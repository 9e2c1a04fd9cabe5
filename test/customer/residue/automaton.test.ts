import { describe, expect, it } from 'vitest';
import {
  Automaton,
  literal,
  oneOf,
  optional,
  type Pattern,
  ROW_END,
  times,
} from '../../../src/customer/residue/automaton.js';
import { compileNeedles, NO_NEEDLES } from '../../../src/customer/residue/needles.js';
import { narrowPatterns } from '../../../src/customer/residue/pattern.js';

function met(automaton: Automaton, rows: readonly string[]): number[] {
  const found: number[] = [];
  const count = automaton.rows(Buffer.from(rows.join(String.fromCharCode(ROW_END))), (row) => found.push(row));
  expect(count).toBe(rows.length);
  return found;
}

const word = (text: string): Pattern => ({ piece: literal(text) });
const half = (text: string, of: number, first: boolean): Pattern => ({ piece: literal(text), half: { of, first } });

describe('the automaton that narrows rows', () => {
  it('meets a text anywhere in a row and in any case of letters, and not across two rows', () => {
    const rows = ['', 'anna', 'x ANNA y', 'an', 'na', 'ananna', ''];
    expect(met(new Automaton([word('anna')]), rows)).toEqual([1, 2, 5]);
  });

  it('meets two halves in either order in one row, and no half of another', () => {
    const automaton = new Automaton([
      half('anna', 0, true),
      half('ozola', 0, false),
      half('ieva', 1, true),
      half('kalna', 1, false),
    ]);
    const rows = ['anna ozola', 'ozola, anna', 'anna', 'ozola', 'anna kalna', 'ieva ozola kalna', 'annaozola'];
    expect(met(automaton, rows)).toEqual([0, 1, 5, 6]);
  });

  it('knows what stands before and after a row', () => {
    const edge = oneOf((byte) => byte < 0x30);
    const automaton = new Automaton([{ piece: { seq: [edge, literal('7'), edge] } }]);
    expect(met(automaton, ['7', '77', 'x7', ' 7', '7'])).toEqual([0, 3, 4]);
  });

  it('is a regular expression, also when its table has to be begun anew', () => {
    const any = oneOf((byte) => byte !== ROW_END);
    // As many states as there are texts of fourteen letters: more than the table has.
    const piece = { seq: [literal('a'), times(any, 14, 14), literal('a'), optional(literal('b')), literal('c')] };
    let seed = 1;
    const random = (below: number) => {
      seed = (seed * 48271) % 2147483647;
      return seed % below;
    };
    const rows = Array.from({ length: 500 }, () =>
      Array.from({ length: random(90) }, () => 'abc'.charAt(random(3))).join(''),
    );
    const wanted = rows.flatMap((row, i) => (/a.{14}ab?c/.test(row) ? [i] : []));
    expect(wanted.length).toBeGreaterThan(50);
    expect(met(new Automaton([{ piece }]), rows)).toEqual(wanted);
  });

  it('lets pass every spelling of somebody, and little else', () => {
    const needles = compileNeedles(
      {
        ...NO_NEEDLES,
        emails: ['ruta@pazudis.example'],
        phones: ['29123456'],
        names: ['Rūta Kalniņa'],
        ids: [{ table: 't', key: ['17'] }],
      },
      {},
    );
    const automaton = new Automaton(narrowPatterns([needles], ['customer', 'id']));
    const hers = [
      'RUTA@pazudis.example',
      'ruta%2540pazudis.example',
      'ruta\\u0040pazudis.example',
      'ruta&#64;pazudis.example',
      '%72uta',
      '29 12-34\u00a056',
      '+371%2029%20123%20456',
      'Kalniņai, Rūtai',
      'Ru\u0304ta Kalnin\u0327a',
      'R&umacr;ta Kalni&ncedil;a',
      'R\\305\\253ta Kalni\\305\\206a',
      'Рута Калниня',
      '{"id": 17}',
      '{\\"customer\\":\\"17\\"}',
      '{"customer": [41, 17]}',
    ];
    const nobodys = ['', 'Rūta', 'Kalniņa', 'ruta', '{"id": 170}', '2912345', 'Рута', '100%25', 'a=b&c=d'];
    expect(met(automaton, [...hers, ...nobodys])).toEqual(hers.map((_, i) => i));
  });

  it('meets nothing when nothing is looked for', () => {
    expect(met(new Automaton(narrowPatterns([], ['id'])), ['anna', '%41'])).toEqual([]);
  });
});
