import { canonicalJson, type Json, sha256 } from '../foundation/canonical-json.js';

/** The ways of reaching somebody for which they are asked one by one. */
export const CHANNELS = ['email', 'sms', 'phone', 'post'] as const;
/** A way of reaching somebody. */
export type ContactChannel = (typeof CHANNELS)[number];
/** What a yes can be about: a way of reaching somebody, or that a named party may be given data of theirs. */
export const SUBJECTS = [...CHANNELS, 'disclosure'] as const;
export type ConsentChannel = (typeof SUBJECTS)[number];

/** What can be said, in the order in which things said at the same instant count: a no comes last. */
export const SAID = ['given', 'renewed', 'confirmed', 'expired', 'withdrawn', 'objected'] as const;
export type Said = (typeof SAID)[number];

export const MECHANISMS = [
  'web-form',
  'checkout',
  'paper',
  'phone',
  'email',
  'in-person',
  'unsubscribe-link',
  'bounce',
  'complaint',
  'rule',
] as const;
export type Mechanism = (typeof MECHANISMS)[number];

/** One thing that a person said, about one purpose and one channel (Art. 7(1); EDPB 05/2020, §§104–108). */
export interface ConsentEvent {
  readonly subject: string;
  readonly purpose: string;
  readonly channel: ConsentChannel;
  readonly what: Said;
  /** When it was said: UTC with microseconds, `2026-01-31T12:00:00.000000Z`. */
  readonly at: string;
  readonly mechanism: Mechanism;
  /** Id of the wording that they were shown; null where nobody knows it, so that a yes proves nothing. */
  readonly wording: string | null;
  /** Where the proof is: the number of a form, a record of the web server. */
  readonly evidence: string | null;
  /** Reference of the authorisation by a holder of parental responsibility (Art. 8). */
  readonly guardian: string | null;
  readonly source: 'person' | 'import' | 'link';
  /** Who may be given data, on the channel `disclosure` alone: a recipient's id in the data map, or a name. */
  readonly party?: string | undefined;
  /** What the party may be given, by ids of the data map; left out of a no, which is about everything. */
  readonly categories?: readonly string[] | undefined;
}

/**
 * By which the same event is known when it comes in again: `digestOf` of its members. Written out, since an import asks
 * it of every line, and sorting the names of the members takes most of the time.
 */
export function eventDigest(event: ConsentEvent): string {
  const { at, categories, channel, evidence, guardian, mechanism, party, purpose, source, subject, what, wording } =
    event;
  const member = (name: string, value: Json | undefined) =>
    value === undefined ? '' : `"${name}":${canonicalJson(value)},`;
  return `sha256:${sha256(
    `{"at":${canonicalJson(at)},${member('categories', categories)}"channel":${canonicalJson(channel)},` +
      `"evidence":${canonicalJson(evidence)},"guardian":${canonicalJson(guardian)},"mechanism":${canonicalJson(mechanism)},` +
      `${member('party', party)}"purpose":${canonicalJson(purpose)},"source":${canonicalJson(source)},` +
      `"subject":${canonicalJson(subject)},"what":${canonicalJson(what)},"wording":${canonicalJson(wording)}}`,
  )}`;
}
