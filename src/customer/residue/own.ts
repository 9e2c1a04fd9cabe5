import type { Session } from '../../database/session.js';
import { groupBy } from '../../foundation/group.js';
import { nameTokens, parse } from '../../identity/kinds.js';
import type { Alias } from '../../identity/reference.js';
import type { Keys } from '../../keys/keys.js';
import { rowId } from '../roots.js';
import { hasErasures } from './erased.js';
import type { Needles } from './needles.js';

/** What the references of persons tell of the ones who are searched for. */
export interface KnownSubjects {
  /** Of each person. */
  readonly references: readonly (readonly string[])[];
  /** Positions of the people whose alias it is. */
  whose(alias: Alias): readonly number[];
}

const ALIASES = 'SELECT hmac, reference FROM gdpr.subject_alias';
/** The codes of a tombstone stay when those of the reference are gone or have become another's. */
const WITH_ERASED = `${ALIASES} UNION SELECT hmac, subject FROM gdpr.tombstone_identifier`;

/**
 * The references that the needles lead to, and by which rows the same people are met again: an erased person's row may
 * still stand, without anything that tells whose it was. Three statements, whatever the number of people.
 */
export async function knownSubjects(
  session: Session,
  keys: Keys,
  people: readonly { readonly needles: Needles; readonly subject?: string | undefined }[],
): Promise<KnownSubjects> {
  const codesOf = ({ kind, value }: Alias) => keys.hmacs('subject alias', `${kind}\n${value}`);
  const hashed = people.map(({ needles }) => aliasesOf(needles).flatMap(codesOf));
  const codes = (await hasErasures(session)) ? WITH_ERASED : ALIASES;
  const led = await session.query<{ hmac: string; reference: string }>(
    `SELECT hmac, reference FROM (${codes}) a WHERE hmac = ANY ($1::text[])`,
    [[...new Set(hashed.flat())]],
  );
  const byCode = groupBy(led, ({ hmac }) => hmac);
  const references = people.map(({ subject }, i) => [
    ...new Set([
      ...(subject === undefined ? [] : [subject]),
      ...(hashed[i] ?? []).flatMap((hmac) => byCode.get(hmac) ?? []).map(({ reference }) => reference),
    ]),
  ]);
  const own = groupBy(
    await session.query<{ hmac: string; reference: string }>(
      `SELECT hmac, reference FROM (${codes}) a WHERE reference = ANY ($1::text[])`,
      [[...new Set(references.flat())]],
    ),
    ({ hmac }) => hmac,
  );
  const referred = positionsOf(references);
  return {
    references,
    whose: (alias) => [
      ...new Set(
        codesOf(alias)
          .flatMap((code) => own.get(code) ?? [])
          .flatMap(({ reference }) => referred.get(reference) ?? []),
      ),
    ],
  };
}

/** The positions at which each text is listed. */
export function positionsOf(lists: readonly (readonly string[])[]): ReadonlyMap<string, readonly number[]> {
  const positions = new Map<string, number[]>();
  for (const [position, list] of lists.entries()) {
    for (const text of new Set(list)) {
      const known = positions.get(text);
      if (known === undefined) positions.set(text, [position]);
      else known.push(position);
    }
  }
  return positions;
}

function aliasesOf({ emails, kods, names, ids }: Needles): Alias[] {
  const links: Alias[] = [
    ...emails.flatMap((email) => parse('email', email).map((value) => ({ kind: 'email', value }))),
    ...kods.flatMap((code) => parse('personas-kods', code).map((value) => ({ kind: 'personas-kods', value }))),
  ];
  const bearers = names.map((name) => nameTokens(name).toSorted().join(' '));
  return [
    ...links,
    // A guest whose address others use too is known by it together with the name.
    ...links.flatMap(({ kind, value }) =>
      bearers.map((name) => ({ kind: `${kind} and name`, value: `${value}\n${name}` })),
    ),
    ...ids.map((row) => ({ kind: 'row', value: rowId(row) })),
  ];
}
