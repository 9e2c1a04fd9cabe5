import { GdprError } from '../../foundation/errors.js';
import { type Moment, parseMoment } from '../dates.js';

const DAY = /^\d{4}-\d\d-\d\d$/;

/** @throws GdprError INPUT_INVALID when the text is no ISO 8601 day; the message names the field, not its value. */
export function dayOf(field: string, day: string): Moment {
  const moment = DAY.test(day) ? parseMoment(day) : undefined;
  if (moment !== undefined) return moment;
  throw invalid(`${field} is not a day`, 'write a day as 2026-03-05');
}

/** @throws GdprError INPUT_INVALID when the text is no instant with an offset. */
export function requireInstant(field: string, instant: string): void {
  const moment = parseMoment(instant);
  if (moment?.time !== undefined && moment.offset !== undefined) return;
  throw invalid(`${field} is not an instant`, 'write an instant as 2026-03-05T14:05:06Z');
}

/** @throws GdprError INPUT_INVALID when a text that the letter cannot do without is empty. */
export function requireText(field: string, text: string | undefined): void {
  if (text === undefined || !/[\p{L}\p{N}]/u.test(text)) throw invalid(`the letter needs ${field}`);
}

/** @throws GdprError INPUT_INVALID when there is nothing in the list. */
export function requireSome(field: string, list: readonly unknown[]): void {
  if (list.length === 0) throw invalid(`the letter needs at least one ${field}`);
}

/** @throws GdprError INPUT_INVALID when the number is not whole or smaller than `least`. */
export function requireCount(field: string, count: number, least = 0): void {
  if (!Number.isSafeInteger(count) || count < least) throw invalid(`${field} is not a whole number from ${least} on`);
}

export function invalid(message: string, hint?: string): GdprError {
  return new GdprError('INPUT_INVALID', message, hint === undefined ? {} : { hint });
}

/** A letter that the law does not allow to be sent so. */
export function refused(message: string, hint: string): GdprError {
  return new GdprError('REFUSED', message, { hint });
}
