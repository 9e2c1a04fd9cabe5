import { Readable } from 'node:stream';
import { NewFile } from '../delivery/new-file.js';
import type { LetterModel } from '../documents/letters/letter.js';
import type { Language } from '../documents/page-model.js';
import { now } from '../foundation/clock.js';
import { dayOf } from '../request/day.js';
import type { StoredRequest } from '../request/request.js';
import type { Context } from '../workspace/open.js';

/** The new file into which the letter to the person goes, and its language. */
export interface LetterOrder {
  readonly to: string;
  readonly language: Language;
}

/**
 * Runs work that writes a letter, and gives the file its name once the work is done; the letter's page is written
 * before the work commits, so that it is there or nothing was done.
 * @throws GdprError ALREADY_EXISTS, FILE_UNAVAILABLE; what the work throws
 */
export async function withLetter<T extends object>(
  order: LetterOrder | undefined,
  work: (write: (page: (language: Language) => string) => Promise<void>) => Promise<T>,
): Promise<T & { readonly letter?: string }> {
  if (order === undefined) return work(async () => {});
  const file = await NewFile.create(order.to);
  try {
    const result = await work(async (page) => {
      await file.fill(Readable.from([Buffer.from(page(order.language))]));
    });
    await file.publish();
    return { ...result, letter: order.to };
  } catch (error) {
    await file.discard();
    throw error;
  }
}

/** What a letter about a right begins with: today, who writes, and the request that it answers or the operation. */
export function letterHead(
  { model }: Context,
  language: Language,
  request: StoredRequest | undefined,
  operation: string,
): LetterModel {
  const { controller, supervisor, timeZone } = model.map;
  const head = { language, date: dayOf(now(), timeZone), controller, supervisor };
  if (request === undefined) return { ...head, reference: operation };
  const { number, kind, received } = request;
  return { ...head, request: { number, asked: [kind], received, due: received } };
}
