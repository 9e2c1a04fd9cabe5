import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Crowd } from '../../../src/customer/residue/crowd.js';
import { idPlaces } from '../../../src/customer/residue/id-places.js';
import { leavesOf } from '../../../src/customer/residue/leaves.js';
import { matcherOf } from '../../../src/customer/residue/match.js';
import { compileNeedles, type Needles, NO_NEEDLES } from '../../../src/customer/residue/needles.js';

const ROWS_END = '\u001e';

function met(crowd: Crowd, rows: readonly string[]): number[] {
  const found: number[] = [];
  expect(crowd.rows(Buffer.from(rows.join(ROWS_END)), (row) => found.push(row))).toBe(rows.length);
  return found;
}

const ruta: Needles = {
  ...NO_NEEDLES,
  emails: ['ruta@pazudis.example'],
  phones: ['29123456'],
  names: ['Rūta Kalniņa'],
  codes: ['LK-00012345'],
  ids: [{ table: 't', key: ['17'] }],
};
const john: Needles = { ...NO_NEEDLES, emails: ['j.o@xn--bcher-kva.example'], names: ["John O'Brien", 'Пётр Иванов'] };
const crowdOf = (people: readonly Needles[], keys: readonly string[] = ['customer', 'id']) =>
  new Crowd(
    people.map((needles) => compileNeedles(needles, {})),
    keys,
  );

