import { minuteOf } from './day.js';
import type { Ended } from './end.js';
import type { Done, RequestEvent } from './history.js';
import type { RequestView } from './request.js';

const WIDTH = 80;
const INDENT = '                   ';

/** The state of a request in a few lines. */
export function summaryLines(view: RequestView): string[] {
  const { daysLeft, due, latest, waitingSince, pausedDays } = view;
  const left = daysLeft === null ? '' : daysLeft < 0 ? `, overdue by ${-daysLeft}` : `, in ${daysLeft}`;
  return [
    `Request    ${view.request} (${view.kind}), ${view.state}${view.ended === null ? '' : ` on ${view.ended}`}`,
    `Received   ${view.received} by ${view.channel}; handled by ${view.handler}`,
    `Due        ${due}${left}${left === '' ? '' : ' days'}${view.extended ? '; extended' : ''}`,
    ...(latest === due ? [] : [`Latest     ${latest}, if a day off in place of a holiday counts as one`]),
    ...(pausedDays === 0 ? [] : [`Paused     ${pausedDays} days, for identification`]),
    ...(waitingSince === null
      ? []
      : [`Waiting    for identification since ${waitingSince}; the clock ${view.suspended ? 'stands still' : 'runs'}`]),
    `Person     ${view.subject ?? 'not known yet'}`,
    ...(view.row === null ? [] : [`           --id ${view.row}`]),
    ...filled('Identity   ', view.verified ?? 'not checked yet', '           '),
  ];
}

/** A request that has just ended, and whether that was in time. */
export function endLines(ended: Ended): string[] {
  return [...summaryLines(ended), `In time    ${ended.daysLate === 0 ? 'yes' : `no, late by ${ended.daysLate} days`}`];
}

/** What happened, a line an event, and its note below. */
export function storyLines(story: readonly RequestEvent[], timeZone: string): string[] {
  return story.flatMap(({ at, what, day, note, operator }) => [
    `${minuteOf(at, timeZone)}   ${what}${day === null ? '' : ` (${day})`} by ${operator}`,
    ...(note === null ? [] : filled(INDENT, note, INDENT)),
  ]);
}

export const WORK_HEAD: readonly string[] = ['DONE', 'WHAT', 'RESULT', 'OPERATION'];

export function workRows(done: readonly Done[], timeZone: string): string[][] {
  return done.map(({ ended, action, result, operation }) => [minuteOf(ended, timeZone), action, result, operation]);
}

/** Words in lines of the terminal's width. */
function filled(first: string, words: string, rest: string): string[] {
  const lines: string[] = [];
  let line = first;
  for (const word of words.split(/\s+/)) {
    const glued = line === first || line === rest ? line + word : `${line} ${word}`;
    if (glued.length <= WIDTH || line === first || line === rest) line = glued;
    else {
      lines.push(line);
      line = rest + word;
    }
  }
  return [...lines, line];
}
