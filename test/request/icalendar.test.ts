import { describe, expect, it } from 'vitest';
import { icalendar } from '../../src/request/icalendar.js';
import type { RequestView } from '../../src/request/request.js';

const view = (given: Partial<RequestView>): RequestView => ({
  request: 'R-2026-0001',
  kind: 'access',
  state: 'open',
  subject: 'subject:abcdefghijklmnopqrstuvwxyz',
  row: 'shop.customers:1',
  channel: 'email',
  handler: 'Līga Ozoliņa-Krastiņa',
  received: '2026-01-31',
  due: '2026-03-02',
  latest: '2026-03-02',
  daysLeft: 3,
  extended: false,
  verified: 'account login',
  waitingSince: null,
  suspended: false,
  pausedDays: 0,
  opened: '2026-01-31T10:00:00.000000Z',
  ended: null,
  ...given,
});

interface Component {
  readonly name: string;
  readonly properties: Map<string, { parameters: string; value: string }>;
  readonly parts: Component[];
}

/** Reads a calendar by the grammar of RFC 5545 §3.1 and §3.6, and refuses what is not of it. */
function read(text: string): Component {
  expect(text.endsWith('\r\n')).toBe(true);
  const physical = text.slice(0, -2).split('\r\n');
  for (const line of physical) {
    expect(line).toMatch(/^[^\r\n\0-\x08\x0b\x0c\x0e-\x1f\x7f]+$/);
    expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
    expect(Buffer.from(line).toString('utf8')).toBe(line);
  }
  const lines = text.replaceAll('\r\n ', '').slice(0, -2).split('\r\n');
  const stack: Component[] = [{ name: 'ROOT', properties: new Map(), parts: [] }];
  for (const line of lines) {
    const [, name = '', parameters = '', value = ''] = /^([A-Z-]+)((?:;[A-Z-]+=[^;:",]+)*):(.*)$/.exec(line) ?? [];
    expect(name).not.toBe('');
    const top = stack.at(-1) as Component;
    if (name === 'BEGIN') {
      const part: Component = { name: value, properties: new Map(), parts: [] };
      top.parts.push(part);
      stack.push(part);
    } else if (name === 'END') {
      expect(value).toBe(top.name);
      stack.pop();
    } else {
      expect(top.properties.has(name)).toBe(false);
      top.properties.set(name, { parameters, value });
    }
  }
  expect(stack).toHaveLength(1);
  expect(stack[0]?.parts.map(({ name }) => name)).toEqual(['VCALENDAR']);
  const calendar = stack[0]?.parts[0] as Component;
  expect(calendar.properties.get('VERSION')?.value).toBe('2.0');
  expect(calendar.properties.has('PRODID')).toBe(true);
  expect(calendar.parts.length).toBeGreaterThan(0);
  return calendar;
}

const plain = (value = '') => {
  expect(value.replace(/\\[\\;,nN]/g, '')).not.toMatch(/[\\;,]/);
  return value.replace(/\\([\\;,nN])/g, (_, letter: string) => (letter.toLowerCase() === 'n' ? '\n' : letter));
};

const NOW = new Date('2026-02-27T22:30:05.678Z');

describe('the calendar', () => {
  it('has an all-day event on the due day of each open request', () => {
    const requests = [
      view({}),
      view({
        request: 'R-2026-0002',
        kind: 'erasure',
        due: '2026-12-31',
        extended: true,
        waitingSince: '2026-02-03',
        suspended: true,
      }),
      view({ state: 'closed' }),
    ];
    const events = read(icalendar(requests, 'abc', NOW)).parts;
    expect(events.map(({ name }) => name)).toEqual(['VEVENT', 'VEVENT']);
    const [first, second] = events.map(({ properties }) => properties);
    expect(first?.get('UID')?.value).toBe('R-2026-0001@abc.gdpr.invalid');
    expect(first?.get('DTSTAMP')).toEqual({ parameters: '', value: '20260227T223005Z' });
    expect(first?.get('DTSTART')).toEqual({ parameters: ';VALUE=DATE', value: '20260302' });
    expect(first?.get('DTEND')).toEqual({ parameters: ';VALUE=DATE', value: '20260303' });
    expect(plain(first?.get('SUMMARY')?.value)).toBe('R-2026-0001 access: answer due');
    expect(second?.get('DTEND')?.value).toBe('20270101');
    expect(plain(second?.get('DESCRIPTION')?.value)).toBe(
      'Received on 2026-01-31 (email); extended by two months; waits for identification since 2026-02-03, so the day moves on; see: gdpr request show R-2026-0002',
    );
  });

  it('tells neither who asks nor who answers', () => {
    const text = icalendar([view({})], 'abc', NOW).replaceAll('\r\n ', '');
    for (const secret of ['subject:', 'shop.customers', 'Ozoliņa', 'account login']) expect(text).not.toContain(secret);
  });

  it('is valid without an event', () => {
    const calendar = read(icalendar([view({ state: 'refused' })], 'abc', NOW));
    expect(calendar.parts.map(({ name }) => name)).toEqual(['VTIMEZONE']);
    expect(calendar.parts[0]?.parts[0]?.properties.get('TZOFFSETTO')?.value).toBe('+0000');
  });
});
