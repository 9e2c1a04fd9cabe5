import type { Session } from '../../database/session.js';
import type { Catalog } from '../../datamap/catalog.js';
import { rowsOf } from '../../datamap/collect-plan.js';
import type { DataMapModel } from '../../datamap/model.js';
import { mayGive } from '../../datamap/read.js';
import { keyOf } from '../../datamap/sql.js';
import { groupBy } from '../../foundation/group.js';
import { keptFor } from './erased.js';
import type { Finding } from './findings.js';
import type { Verdict } from './hit.js';
import { type KeptCells, keptIndex } from './kept.js';
import { type Leads, leadsOf, type Subject } from './leads.js';
import type { NeedleKind } from './needles.js';
import { identityIn, type MappedPlace, mappedPlace, nodesOf } from './place.js';

const RESIDUE: Verdict = { class: 'residue' };
const THIRD_PARTY: Verdict = { class: 'third-party' };
const HELD: Verdict = { class: 'held' };
/** Somebody of whom nothing but their reference is known. */
const NOBODY_KNOWN = { kinds: new Set<NeedleKind>() };

/** The rule under which a register of requests keeps the address for the answer. */
const OPEN_REQUEST = 'open-request';
/** The rule of an id or number that erasure leaves because, with its row, it says nothing about anybody any more. */
const LEFT = 'left-by-the-map';

/** One verdict a finding. What is not known to belong somewhere is residue. */
export async function classify(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  subjects: readonly (Subject & { readonly kept: readonly KeptCells[] })[],
  findings: readonly Finding[],
): Promise<Verdict[]> {
  // Of many people few have anything in these findings.
  const persons = [...new Set(findings.map(({ person }) => person))];
  const kept = new Map(persons.map((person) => [person, keptIndex(subjects[person]?.kept ?? [])]));
  const places = findings.map((finding) => mappedPlace(finding, model));
  const owners = await collectedOwners(session, model, catalog, subjects, findings);
  const kindsInRow = new Map<string, Set<NeedleKind>>();
  const rowOf = ({ person, row }: Finding) => JSON.stringify([person, row.table.name, ...row.key]);
  for (const finding of findings) {
    const kinds = kindsInRow.get(rowOf(finding)) ?? new Set();
    for (const kind of finding.kinds) kinds.add(kind);
    kindsInRow.set(rowOf(finding), kinds);
  }
  const verdicts = findings.map((finding, i): Verdict | undefined => {
    const cells = kept.get(finding.person)?.(finding.row.table.name, finding.row.key, finding.column);
    if (cells !== undefined) return { class: 'kept', rule: cells.rule, until: cells.until, untold: cells.untold };
    const place = places[i];
    if (place === undefined) return unmapped(finding, model);
    const mine = owners[i] ?? 0;
    if (mine !== 0 && place.described && mayGive(place.table, place.owner, mine)) return HELD;
    if (place.left && (isOnly(finding.kinds, 'id') || isOnly(finding.kinds, 'code')))
      return { class: 'kept', rule: LEFT };
    return place.described ? undefined : ofOther(finding, place);
  });
  const open = findings.flatMap((finding, i) => {
    const place = places[i];
    return verdicts[i] === undefined && place !== undefined ? [{ i, finding, place }] : [];
  });
  const leads = await leadsOf(
    session,
    model,
    catalog,
    subjects,
    open.map(({ finding, place }) => ({ person: finding.person, row: finding.row, nodes: nodesOf(place) })),
  );
  const keyOfRow = ({ row }: Finding) => ({ table: row.table.name, key: row.key });
  const keptOthers = await keptFor(
    session,
    open.flatMap(({ finding }) => (isOnly(finding.kinds, 'name') ? [keyOfRow(finding)] : [])),
  );
  for (const [at, { i, finding, place }] of open.entries()) {
    const rowKinds = kindsInRow.get(rowOf(finding)) ?? finding.kinds;
    const subject = subjects[finding.person];
    // A namesake who was erased has no name any more but where it had to be kept.
    const namesakes = keptOthers
      .of(keyOfRow(finding), finding.column)
      .filter((reference) => subject?.references.includes(reference) === false);
    const known = leads[at];
    const led = known && { own: known.own, others: [...known.others, ...namesakes.map(() => NOBODY_KNOWN)] };
    const theirs = subject !== undefined && isTheirs(finding, place, rowKinds, led, subject, model);
    verdicts[i] = theirs ? THIRD_PARTY : ofOther(finding, place);
  }
  // A generated column cannot hold anything but what the columns that it is made of hold.
  const isGenerated = ({ row, column }: Finding) =>
    catalog.get(row.table.name)?.columns.get(column)?.generated === true;
  return findings.map((finding, i) => {
    const own = verdicts[i] ?? RESIDUE;
    if (own.class !== 'residue' || !isGenerated(finding)) return own;
    const source = findings.findIndex(
      (other, at) =>
        verdicts[at]?.class === 'kept' &&
        rowOf(other) === rowOf(finding) &&
        [...finding.kinds].every((kind) => other.kinds.has(kind)),
    );
    return verdicts[source] ?? own;
  });
}

