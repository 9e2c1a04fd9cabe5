import type { Session } from '../../database/session.js';
import type { Catalog } from '../../datamap/catalog.js';
import { type RowKey, rowsOf } from '../../datamap/collect-plan.js';
import { spellingOf } from '../../datamap/match.js';
import type { DataMapModel } from '../../datamap/model.js';
import { mayGive } from '../../datamap/read.js';
import { keyOf } from '../../datamap/sql.js';
import { groupBy } from '../../foundation/group.js';
import type { Crowd } from './crowd.js';
import { keptFor } from './erased.js';
import type { Finding } from './findings.js';
import type { Verdict } from './hit.js';
import type { KeptIndex } from './kept.js';
import { type Lead, type Leads, leadsOf, readLeads, type Subject } from './leads.js';
import type { Matcher } from './match.js';
import type { NeedleKind } from './needles.js';
import { identityIn, type MappedPlace, mappedPlace, nodesOf, type RowIdentity } from './place.js';

const RESIDUE: Verdict = { class: 'residue' };
const THIRD_PARTY: Verdict = { class: 'third-party' };
const HELD: Verdict = { class: 'held' };
/** Somebody of whom nothing but their reference is known. */
const NOBODY_KNOWN = { kinds: new Set<NeedleKind>() };

/** The rule under which a register of requests keeps the address for the answer. */
const OPEN_REQUEST = 'open-request';
/** The rule of an id or number that erasure leaves because, with its row, it says nothing about anybody any more. */
const LEFT = 'left-by-the-map';

/** The people who are searched for, and how a row is known to be one's. */
export interface Subjects {
  readonly list: readonly Subject[];
  readonly kept: KeptIndex;
  /** Looks texts up in the values of all; undefined where no finding is of several. */
  readonly crowd: Crowd | undefined;
  /** The matcher of those who are like a person, for texts that hold nothing of theirs but the name. */
  ofName(person: Subject): Matcher;
  /** Positions of those who are, or before their erasure were, this row. */
  whoseRow(row: RowKey): readonly number[];
}

/** A finding of those people of whom the same is true. */
export interface Judged {
  readonly finding: Finding;
  readonly verdict: Verdict;
}

/**
 * Says of each finding why it is there; one of several people is taken apart where the database knows more of some of them.
 * What is not known to belong somewhere is residue.
 */
export async function classify(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  subjects: Subjects,
  found: readonly Finding[],
): Promise<Judged[]> {
  const findings = found.flatMap((finding) =>
    apart(finding, new Set(subjects.kept.people(finding.row.table.name, finding.row.key))),
  );
  const places = findings.map((finding) => mappedPlace(finding, model));
  const owners = await collectedOwners(session, model, catalog, subjects.list, findings);
  const kindsInRow = new Map<string, Set<NeedleKind>>();
  for (const finding of findings) {
    const kinds = kindsInRow.get(rowOf(finding)) ?? new Set();
    for (const kind of finding.kinds) kinds.add(kind);
    kindsInRow.set(rowOf(finding), kinds);
  }
  const verdicts = findings.map((finding, i): Verdict | undefined => {
    const { people, row, column, kinds } = finding;
    const cells = subjects.kept.cells(people[0] ?? 0, row.table.name, row.key, column);
    if (cells !== undefined) return { class: 'kept', rule: cells.rule, until: cells.until, untold: cells.untold };
    const place = places[i];
    if (place === undefined) return unmapped(finding, model);
    const mine = owners[i] ?? 0;
    if (mine !== 0 && place.described && mayGive(place.table, place.owner, mine)) return HELD;
    if (place.left && (isOnly(kinds, 'id') || isOnly(kinds, 'code'))) return { class: 'kept', rule: LEFT };
    return place.described ? undefined : ofOther(finding, place);
  });
  const open = findings.flatMap((finding, i) => {
    const place = places[i];
    return verdicts[i] === undefined && place !== undefined ? [{ i, finding, place, nodes: nodesOf(place) }] : [];
  });
  const leads = await readLeads(
    session,
    model,
    catalog,
    open.map(({ finding, nodes }) => ({ row: finding.row, nodes })),
  );
  const keyOfRow = ({ row }: Finding) => ({ table: row.table.name, key: row.key });
  const keptOthers = await keptFor(
    session,
    open.flatMap(({ finding }) => (isOnly(finding.kinds, 'name') ? [keyOfRow(finding)] : [])),
  );
  const spelling = spellingOf(model);
  const judged: Judged[][] = findings.map((finding, i) => {
    const verdict = verdicts[i];
    return verdict === undefined ? [] : [{ finding, verdict }];
  });
  for (const [at, { i, finding, place, nodes }] of open.entries()) {
    const rowKinds = kindsInRow.get(rowOf(finding)) ?? finding.kinds;
    const identities = nodes.flatMap((node) => identityIn(finding.row, node, model));
    const references = keptOthers.of(keyOfRow(finding), finding.column);
    const led = leads[at] ?? [];
    const known = finding.people.length === 1 ? NOBODY : knownOf(led, identities, subjects);
    for (const part of apart(finding, known)) {
      const [person = 0] = part.people;
      const subject = subjects.list[person];
      if (subject === undefined) continue;
      const matcher = part.people.length === 1 ? subject.matcher : subjects.ofName(subject);
      const { own, others } = leadsOf(
        led,
        { ...subject, matcher },
        (row) => subjects.whoseRow(row).includes(person),
        spelling,
      );
      // A namesake who was erased has no name any more but where it had to be kept.
      const namesakes = references.filter((reference) => !subject.references.includes(reference));
      const all = { own, others: [...others, ...namesakes.map(() => NOBODY_KNOWN)] };
      const theirs = isTheirs(part, place, rowKinds, all, identities, subject);
      judged[i]?.push({ finding: part, verdict: theirs ? THIRD_PARTY : ofOther(part, place) });
    }
  }
  return ofSources(judged.flat(), catalog);
}

