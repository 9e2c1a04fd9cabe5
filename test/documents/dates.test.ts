import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dateText,
  datetimeAttribute,
  instantIn,
  type Moment,
  offsetText,
  parseMoment,
  timeText,
} from '../../src/documents/dates.js';

function read(text: string): Moment {
  const moment = parseMoment(text);
  if (moment === undefined) throw new Error(`not read: ${text}`);
  return moment;
}

describe('parseMoment', () => {
  it.each([
    ['2026-03-03', '2026-03-03', '', ''],
    ['2026-03-03 14:05:06.123456+02', '2026-03-03T14:05:06.123+02:00', '14:05:06', 'UTC+2'],
    ['2026-03-03 14:05:00+02', '2026-03-03T14:05:00+02:00', '14:05', 'UTC+2'],
    ['2026-03-03 14:05:00.000001-03:30', '2026-03-03T14:05:00.000-03:30', '14:05:00', 'UTC\u22123:30'],
    ['2026-03-03 14:05:06', '2026-03-03T14:05:06', '14:05:06', ''],
    ['2026-03-03T12:05:06.000Z', '2026-03-03T12:05:06.000Z', '12:05:06', 'UTC'],
    ['1900-01-01 00:00:00+01:36:34', undefined, '00:00', 'UTC+1:36:34'],
    ['10000-12-31', '10000-12-31', '', ''],
    ['0099-01-01', '0099-01-01', '', ''],
  ])('%s', (text, attribute, time, offset) => {
    const moment = read(text);
    expect(datetimeAttribute(moment)).toBe(attribute);
    expect(timeText(moment)).toBe(time);
    expect(offsetText(moment)).toBe(offset);
  });

  it.each([
    'infinity',
    '-infinity',
    '0044-03-15 BC',
    '2026-02-29',
    '2026-13-01',
    '2026-00-10',
    '2026-03-03 24:00:00',
    '3.3.2026',
    '',
  ])('%s is left as it is', (text) => {
    expect(parseMoment(text)).toBeUndefined();
  });

  it('knows leap years', () => {
    expect(parseMoment('2024-02-29')).toEqual({ year: 2024, month: 2, day: 29 });
    expect(parseMoment('2000-02-29')).toEqual({ year: 2000, month: 2, day: 29 });
    expect(parseMoment('1900-02-29')).toBeUndefined();
  });

  it('gives every instant of ISO 8601 back unchanged', () => {
    const instants = fc.date({
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(instants, (date) => {
        expect(datetimeAttribute(read(date.toISOString()))).toBe(date.toISOString());
      }),
    );
  });
});

describe('dateText', () => {
  it('writes dates as each language does', () => {
    expect(dateText(read('2026-03-03'))).toEqual({ lv: '2026.\u00a0gada 3.\u00a0marts', en: '3\u00a0March\u00a02026' });
  });

  it('declines the Latvian month', () => {
    const moment = read('2031-01-03');
    expect(dateText(moment, 'genitive').lv).toBe('2031.\u00a0gada 3.\u00a0janvāra');
    expect(dateText(moment, 'dative').lv).toBe('2031.\u00a0gada 3.\u00a0janvārim');
    expect(dateText(moment, 'locative').lv).toBe('2031.\u00a0gada 3.\u00a0janvārī');
  });
});

describe('instantIn', () => {
  it('moves an instant to the zone, over midnight and daylight saving', () => {
    expect(instantIn('2026-03-03T12:05:06.123456Z', 'Europe/Riga').en).toBe('3\u00a0March\u00a02026, 14:05');
    expect(instantIn('2026-07-31T22:30:00Z', 'Europe/Riga').lv).toBe('2026.\u00a0gada 1.\u00a0augusts, 01:30');
    expect(instantIn('2026-03-03 14:05:06+02', 'America/New_York').en).toBe('3\u00a0March\u00a02026, 07:05');
  });

  it('leaves what it cannot place as it is', () => {
    expect(instantIn('2026-03-03 14:05:06', 'Europe/Riga').lv).toBe('2026-03-03 14:05:06');
    expect(instantIn('2026-03-03T12:05:06Z', 'Nowhere/Land').lv).toBe('2026-03-03T12:05:06Z');
  });
});