function isOnly(kinds: ReadonlySet<NeedleKind>, kind: NeedleKind): boolean {
  return kinds.size === 1 && kinds.has(kind);
}

/** A table that holds nothing about people may hold the name of an author or an inventor, but no sentence with it. */
function unmapped(finding: Finding, model: DataMapModel): Verdict {
  const { table } = finding.row;
  if (table.name === 'gdpr.request' && finding.column === 'reply_to') return { class: 'kept', rule: OPEN_REQUEST };
  const impersonal = model.impersonal.find(({ name }) => name === table.name);
  const namesake = impersonal?.entry.columns.includes(finding.column) === true && finding.nameOnly;
  return namesake && isOnly(finding.kinds, 'name') ? THIRD_PARTY : RESIDUE;
}

/** A column that always is a third party's, such as the staff member who answered, may hold a namesake's name. */
function ofOther(finding: Finding, place: MappedPlace): Verdict {
  return place.owner === 'other' && !place.freeText && finding.nameOnly && isOnly(finding.kinds, 'name')
    ? THIRD_PARTY
    : RESIDUE;
}

/**
 * Whether what was found is another person's own: their identifier in its place, or the same value in whatever they
 * own. A name and another identifier together are never taken for a namesake's.
 */
function isTheirs(
  finding: Finding,
  place: MappedPlace,
  rowKinds: ReadonlySet<NeedleKind>,
  leads: Leads | undefined,
  { matcher, needles }: Subject,
  model: DataMapModel,
): boolean {
  if (leads === undefined || leads.own) return false;
  const { others } = leads;
  const kinds = [...finding.kinds];
  const identities = nodesOf(place).flatMap((node) => identityIn(finding.row, node, model));
  const bearsOtherName =
    needles.names.length > 0 && identities.some(({ kind, text }) => kind === 'name' && !matcher.sharesName(text));
  const bearsName = identities.some(({ kind, text }) => kind === 'name' && matcher.sharesName(text));
  if (isOnly(finding.kinds, 'name')) {
    if (!isOnly(rowKinds, 'name')) return false;
    if (others.some(({ kinds: own }) => own.has('name') && own.size === 1)) return true;
    const isNamePlace = place.holdsNames || (finding.nameOnly && !place.freeText);
    if (!isNamePlace) return false;
    return (
      others.length > 0 || identities.some(({ kind, text }) => kind !== 'name' && matcher.kindsIn(text).size === 0)
    );
  }
  if (finding.kinds.has('name') || finding.kinds.has('id')) return false;
  if (others.some(({ kinds: own }) => !own.has('name') && kinds.every((kind) => own.has(kind)))) return true;
  if (place.identifier === undefined || !kinds.every((kind) => kind === place.identifier)) return false;
  if (bearsOtherName) return true;
  return place.identifier === 'phone' && !bearsName && others.length > 0;
}

/** As whose of a person's rows each finding's row was collected: bits of owners, 0 where it was not. */
async function collectedOwners(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  subjects: readonly Subject[],
  findings: readonly Finding[],
): Promise<number[]> {
  const owners = findings.map(() => 0);
  const wanted = [...findings.entries()].filter(
    ([, { person, row }]) =>
      subjects[person]?.collected !== undefined && model.tables.some(({ name }) => name === row.table.name),
  );
  for (const [name, list] of groupBy(wanted, ([, { row }]) => row.table.name)) {
    const table = model.table(name);
    const key = keyOf(table, catalog);
    const names = key.map((_, i) => `k${i + 1}`);
    const join = key.map((part, i) => `r.k${i + 1} = h.k${i + 1}::${part.type}`);
    const found = await session.query<{ n: number; owners: number }>(
      `SELECT h.n, bit_or(1 << r.owner) AS owners
       FROM unnest($1::integer[], $2::integer[], ${key.map((_, i) => `$${i + 3}::text[]`).join(', ')}) h (n, person, ${names.join(', ')})
       JOIN ${rowsOf(table)} r ON ${['r.person = h.person', ...join].join(' AND ')} GROUP BY h.n`,
      [
        list.map(([i]) => i),
        list.map(([, { person }]) => subjects[person]?.collected ?? -1),
        ...key.map((_, part) => list.map(([, { row }]) => row.key[part] ?? null)),
      ],
    );
    for (const row of found) owners[row.n] = row.owners;
  }
  return owners;
}
