import { Readable } from 'node:stream';
import type { Session } from '../database/session.js';
import type { DataMapModel } from '../datamap/model.js';
import { NewFile, refuseTaken } from '../delivery/new-file.js';
import { type Doubt, type LetterKind, letter, type Proof, type RefusalGround } from '../documents/letters/letter.js';
import type { Language } from '../documents/page-model.js';
import { GdprError } from '../foundation/errors.js';
import { runOperation } from '../operation/operation.js';
import type { Context } from '../workspace/open.js';
import { type Answer, answerOf } from './answer.js';
import { accessModel, negativeModel, type Sending } from './answer-letter.js';
import { deadlineOf } from './deadline.js';
import { type RequestEvent, readEvents } from './history.js';
import { deskOf, readNumber, readRequest } from './register.js';
import { clockOf, type StoredRequest, viewOf } from './request.js';
import { type Settled, settle } from './settle.js';

/** The letters about requests; those about an erasure, a restriction, an objection and a correction come with these. */
export type RequestLetter = Exclude<LetterKind, 'erasure' | 'restriction' | 'lifting' | 'objection' | 'rectification'>;

/** What a letter says beyond what the register knows. */
export interface LetterOptions {
  readonly kind: RequestLetter;
  readonly language: Language;
  /** Why an extension is needed. */
  readonly because: readonly ('complexity' | 'number')[];
  readonly ground: RefusalGround | undefined;
  readonly doubts: readonly Doubt[];
  readonly proofs: readonly Proof[];
  readonly sending: Sending;
  readonly to: string;
}

export interface WrittenLetter {
  readonly request: string;
  readonly letter: RequestLetter;
  readonly file: string;
}

/**
 * Writes a letter about a request from what the register holds; the addressee's name and address are lines to fill
 * in by hand, so that no letter puts them on this disk.
 * @throws GdprError NOT_FOUND, REFUSED when the register holds no such step or answer or the law does not allow the
 *   letter, USAGE, INPUT_INVALID, ALREADY_EXISTS, FILE_UNAVAILABLE, VERIFICATION_FAILED
 */
export async function writeLetter(
  context: Context,
  typed: string,
  options: LetterOptions,
): Promise<Settled<WrittenLetter>> {
  const number = readNumber(typed);
  await refuseTaken(options.to);
  const { today, holidays } = await deskOf(context);
  return runOperation(context, { action: 'request letter', subjects: [], request: number }, async (operation) => {
    const answer = await answerFor(context, number, options.kind);
    const file = await NewFile.create(options.to);
    const write = async (session: Session) => {
      const request = await readRequest(session, number);
      const story = await readEvents(session, number);
      const { controller, supervisor } = context.model.map;
      const first = deadlineOf({ ...clockOf(request, today), extended: false }, holidays);
      const base = {
        language: options.language,
        date: today,
        request: { number, asked: [request.kind], received: request.received, due: first.due },
        controller,
        supervisor,
      };
      const facts = { request, story, due: viewOf(request, today, holidays).due, answer };
      await file.fill(Readable.from([Buffer.from(page(options, base, facts, context.model))]));
      return {
        result: { request: number, letter: options.kind, file: options.to },
        traces: { subjects: request.subject === null ? [] : [request.subject] },
      };
    };
    try {
      const written = await settle(context, operation, write);
      await file.publish();
      return written;
    } catch (error) {
      await file.discard();
      throw error;
    }
  });
}

async function answerFor(context: Context, number: string, kind: RequestLetter): Promise<Answer | undefined> {
  if (kind === 'access') return answerOf(context, number, 'customer export');
  return kind === 'negative' ? answerOf(context, number, 'customer negative answer') : undefined;
}

type Base = Parameters<typeof letter<'acknowledgement'>>[1];

interface Facts {
  readonly request: StoredRequest;
  readonly story: readonly RequestEvent[];
  readonly due: string;
  readonly answer: Answer | undefined;
}

function page(options: LetterOptions, base: Base, facts: Facts, model: DataMapModel): string {
  const { request, story, due, answer } = facts;
  switch (options.kind) {
    case 'acknowledgement':
      return letter('acknowledgement', base);
    case 'identity':
      if (request.asked === null) throw missing(request, 'asked', 'request verify-identity --asked');
      return letter('identity', {
        ...base,
        doubts: options.doubts,
        sufficient: options.proofs,
        clock: request.askedInTime === true ? 'suspended' : 'running',
      });
    case 'extension':
      if (!request.extended) throw missing(request, 'extended', 'request extend');
      return letter('extension', {
        ...base,
        grounds: options.because,
        explanation: note(story, 'extended'),
        extendedDue: due,
      });
    case 'refusal':
      if (request.state !== 'refused') throw missing(request, 'refused', 'request refuse');
      if (options.ground === undefined)
        throw new GdprError('USAGE', 'the ground of the refusal is missing', { hint: 'name it with --ground' });
      return letter('refusal', { ...base, reasons: [{ ground: options.ground, facts: note(story, 'refused') }] });
    case 'access':
      if (request.kind !== 'access') {
        throw new GdprError('REFUSED', `${request.number} did not ask for a copy of the data (Art. 15)`, {
          hint: `see: gdpr request show ${request.number}`,
        });
      }
      return letter('access', accessModel(base, the(answer), options.sending, model.map.timeZone));
    case 'negative':
      return letter('negative', negativeModel(base, the(answer), model));
  }
}

function the(answer: Answer | undefined): Answer {
  if (answer === undefined) throw new Error('the answer was not read');
  return answer;
}

function note(story: readonly RequestEvent[], what: RequestEvent['what']): string {
  return story.findLast((event) => event.what === what)?.note ?? '';
}

function missing(request: StoredRequest, what: string, command: string): GdprError {
  return new GdprError('REFUSED', `${request.number} was not ${what} in the register`, {
    hint: `first: gdpr ${command}`,
  });
}
