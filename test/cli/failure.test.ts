import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failureOf } from '../../src/cli/failure.js';
import { textTable } from '../../src/cli/table.js';
import { GdprError } from '../../src/foundation/errors.js';

describe('an error as the operator sees it', () => {
  it('keeps code, message and hint of an expected one, and never its cause', () => {
    const error = new GdprError('DATABASE_UNAVAILABLE', 'lost', {
      hint: 'again',
      cause: new Error('anna.berzina@pasts.example'),
    });
    expect(JSON.stringify(failureOf(error))).toBe(
      '{"code":"DATABASE_UNAVAILABLE","exit":7,"message":"lost","hint":"again"}',
    );
  });

  it('always says what to do next', () => {
    expect(failureOf(new GdprError('BUG', 'x')).hint).toMatch(/report/);
    expect(failureOf(new GdprError('LOCKED', 'x')).hint).toMatch(/again/);
  });

  it('shows the places of a bug and not its message', () => {
    const failure = failureOf(
      new TypeError('cannot read anna.berzina@pasts.example\n    at anna.berzina@pasts.example'),
    );
    expect(failure).toMatchObject({ code: 'BUG', exit: 1, message: expect.stringContaining('TypeError') });
    expect(JSON.stringify(failure)).not.toContain('anna');
    expect(failure.frames?.[0]).toMatch(/^at .*failure\.test\.ts:\d+:\d+\)?$/);
  });

  it('takes out what is shaped like a value of a person, and no digits of a digest or an UUID', () => {
    const digest = 'sha256:5eece1430b5b5deb7d47bb33304137289c39147bb438caae607c3e74e9a3740f';
    const uuid = '0f371260-1234-4567-8901-2345678901ab';
    const told = `no file at 37126123456, 333041-37289, ${digest}@pasts.example; gdpr approve ${digest} of ${uuid}`;
    expect(failureOf(new GdprError('REFUSED', told, { hint: told }))).toMatchObject({
      message: `no file at [personal], [personal], sha256:[personal]; gdpr approve ${digest} of ${uuid}`,
      hint: `no file at [personal], [personal], sha256:[personal]; gdpr approve ${digest} of ${uuid}`,
    });
  });

  it('answers what is no Error at all', () => {
    expect(failureOf('anna')).toMatchObject({ code: 'BUG', exit: 1, frames: [] });
    expect(JSON.stringify(failureOf('anna'))).not.toContain('anna');
  });
});

describe('a table', () => {
  it('fits its width however long the cells are, as long as eight characters a column do', () => {
    const cell = fc.string({ unit: 'grapheme-ascii', maxLength: 120 });
    const rows = fc
      .integer({ min: 1, max: 7 })
      .chain((columns) =>
        fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { minLength: 1, maxLength: 5 }),
      );
    fc.assert(
      fc.property(rows, ([head = [], ...rest]) => {
        for (const line of textTable(head, rest)) expect([...line].length).toBeLessThanOrEqual(80);
      }),
    );
  });

  it('never cuts what is typed into another command', () => {
    const id = `shop.contact_persons:${'7'.repeat(90)}`;
    const [, , row] = textTable(['ID', 'KIND'], [[id, "Company's contact person"]]);
    expect(row).toBe(`${id}  Company…`);
  });

  it('cuts the widest columns, marks the cut and leaves short ones whole', () => {
    const [, , row] = textTable(['A', 'B'], [['short', 'x'.repeat(100)]], 20);
    expect(row).toBe(`short  ${'x'.repeat(12)}…`);
  });
});