describe('the crowd that narrows rows', () => {
  it('lets pass every spelling of somebody, and little else', () => {
    const theirs = [
      'RUTA@pazudis.example',
      'ruta%2540pazudis.example',
      'ruta\\u0040pazudis.example',
      'ruta&#64;pazudis.example',
      '%72uta@pazudis.example',
      '29 12-34\u00a056',
      '+371%2029%20123%20456',
      'lk - 000 12 345',
      'Kalniņai, Rūtai',
      'Ru\u0304ta Kalnin\u0327a',
      'R&umacr;ta Kalni&ncedil;a',
      'R\\305\\253ta Kalni\\305\\206a',
      'Рута Калниня',
      'Петром Ивановым',
      'OBrien, John',
      '{"id": 17}',
      '{\\"customer\\":\\"17\\"}',
      '{"customer": [41, 17]}',
      '{"customer": {"id": 17, "tags": []}}',
      '{"customer": [{"id": 41}, {"id": 17}]}',
      '{"customer": [{"id": 41}, 17]}',
      '{"customer": [[41], [17]]}',
      '{"customer": [{"tags": [1]}, 17]}',
      '{"customer": ["a]{b", "17"]}',
      '{"paid": [], "customer": [{}, 17]}',
      '{"paid": [1], "customer": [{"id": 3}, 17]}',
      '{"id": ["A1"], "customer": ["{a}", "17"]}',
      "Rūta 'Kalniņa'info@pasts.example",
      'j.o@bücher.example',
    ];
    const nobodys = [
      '',
      'Rūta',
      'Kalniņa',
      'ruta',
      '{"id": 170}',
      '{"id": [41, 170]}',
      '{"customer": {"id": 170}}',
      '2912345',
      'Рута',
      '100%25',
      'a=b&c=d',
      'x@y.lv',
    ];
    expect(met(crowdOf([ruta, john]), [...theirs, ...nobodys])).toEqual(theirs.map((_, i) => i));
  });

  it('knows whose a text may be, and nothing of a name whose parts are two people', () => {
    const crowd = crowdOf([ruta, john]);
    const whose = (...texts: string[]) => {
      const { values, names } = crowd.in(texts);
      expect(crowd.valuesIn(texts)).toEqual(new Set(values.keys()));
      return [...new Set([...values.keys(), ...names])].sort();
    };
    expect(whose('29123456')).toEqual([0]);
    expect(whose('Kalniņa', 'Rūta')).toEqual([0]);
    expect(whose('Rūta Ivanova', 'John Kalniņš')).toEqual([]);
    expect(whose('ruta@pazudis.example, j.o@bücher.example')).toEqual([0, 1]);
    expect(crowd.withId('17')).toEqual([0]);
    expect(crowd.withId('18')).toEqual([]);
  });

  it('finds an address of a short domain anywhere in a row', () => {
    const crowd = crowdOf([ruta, { ...NO_NEEDLES, emails: ['janis@lv'] }, { ...NO_NEEDLES, emails: ['a@g'] }]);
    expect(met(crowd, ['janis@lv', 'janis@lv\u001fx', 'raksti: A@G!', 'janis@l', 'b@g'])).toEqual([0, 1, 2]);
    expect([...crowd.in(['JANIS@LV, Rīga']).values.keys()]).toEqual([1]);
  });

  it('lets pass every document that holds an id where one may stand', () => {
    const target = 'shop.customers';
    const places = idPlaces(undefined, new Map(), [target]);
    const crowd = crowdOf([{ ...NO_NEEDLES, ids: [{ table: target, key: ['17'] }] }], places.jsonKeys);
    const { document } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        fc.constantFrom(17, '17', 41, 170, 'a', ''),
        tie('document'),
        tie('list'),
      ),
      list: fc.oneof(
        fc.array(fc.constantFrom(17, 41, '17', '{a}', '],['), { maxLength: 3 }),
        fc.array(fc.array(fc.constantFrom(17, 41), { maxLength: 2 }), { maxLength: 3 }),
        fc.array(tie('document'), { maxLength: 3 }),
      ),
      document: fc.dictionary(
        fc.constantFrom('customer', 'customers', 'Customer-ID', 'id', 'no', 'paid', 'x'),
        tie('value'),
        {
          maxKeys: 4,
        },
      ),
    }));
    let held = 0;
    fc.assert(
      fc.property(document, (made) => {
        const text = JSON.stringify(made);
        const isHeld = leavesOf(text, 'json').some(
          (leaf) => leaf.text === '17' && !leaf.isKey && leaf.path && places.isJsonPlace('t', 'c', leaf.path, target),
        );
        if (!isHeld) return;
        held += 1;
        expect([text, met(crowd, [text])]).toEqual([text, [0]]);
      }),
      { numRuns: 3000 },
    );
    expect(held).toBeGreaterThan(100);
  });

  it('reads what is not closed in time in step with its length', () => {
    const crowd = crowdOf([ruta, john]);
    for (const text of ['"id":', '"id":[', '"id":[]', 'id"']) expect(met(crowd, [text.repeat(20_000)])).toEqual([]);
    expect(met(crowd, [`"id":${' '.repeat(400_000)}`])).toEqual([]);
  });

  it('meets nothing when nothing is looked for', () => {
    expect(crowdOf([]).isEmpty).toBe(true);
    expect(met(crowdOf([NO_NEEDLES]), ['anna', '%41'])).toEqual([]);
  });

  it('lets pass whatever the exact check accepts, of everybody of whom it does', () => {
    const given = fc.constantFrom(
      'Anna',
      'Rūta',
      'Jānis',
      'Пётр',
      'Žanete',
      'Ļubova',
      'Kārlis',
      "D'Arta",
      'Ieva Marija',
    );
    const family = fc.constantFrom('Bērziņa', 'Ozols', 'Иванова', 'Bērziņa-Kalniņa', "O'Brien", 'Šmits', 'Щербаков');
    const person = fc
      .record({
        given,
        family,
        number: fc.integer({ min: 20_000_000, max: 29_999_999 }),
        code: fc.integer({ min: 1000 }),
      })
      .map((made) => ({
        emails: [`${made.given}.${made.number}@pasts.example`.toLowerCase().replace(/[^a-z0-9.@]/g, 'x')],
        phones: [String(made.number)],
        kods: [],
        names: [`${made.given} ${made.family}`],
        codes: [`RB-${made.code}`],
        ids: [{ table: 't', key: [String(made.code)] }],
      }));
    const spelled = fc.constantFrom<(text: string) => string>(
      (text) => text,
      (text) => text.toUpperCase(),
      (text) => encodeURIComponent(text),
      (text) => encodeURIComponent(encodeURIComponent(text)),
      (text) => text.normalize('NFD'),
      (text) => text.replace(/[^\x00-\x7f]/g, (char) => `&#${char.codePointAt(0)};`),
      (text) => JSON.stringify({ a: [text], b: { note: `<p>${text}</p>` } }),
      (text) => JSON.stringify({ inner: JSON.stringify({ text }) }),
      (text) =>
        JSON.stringify({ text }).replace(/[^\x00-\x7f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`),
      (text) => [...text].join(' '),
      (text) => text.replace(/(\d{2})(?=\d)/g, '$1-'),
      (text) => text.split(' ').reverse().join(', '),
      (text) => `<b>${text.replace(' ', '</b> <i>')}</i>`,
    );
    const value = (needles: Needles) =>
      fc.constantFrom(...needles.emails, ...needles.phones, ...needles.names, ...needles.codes);
    fc.assert(
      fc.property(
        fc.array(person, { minLength: 2, maxLength: 8 }).chain((people) =>
          fc.record({
            people: fc.constant(people),
            texts: fc.array(
              fc
                .tuple(fc.oneof(...people.map(value)), fc.array(spelled, { minLength: 1, maxLength: 2 }), fc.string())
                .map(([text, ways, around]) => ways.reduce((made, way) => way(made), `${around} ${text} ${around}`)),
              { minLength: 1, maxLength: 3 },
            ),
          }),
        ),
        ({ people, texts }) => {
          const rowTexts = texts.map((text) => text.replaceAll(ROWS_END, ' '));
          const compiled = people.map((needles) => compileNeedles(needles, {}));
          const crowd = new Crowd(compiled, []);
          const leaves = rowTexts.flatMap((text) => leavesOf(text, 'text').map((leaf) => leaf.text));
          const { values, names, named } = crowd.in(leaves);
          let accepts = false;
          for (const [i, person] of people.entries()) {
            const matcher = matcherOf(compiled[i] as (typeof compiled)[number], person.names, {});
            for (const text of leaves) {
              for (const { part } of matcher.partOf(text)) expect([part, named.has(text)]).toEqual([part, true]);
              for (const kind of matcher.kindsIn(text)) {
                accepts = true;
                // Who is met by the name only is judged together with others of that name.
                expect(kind === 'name' ? names.has(i) && named.has(text) : values.get(i)?.has(text)).toBe(true);
              }
            }
          }
          if (accepts) expect(met(crowd, [rowTexts.join('\u001f')])).toEqual([0]);
        },
      ),
      { numRuns: 400 },
    );
  });
});
