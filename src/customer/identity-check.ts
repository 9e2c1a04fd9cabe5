import { entryTextFault } from '../audit/entry.js';
import { GdprError } from '../foundation/errors.js';
import { detectIdentifiers } from '../identity/detect.js';
import { nameTokens } from '../identity/kinds.js';
import type { Kind, StoredRequest } from '../request/request.js';
import type { Traits } from './traits.js';

/** How it was checked that who asks is the person (Art. 12(6)), and the request that it was checked for. */
export interface Basis {
  readonly verified: string;
  readonly number?: string;
}

const NO_DATA = 'say what was done, without data: "account login", "known e-mail answered", "contract number"';

/**
 * How the identity was checked, by what was typed or else by the register.
 * @throws GdprError REFUSED when neither says it, INPUT_INVALID when what was typed looks like data of a person
 */
export function basisOf(typed: string | undefined, request?: StoredRequest): Basis {
  const number = request === undefined ? {} : { number: request.number };
  const verified = typed?.trim() ?? '';
  if (verified === '') {
    if (request?.verified != null) return { verified: request.verified, ...number };
    if (request !== undefined) {
      throw new GdprError('REFUSED', `the identity of the person of ${request.number} was not checked yet`, {
        hint: `note how it was: gdpr request verify-identity ${request.number} --how "account login"`,
      });
    }
    throw new GdprError('REFUSED', 'nobody says how the identity was checked', {
      hint: 'say it with --verified, e.g. --verified "account login", or name a request whose identity was verified: --request',
    });
  }
  const fault =
    entryTextFault(verified) ??
    (detectIdentifiers(verified).length === 0 ? undefined : 'holds what looks like a phone number or a personas kods');
  if (fault !== undefined) throw new GdprError('INPUT_INVALID', `--verified ${fault}`, { hint: NO_DATA });
  return { verified, ...number };
}

/**
 * How the identity was checked and for which request, as an intent of the log holds it, where it need not have been.
 * @throws GdprError INPUT_INVALID when what was typed looks like data of a person
 */
export function checkedBasis(
  typed: string | undefined,
  request: StoredRequest | undefined,
  traits: Traits,
): { verified?: string; request?: string } {
  const number = request === undefined ? {} : { request: request.number };
  if ((typed?.trim() ?? '') === '' && request?.verified == null) return number;
  const { verified } = basisOf(typed, request);
  assertNameless(verified, traits.get('name') ?? []);
  return { verified, ...number };
}

/** @throws GdprError INPUT_INVALID when the words hold one of the person's names */
export function assertNameless(verified: string, names: readonly string[]): void {
  const words = nameTokens(verified);
  if (!names.some((name) => nameTokens(name).some((token) => token.length > 2 && words.includes(token)))) return;
  throw new GdprError('INPUT_INVALID', "--verified holds the person's name", { hint: NO_DATA });
}

/** What answers a request of each kind. */
const ANSWERED_BY: Readonly<Record<Kind, string>> = {
  access: 'gdpr customer export',
  portability: 'gdpr customer export --portable',
  rectification: 'gdpr customer rectify',
  erasure: 'gdpr customer erase',
  restriction: 'gdpr customer restrict',
  objection: 'gdpr customer object',
};

/** Whether what answers requests of the kind that is wanted can answer this one, which is open. @throws GdprError REFUSED */
export function checkRequest({ number, kind, state, ended }: StoredRequest, wanted: Kind): void {
  if (state !== 'open') {
    throw new GdprError('REFUSED', `${number} was ${state} on ${ended}`, {
      hint: 'if the person writes again, register a new request: gdpr request open',
    });
  }
  if (kind === wanted) return;
  throw new GdprError('REFUSED', `${number} asks for ${kind}, not for ${wanted}`, {
    hint: `a request for ${kind} is answered by: ${ANSWERED_BY[kind]}`,
  });
}

/** Whether the request is this person's. @throws GdprError REFUSED */
export function checkRequester(request: StoredRequest, subject: string): void {
  if (request.subject === null) throw unknownRequester(request);
  if (request.subject === subject) return;
  throw new GdprError('REFUSED', `${request.number} is the request of somebody else`, {
    hint: `see: gdpr request show ${request.number}`,
  });
}

export function unknownRequester({ number }: StoredRequest): GdprError {
  return new GdprError('REFUSED', `nobody has noted yet whose request ${number} is`, {
    hint: `note it: gdpr request verify-identity ${number} --email … --how "…"`,
  });
}
