import type { CatalogTable } from '../catalog.js';
import type { Reach, Text } from '../schema.js';
import { TO_DECIDE } from '../undecided.js';
import { type Facts, isPerson, NAMES_A_PERSON, ownName, pairOf, personalKeys, unused } from './facts.js';
import type { DraftKey } from './keys.js';
import type { Recognised } from './recognise.js';
import { idOf, sentence, wordsOf } from './words.js';

export interface DraftOwner {
  readonly id: string;
  readonly title: Text;
  readonly reach: readonly { readonly reach: Reach; readonly remark?: string }[];
}

export interface DraftTable {
  readonly table: CatalogTable;
  readonly columns: readonly Recognised[];
  /** Empty for a table that is proposed as impersonal. */
  readonly owners: readonly DraftOwner[];
  /** Keys to personal tables that no owner reaches through. */
  readonly otherKeys: readonly DraftKey[];
  /** Owner of a column where it is not the first one. */
  readonly ownerOf: ReadonlyMap<string, string>;
}

/** Whose the rows of a table are, once the ways from all tables are known. */
export function tableOf(fact: Facts, facts: ReadonlyMap<string, Facts>): DraftTable {
  const { table, columns, person } = fact;
  if (fact.distance === undefined) return { table, columns, owners: [], otherKeys: [], ownerOf: new Map() };
  const owners: DraftOwner[] = [];
  const ownerOf = new Map<string, string>();
  const target = (key: DraftKey) => facts.get(key.to);
  const keys = personalKeys(fact, facts)
    .filter(
      (key) => person !== undefined || (target(key)?.distance ?? 0) < (fact.distance ?? 0) || isPerson(target(key)),
    )
    .sort((a, b) => rank(a, facts) - rank(b, facts));
  const used = new Set<DraftKey>();
  if (person !== undefined)
    owners.push({ id: person.id, title: person.title, reach: [{ reach: { self: person.id } }] });
  for (const key of keys) {
    const first = owners.length === 0;
    if (!first && !isPerson(target(key))) continue;
    owners.push(ownerThrough(key, facts, owners));
    used.add(key);
  }
  addIdentifiers(fact, keys[0], owners, ownerOf);
  const otherKeys = fact.keys.filter(
    (key) => facts.get(key.to)?.distance !== undefined && !used.has(key) && !key.guessed,
  );
  return { table, columns, owners: owners.length > 0 ? owners : [pairOwner(fact, facts)], otherKeys, ownerOf };
}

/** The smaller, the more likely it tells whose the row is. */
function rank(key: DraftKey, facts: ReadonlyMap<string, Facts>): number {
  const target = facts.get(key.to);
  const popularity = 1 / (1 + (target?.incoming ?? 0));
  return (
    (target?.person?.staff ? 100 : 0) +
    (target?.distance ?? 0) * 6 +
    (key.guessed ? 4 : 0) +
    popularity +
    (key.nullable ? 0.5 : 0)
  );
}

function ownerThrough(key: DraftKey, facts: ReadonlyMap<string, Facts>, owners: readonly DraftOwner[]): DraftOwner {
  const stem = wordsOf(key.columns[0] ?? '').filter((word) => word !== 'id');
  const parent = rootOf(key.to, facts);
  const ids = new Set(owners.map((owner) => owner.id));
  const taken = ids.has(parent.id);
  const reach: Reach = {
    through: key.to,
    on: key.columns.map((column, i) => ({ column, to: key.toColumns[i] ?? '' })),
  };
  return {
    id: taken ? unused(idOf(stem), ids) : parent.id,
    title: taken ? { lv: TO_DECIDE, en: sentence(stem) } : parent.title,
    reach: [{ reach, ...(key.guessed && { remark: 'no foreign key says so, only the name' }) }],
  };
}

/** The first owner of a table as its own keys give it: the person at the end of the nearest way. */
function rootOf(name: string, facts: ReadonlyMap<string, Facts>): { id: string; title: Text } {
  const fact = facts.get(name);
  if (fact?.person !== undefined) return fact.person;
  const next = fact === undefined ? undefined : nearest(fact, facts);
  return next === undefined ? HOLDER : rootOf(next.to, facts);
}

function nearest(fact: Facts, facts: ReadonlyMap<string, Facts>): DraftKey | undefined {
  return personalKeys(fact, facts)
    .filter((key) => (facts.get(key.to)?.distance ?? 0) < (fact.distance ?? 0))
    .sort((a, b) => rank(a, facts) - rank(b, facts))[0];
}

const HOLDER = { id: 'holder', title: { lv: 'Adreses lietotājs', en: 'Holder of the address' } };

/**
 * E-mails of a table that is not the person's own row. Beside a key that may be empty they are a guest's; beside one
 * that is always there, somebody else's; alone, they are the way to the person.
 */
function addIdentifiers(
  fact: Facts,
  primary: DraftKey | undefined,
  owners: DraftOwner[],
  ownerOf: Map<string, string>,
): void {
  if (fact.person !== undefined) return;
  const emails = fact.columns.filter(({ kind }) => kind === 'email');
  const linking = emails.length > 0 ? emails : fact.columns.filter(({ kind }) => kind === 'personas-kods');
  const [first] = owners;
  for (const { column, kind, group } of linking) {
    const identifier = { identifier: [{ column: column.name, is: kind }] };
    const alone = first === undefined && owners.length === 0;
    if (alone) {
      owners.push({ ...HOLDER, reach: [{ reach: identifier }] });
    } else if (first !== undefined && primary?.nullable === true && column === linking[0]?.column) {
      const when = primary.columns.slice(0, 1).map((name) => ({ column: name, isNull: true }));
      owners[0] = {
        ...first,
        reach: [...first.reach, { reach: { ...identifier, when }, remark: 'guests: rows without the key above' }],
      };
    } else {
      const words = group === '' ? ownName(fact) : group.split(' ');
      const id = unused(idOf(words), new Set(['shared', 'other', ...owners.map((owner) => owner.id)]));
      owners.push({ id, title: { lv: TO_DECIDE, en: sentence(words) }, reach: [{ reach: identifier }] });
      for (const item of fact.columns)
        if (item.group === group && NAMES_A_PERSON.includes(item.kind)) ownerOf.set(item.column.name, id);
    }
  }
}

function pairOwner(fact: Facts, facts: ReadonlyMap<string, Facts>): DraftOwner {
  const pair = pairOf(fact);
  const person =
    [...facts.values()]
      .filter((other) => isPerson(other) && other.table.key.length === 1)
      .sort((a, b) => b.incoming - a.incoming)[0] ?? fact;
  const reach: Reach = {
    through: person.table.name,
    on: [{ column: pair?.id ?? TO_DECIDE, to: person.table.key[0] ?? TO_DECIDE }],
    when: [{ column: pair?.type ?? TO_DECIDE, in: [TO_DECIDE] }],
  };
  return {
    id: 'subject',
    title: { lv: TO_DECIDE, en: 'Whom it is about' },
    reach: [{ reach, remark: 'the pair points to rows of several tables: one reach for each that is a person’s' }],
  };
}
