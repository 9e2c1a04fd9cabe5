import { now } from '../foundation/clock.js';
import { GdprError } from '../foundation/errors.js';
import { readInstallation } from '../workspace/installation.js';
import type { Context } from '../workspace/open.js';
import { icalendar } from './icalendar.js';
import type { RequestView } from './request.js';

/** The calendar of a workspace's open requests. */
export async function calendarOf({ paths }: Context, requests: readonly RequestView[]): Promise<string> {
  const installation = await readInstallation(paths);
  if (installation === undefined) throw new GdprError('BUG', 'an open workspace has no installation id');
  return icalendar(requests, installation.id, now());
}