const NOBODY: ReadonlySet<number> = new Set();

/** The people of a finding of whom more than the name is known by where the row leads and by what stands in it. */
function knownOf(
  leads: readonly Lead[],
  identities: readonly RowIdentity[],
  { crowd, whoseRow }: Subjects,
): Set<number> {
  const texts = identities.filter(({ kind }) => kind !== 'name').map(({ text }) => text);
  const led = leads.flatMap((lead) => (lead.kind === 'root' ? lead.texts : [lead.value]));
  return new Set([
    ...(crowd?.valuesIn([...texts, ...led]) ?? []),
    ...leads.flatMap((lead) => (lead.kind === 'root' ? whoseRow(lead.row) : [])),
  ]);
}

/** Each of the known by themselves, and the others together. */
function apart(finding: Finding, known: ReadonlySet<number>): Finding[] {
  if (finding.people.length === 1 || known.size === 0) return [finding];
  const others = finding.people.filter((person) => !known.has(person));
  return [
    ...finding.people.filter((person) => known.has(person)).map((person) => ({ ...finding, people: [person] })),
    ...(others.length === 0 ? [] : [{ ...finding, people: others }]),
  ];
}

/** The people are the same in all findings of a row of which they are not alone. */
function rowOf({ people, row }: Finding): string {
  return JSON.stringify([people[0], row.table.name, ...row.key]);
}

/** A generated column cannot hold anything but what the columns that it is made of hold. */
function ofSources(judged: readonly Judged[], catalog: Catalog): Judged[] {
  const kept = groupBy(
    judged.filter(({ verdict }) => verdict.class === 'kept'),
    ({ finding }) => rowOf(finding),
  );
  return judged.map(({ finding, verdict }) => {
    const { row, column, kinds } = finding;
    const generated = catalog.get(row.table.name)?.columns.get(column)?.generated === true;
    const source =
      verdict.class === 'residue' && generated
        ? kept.get(rowOf(finding))?.find((each) => [...kinds].every((kind) => each.finding.kinds.has(kind)))
        : undefined;
    return { finding, verdict: source?.verdict ?? verdict };
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
  { own, others }: Leads,
  identities: readonly RowIdentity[],
  { matcher, needles }: Subject,
): boolean {
  if (own) return false;
  const kinds = [...finding.kinds];
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
  // Those who were collected are alone in their findings.
  const numberOf = ([person = 0]: readonly number[]) => subjects[person]?.collected;
  const wanted = [...findings.entries()].filter(
    ([, { people, row }]) => numberOf(people) !== undefined && model.tables.some(({ name }) => name === row.table.name),
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
        list.map(([, { people }]) => numberOf(people) ?? -1),
        ...key.map((_, part) => list.map(([, { row }]) => row.key[part] ?? null)),
      ],
    );
    for (const row of found) owners[row.n] = row.owners;
  }
  return owners;
}
