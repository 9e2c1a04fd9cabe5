import { addDays } from './day.js';
import type { RequestView } from './request.js';

const LONGEST_LINE = 75;

/** A calendar must have a component (§3.6), so one without events says something that is true anyway. */
const NO_EVENT = [
  'BEGIN:VTIMEZONE',
  'TZID:Etc/UTC',
  'BEGIN:STANDARD',
  'DTSTART:19700101T000000',
  'TZOFFSETFROM:+0000',
  'TZOFFSETTO:+0000',
  'END:STANDARD',
  'END:VTIMEZONE',
];

/**
 * The due days of open requests as an iCalendar file (RFC 5545), an all-day event each, without personal data.
 * `installation` makes the events' ids unique among all registers; a calendar that reads the file again moves an event
 * whose due day has changed.
 */
export function icalendar(requests: readonly RequestView[], installation: string, instant: Date): string {
  const stamp = instant.toISOString().replace(/[-:]|\.\d+/g, '');
  const open = requests.filter(({ state }) => state === 'open');
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//privatums//gdpr request list//EN',
    'CALSCALE:GREGORIAN',
    ...(open.length === 0 ? NO_EVENT : []),
    ...open.flatMap((request) => [
      'BEGIN:VEVENT',
      `UID:${request.request}@${installation}.gdpr.invalid`,
      `DTSTAMP:${stamp}`,
      `DTSTART;VALUE=DATE:${basic(request.due)}`,
      `DTEND;VALUE=DATE:${basic(addDays(request.due, 1))}`,
      `SUMMARY:${text(`${request.request} ${request.kind}: answer due`)}`,
      `DESCRIPTION:${text(descriptionOf(request))}`,
      'TRANSP:TRANSPARENT',
      'END:VEVENT',
    ]),
    'END:VCALENDAR',
  ];
  return lines.map((line) => `${fold(line)}\r\n`).join('');
}

function descriptionOf({ received, channel, extended, waitingSince, suspended, request }: RequestView): string {
  return [
    `Received on ${received} (${channel})`,
    ...(extended ? ['extended by two months'] : []),
    ...(waitingSince === null
      ? []
      : [`waits for identification since ${waitingSince}${suspended ? ', so the day moves on' : ''}`]),
    `see: gdpr request show ${request}`,
  ].join('; ');
}

function basic(day: string): string {
  return day.replaceAll('-', '');
}

/** A TEXT value (RFC 5545 §3.3.11). */
function text(value: string): string {
  return value.replace(/[\\;,]/g, '\\$&').replaceAll('\n', '\\n');
}

/** A content line in pieces of at most 75 octets, none of which cuts a character (§3.1). */
function fold(line: string): string {
  const pieces: string[] = [];
  let piece = '';
  for (const letter of line) {
    if (Buffer.byteLength(piece + letter) > LONGEST_LINE) {
      pieces.push(piece);
      piece = ' ';
    }
    piece += letter;
  }
  return [...pieces, piece].join('\r\n');
}
