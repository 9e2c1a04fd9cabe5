import fc from 'fast-check';
import { expect, it } from 'vitest';
import { editJson } from '../../../src/customer/erase/json-edit.js';

it('keeps every byte of what stays', () => {
  const text =
    ' {"a" : 1.50e+3, "b":"x" ,"a":2, "list": [ {"b": 1, "c": 9007199254740993 } , 3 ], "__proto__": {"z": 1}}\n';
  expect(editJson(text, [])).toBe(text);
  expect(editJson(text, [{ path: ['nothing'], does: 'remove' }])).toBe(text);
  expect(editJson(text, [{ path: ['b'], does: 'remove' }])).toBe(
    ' {"a" : 1.50e+3,"a":2, "list": [ {"b": 1, "c": 9007199254740993 } , 3 ], "__proto__": {"z": 1}}\n',
  );
  expect(editJson(text, [{ path: ['list', '*', 'c'], does: 'clear' }])).toBe(
    ' {"a" : 1.50e+3, "b":"x" ,"a":2, "list": [ {"b": 1, "c": null } , 3 ], "__proto__": {"z": 1}}\n',
  );
});

it('takes a doubled member twice, and a name however it is escaped', () => {
  expect(editJson('{"a":1,"b":2,"a":3}', [{ path: ['a'], does: 'remove' }])).toBe('{"b":2}');
  expect(editJson('{"\\u0061":1,"a\\n":2}', [{ path: ['a'], does: 'remove' }])).toBe('{"a\\n":2}');
  expect(editJson('{"E-pasts":"\\"} x"}', [{ path: ['E-pasts'], does: 'clear' }])).toBe('{"E-pasts":null}');
});

it('says what is not JSON', () => {
  for (const text of ['', 'x', '{"a":1', '{"a":1}}', "{'a':1}"]) expect(editJson(text, [])).toBeUndefined();
});

it('does to any document what JSON.parse would see', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom(undefined, 1, '\t'), fc.string(), (text, space, name) => {
      const document: unknown = JSON.parse(text);
      const written = JSON.stringify(
        { [name]: document, rest: document, list: [document, { [name]: 1 }] },
        undefined,
        space,
      );
      const edited = editJson(written, [
        { path: [name], does: 'remove' },
        { path: ['list', '*', name], does: 'remove' },
      ]);
      const wanted = JSON.parse(written) as Record<string, unknown>;
      delete wanted[name];
      for (const item of (wanted.list ?? []) as unknown[]) {
        if (Array.isArray(item)) {
          if (name === '*') item.length = 0;
        } else if (typeof item === 'object' && item !== null) delete (item as Record<string, unknown>)[name];
      }
      expect(JSON.parse(edited ?? '')).toEqual(wanted);
      expect(editJson(edited ?? '', [{ path: [name], does: 'remove' }])).toBe(edited);
    }),
    { examples: [['[0]', undefined, '*']] },
  );
});
