import type { Session } from '../database/session.js';
import type { Catalog } from '../datamap/catalog.js';
import type { Person } from '../datamap/collect-plan.js';
import type { KnownIdentifier } from '../datamap/match.js';
import type { DataMapModel } from '../datamap/model.js';
import { groupBy } from '../foundation/group.js';
import { namesMayBeOne, nameTokens } from '../identity/kinds.js';
import type { Alias } from '../identity/reference.js';
import { type Anchor, anchorKey } from './anchors.js';
import { clusters, components } from './clusters.js';
import { namesUnder } from './guests.js';
import { connectedRoots, identifierId, type Root, rootsAgree, rowId } from './roots.js';

/** A person as far as the live database tells, ready for collecting their rows. */
export interface FoundPerson extends Person {
  /** Normalised linking identifiers that several people share, so that they link nobody. */
  readonly shared: readonly KnownIdentifier[];
  readonly names: readonly string[];
  readonly byNameOnly: boolean;
}

/** People, and which of them an anchor leads to. */
export interface PeopleOf {
  readonly people: readonly FoundPerson[];
  of(anchor: Anchor): readonly FoundPerson[];
}

/**
 * Turns anchors into people. Two rows are one person only when an identifier that links (an e-mail, a personas kods)
 * is equal and nothing contradicts: names, personas kods. A name or a phone alone never joins. An identifier that
 * people with different names share links nobody: what is held under it alone is given to none of them.
 */
export async function peopleOf(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  anchors: readonly Anchor[],
): Promise<PeopleOf> {
  const loose = [
    ...new Map(
      anchors.flatMap((anchor) =>
        anchor.kind === 'identifier'
          ? [[identifierId(anchor), { identifier: anchor.identifier, value: anchor.value }] as const]
          : [],
      ),
    ).values(),
  ];
  const rows = anchors.flatMap((anchor) => (anchor.kind === 'root' ? [anchor.row] : []));
  const { roots, crowded } = await connectedRoots(session, model, catalog, rows, loose);
  const linksOf = (root: Root) => root.links.map(identifierId);
  const connected = (a: Root, b: Root) => linksOf(a).some((id) => linksOf(b).includes(id));
  const groups = components(roots, linksOf).flatMap((part) =>
    clusters(part, (a, b) => rootsAgree(model, a, b), connected),
  );
  const byRow = new Map(groups.flatMap((group) => group.map((root) => [rowId(root.row), group] as const)));
  const byLink = groupBy(
    groups.flatMap((group) => [...new Set(group.flatMap(linksOf))].map((id) => ({ id, group }))),
    ({ id }) => id,
  );
  const holders = (id: string) => (byLink.get(id) ?? []).map(({ group }) => group);
  const isShared = (value: KnownIdentifier) =>
    crowded.has(identifierId(value)) || holders(identifierId(value)).length > 1;

  const accounts = new Map<readonly Root[], FoundPerson>();
  const account = (group: readonly Root[]): FoundPerson => {
    const links = distinct(group.flatMap((root) => root.links));
    const person = accounts.get(group) ?? {
      roots: group.map((root) => root.row),
      rows: [],
      identifiers: [...links.filter((value) => !isShared(value)), ...distinct(group.flatMap((root) => root.others))],
      shared: links.filter(isShared),
      names: namesOf(group),
      byNameOnly: false,
    };
    accounts.set(group, person);
    return person;
  };
  const others = new Map<string, FoundPerson>();
  const other = (person: FoundPerson): FoundPerson => {
    const text = JSON.stringify(person);
    const known = others.get(text) ?? person;
    others.set(text, known);
    return known;
  };
  const guests = await namesUnder(session, model, catalog, loose);
  const lead = (anchor: Anchor): FoundPerson[] => {
    if (anchor.kind === 'root')
      return [byRow.get(rowId(anchor.row))].flatMap((group) => (group ? [account(group)] : []));
    if (anchor.kind === 'row') {
      const { row, owner } = anchor;
      return [
        other({ roots: [], rows: [{ ...row, owner }], identifiers: [], shared: [], names: [], byNameOnly: false }),
      ];
    }
    const { name } = anchor;
    const held = holders(identifierId(anchor));
    // Under an identifier that several accounts share, not even a name decides: a person has to.
    const theirs = held.filter(
      (group) =>
        held.length > 1 ||
        name === undefined ||
        namesOf(group).length === 0 ||
        namesOf(group).some((own) => namesMayBeOne(own, name)),
    );
    if (theirs.length > 0) return theirs.map(account);
    return guestsUnder(anchor, held, guests.get(identifierId(anchor)) ?? []).map(other);
  };
  const led = new Map(anchors.map((anchor) => [anchorKey(anchor), anchor]));
  const found = new Map([...led].map(([key, anchor]) => [key, lead(anchor)]));
  return {
    people: [...accounts.values(), ...others.values()],
    of: (anchor) => found.get(anchorKey(anchor)) ?? [],
  };
}

/** People without an account under one identifier: one for each name that its rows bear. */
function guestsUnder(
  anchor: Extract<Anchor, { kind: 'identifier' }>,
  held: readonly (readonly Root[])[],
  names: readonly string[],
): FoundPerson[] {
  const { identifier, value, name } = anchor;
  const accounts = held.flatMap(namesOf);
  const free = names.filter((candidate) => !accounts.some((account) => namesMayBeOne(account, candidate)));
  const bearers = clusters(free, namesMayBeOne);
  const alone = held.length === 0 && bearers.length <= 1;
  const meant =
    name === undefined
      ? bearers
      : bearers.filter((group) => group.includes(name) || group.some((other) => namesMayBeOne(other, name)));
  return (meant.length === 0 ? [name === undefined ? [] : [name]] : meant).map((group) => ({
    roots: [],
    rows: [],
    identifiers: [{ identifier, value }],
    shared: [],
    names: [...group].sort(),
    byNameOnly: !alone,
  }));
}

function namesOf(group: readonly Root[]): string[] {
  return [...new Set(group.flatMap((root) => root.names))];
}

function distinct<T>(items: readonly T[]): T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}

/**
 * What the same person is met again by: linking identifiers and the keys of their own rows. Where an identifier is
 * used by several people, it counts together with the name.
 */
export function aliasesOf(person: FoundPerson, model: DataMapModel): Alias[] {
  const name = person.byNameOnly
    ? (person.names.map((each) => nameTokens(each).toSorted().join(' ')).sort()[0] ?? '')
    : undefined;
  return [
    ...[...person.roots, ...person.rows].map((row) => ({ kind: 'row', value: rowId(row) })),
    ...person.identifiers
      .filter(({ identifier }) => model.map.identifiers[identifier]?.links === true)
      .map(({ identifier, value }) => {
        const kind = model.map.identifiers[identifier]?.kind ?? 'code';
        return name === undefined ? { kind, value } : { kind: `${kind} and name`, value: `${value}\n${name}` };
      }),
  ];
}
