import { quoteName, type Session } from '../../database/session.js';
import type { Catalog } from '../../datamap/catalog.js';
import { type Person, rowsOf } from '../../datamap/collect.js';
import { spellingOf } from '../../datamap/match.js';
import type { DataMapModel, OwnerModel, PersonalTableModel } from '../../datamap/model.js';
import { conditions, equal, fromTable, operand, textLiteral } from '../../datamap/sql.js';
import { searchKeys, sqlKey } from '../../identity/kinds.js';
import { sameRow } from './sql.js';

/** The search keys of the identifiers that the people of the set have. */
const KNOWN = quoteName('pg_temp', 'gdpr_known');

/** Makes the table of the set's own identifiers, by which a row's other owners are told from them. */
export async function createKnown(session: Session, model: DataMapModel, people: readonly Person[]): Promise<void> {
  await session.run(
    `CREATE TEMPORARY TABLE gdpr_known (identifier text, key text, PRIMARY KEY (identifier, key)) ON COMMIT DROP`,
  );
  const spelling = spellingOf(model);
  const keys = people.flatMap(({ identifiers }) =>
    identifiers.flatMap(({ identifier, value }) =>
      searchKeys(model.map.identifiers[identifier]?.kind ?? 'code', value, spelling).map((key) => ({
        identifier,
        key,
      })),
    ),
  );
  await session.run(
    `INSERT INTO ${KNOWN} SELECT u.identifier, u.key FROM unnest($1::text[], $2::text[]) u (identifier, key) ON CONFLICT DO NOTHING`,
    [keys.map(({ identifier }) => identifier), keys.map(({ key }) => key)],
  );
}

/**
 * The owners (bit mask) as whom somebody outside the set owns the row of alias `t`: every reach is followed up to
 * the person or the identifier at its end. Where rows point to each other in a ring, a row that was not collected
 * counts as somebody else's.
 */
export function othersMask(table: PersonalTableModel, model: DataMapModel, catalog: Catalog): string {
  return table.owners
    .map((owner) => {
      const somebody = leads(table, owner, 't', model, catalog, [`${table.name}#${owner.id}`]);
      return somebody === 'false' ? '0' : `CASE WHEN ${somebody} THEN ${1 << owner.index} ELSE 0 END`;
    })
    .join(' | ');
}

function leads(
  table: PersonalTableModel,
  owner: OwnerModel,
  alias: string,
  model: DataMapModel,
  catalog: Catalog,
  passed: readonly string[],
): string {
  const collected = isCollected(table, owner, alias, catalog);
  const ways = owner.reaches.map((reach): string => {
    if (reach.kind === 'self') return `NOT ${collected}`;
    const when = conditions(reach.when, alias);
    if (reach.kind === 'identifier') {
      const pair = reach.identifier.find(({ is }) => model.map.identifiers[is]?.links === true);
      if (pair === undefined) return 'false';
      const value = `${operand(table, catalog, alias, pair).sql}::text`;
      const key = sqlKey(model.map.identifiers[pair.is]?.kind ?? 'code', value);
      const ours = `${collected} AND EXISTS (SELECT FROM ${KNOWN} k WHERE k.identifier = ${textLiteral(pair.is)} AND k.key = ${key})`;
      return `(${[`btrim(${value}) <> ''`, ...when, `NOT (${ours})`].join(' AND ')})`;
    }
    const parent = model.table(reach.table);
    const parentOwner = parent.owners.find(({ id }) => id === reach.owner);
    if (parentOwner === undefined) return 'false';
    const up = `o${passed.length}`;
    const name = `${parent.name}#${parentOwner.id}`;
    const further = passed.includes(name)
      ? `NOT ${isCollected(parent, parentOwner, up, catalog)}`
      : leads(parent, parentOwner, up, model, catalog, [...passed, name]);
    if (further === 'false') return 'false';
    const on = reach.on.map((pair) =>
      equal(operand(table, catalog, alias, pair), operand(parent, catalog, up, { column: pair.to })),
    );
    return `EXISTS (SELECT FROM ${fromTable(parent, catalog)} ${up} WHERE ${[...on, ...when, further].join(' AND ')})`;
  });
  const open = ways.filter((way) => way !== 'false');
  return open.length === 0 ? 'false' : `(${open.join(' OR ')})`;
}

function isCollected(table: PersonalTableModel, owner: OwnerModel, alias: string, catalog: Catalog): string {
  return `EXISTS (SELECT FROM ${rowsOf(table)} c WHERE c.owner = ${owner.index} AND ${sameRow(table, catalog, alias, 'c')})`;
}

/**
 * Whether a row of the table can be somebody else's too: it has several owners, or one who is reached in ways that
 * do not shut each other out, here or in a table on the way.
 */
export function canBeShared(table: PersonalTableModel, model: DataMapModel): boolean {
  return table.owners.length > 1 || table.owners.some((owner) => isPlural(owner, model, new Set()));
}

function isPlural(owner: OwnerModel, model: DataMapModel, passed: Set<OwnerModel>): boolean {
  if (passed.has(owner)) return false;
  passed.add(owner);
  const { reaches } = owner;
  if (reaches.some((a, i) => reaches.slice(i + 1).some((b) => !exclusive(a, b) && !exclusive(b, a)))) return true;
  return reaches.some((reach) => {
    if (reach.kind !== 'through') return false;
    const parent = model.table(reach.table);
    const parentOwner = parent.owners.find(({ id }) => id === reach.owner);
    return parentOwner !== undefined && isPlural(parentOwner, model, passed);
  });
}

type AnyReach = OwnerModel['reaches'][number];

/** Whether one reach demands that a column is NULL which the other needs, or both demand different values of one. */
function exclusive(a: AnyReach, b: AnyReach): boolean {
  if (a.kind === 'self' || b.kind === 'self') return false;
  const needed = b.kind === 'through' ? b.on : b.identifier;
  return (a.when ?? []).some((condition) => {
    if ('isNull' in condition) {
      if (!condition.isNull) return false;
      return (
        needed.some((pair) => pair.column === condition.column && pair.path === undefined) ||
        (b.when ?? []).some((other) => other.column === condition.column && (!('isNull' in other) || !other.isNull))
      );
    }
    return (b.when ?? []).some(
      (other) =>
        other.column === condition.column && 'in' in other && !other.in.some((value) => condition.in.includes(value)),
    );
  });
}
