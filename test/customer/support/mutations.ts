import type { DataMap, PersonalTable, Reach } from '../../../src/datamap/schema.js';

/** One wrong version of a map. */
export interface Mutation {
  readonly what: string;
  /** The one table that it changes. */
  readonly table: string;
  apply(map: DataMap): void;
}

const REASON = { lv: 'Nav personu datu', en: 'Nothing about people' };

function personal(map: DataMap, table: string): PersonalTable {
  const entry = map.tables[table];
  if (entry === undefined || 'impersonal' in entry) throw new Error(`${table} is not personal`);
  return entry;
}

/** Every small mistake of the kinds that lose a person's rows or give them somebody else's. */
export function mutationsOf(map: DataMap): Mutation[] {
  const tables = Object.entries(map.tables);
  return [
    ...tables.map(([table]) => ({
      what: `${table} is not in the map`,
      table,
      apply: (m: DataMap) => {
        delete m.tables[table];
      },
    })),
    ...tables.flatMap(([table, entry]): Mutation[] => {
      if (!('impersonal' in entry)) return personalMutations(map, table, entry);
      return entry.columns.map((column) => ({
        what: `${table}.${column} is not in the map`,
        table,
        apply: (m) => {
          const target = m.tables[table];
          if (target !== undefined && 'impersonal' in target)
            target.columns = target.columns.filter((c) => c !== column);
        },
      }));
    }),
  ];
}

function personalMutations(map: DataMap, table: string, entry: PersonalTable): Mutation[] {
  const columns = Object.entries(entry.columns);
  const mutations: Mutation[] = [
    {
      what: `${table} is said to be impersonal`,
      table,
      apply: (m) => {
        m.tables[table] = { impersonal: REASON, columns: Object.keys(entry.columns) };
      },
    },
  ];
  const add = (what: string, apply: (target: PersonalTable) => void) =>
    mutations.push({ what: `${table}${what}`, table, apply: (m) => apply(personal(m, table)) });

  for (const [name, column] of columns) {
    const inColumn = (apply: (target: PersonalTable['columns'][string]) => void) => (target: PersonalTable) => {
      const found = target.columns[name];
      if (found !== undefined) apply(found);
    };
    add(`.${name} is not in the map`, (target) => {
      delete target.columns[name];
    });
    if (column.owner !== 'shared' && (column.owner === 'other' || Object.keys(entry.owners).length > 1)) {
      add(
        `.${name} is shared`,
        inColumn((target) => Object.assign(target, { owner: 'shared' })),
      );
    }
    if (column.secret !== undefined)
      add(
        `.${name} is no secret`,
        inColumn((target) => delete target.secret),
      );
    if (column.freeText === true)
      add(
        `.${name} is no free text`,
        inColumn((target) => delete target.freeText),
      );
    if (column.namesSomeone === true)
      add(
        `.${name} names nobody`,
        inColumn((target) => delete target.namesSomeone),
      );
    if (column.json !== undefined)
      add(
        `.${name} is plain text`,
        inColumn((target) => delete target.json),
      );
    column.json?.forEach((node, at) => {
      const owner = node.owner ?? column.owner;
      const place = `.${name}.${node.path.join('.')}`;
      add(
        `${place} is not described`,
        inColumn((target) => target.json?.splice(at, 1)),
      );
      if (owner !== 'shared' && Object.keys(entry.owners).length > 1) {
        add(
          `${place} is shared`,
          inColumn((target) => Object.assign(target.json?.[at] ?? {}, { owner: 'shared' })),
        );
      }
    });
  }

  for (const [id, owner] of Object.entries(entry.owners)) {
    owner.reach.forEach((reach, at) => {
      const here = `: reach ${at + 1} of ${id}`;
      add(`${here} is not there`, (target) => target.owners[id]?.reach.splice(at, 1));
      for (const { what, broken } of brokenReaches(map, table, entry, reach)) {
        add(`${here} ${what}`, (target) => {
          const reaches = target.owners[id]?.reach;
          if (reaches !== undefined) reaches[at] = broken;
        });
      }
    });
  }
  entry.otherKeys?.forEach((key, at) => {
    add(`: the other key ${key.columns.join(', ')} is not explained`, (target) => target.otherKeys?.splice(at, 1));
  });
  return mutations;
}

/** A column that stands next to one, so that it is often of the same type. */
function neighbour(columns: readonly string[], column: string): string {
  return columns[(columns.indexOf(column) + 1) % columns.length] ?? column;
}

function brokenReaches(
  map: DataMap,
  table: string,
  entry: PersonalTable,
  reach: Reach,
): { what: string; broken: Reach }[] {
  if ('self' in reach) {
    return Object.keys(map.persons)
      .filter((id) => id !== reach.self)
      .map((id) => ({ what: `is self: ${id}`, broken: { self: id } }));
  }
  const broken: { what: string; broken: Reach }[] = [];
  const columns = Object.keys(entry.columns);
  reach.when?.forEach((condition, i) => {
    const when = reach.when?.filter((_, j) => j !== i);
    broken.push({ what: `lacks the condition on ${condition.column}`, broken: { ...reach, when } });
    const opposite =
      'in' in condition ? { ...condition, in: ['nothing'] } : { ...condition, isNull: !condition.isNull };
    const turned = reach.when?.map((other, j) => (i === j ? opposite : other));
    broken.push({ what: `turns the condition on ${condition.column} round`, broken: { ...reach, when: turned } });
  });
  if ('identifier' in reach) {
    reach.identifier.forEach((pair, i) => {
      const other = neighbour(columns, pair.column);
      const wrong = reach.identifier.map((known, j) => (i === j ? { ...known, column: other } : known));
      broken.push({ what: `reads ${other} for ${pair.column}`, broken: { ...reach, identifier: wrong } });
      const kods = reach.identifier.map((known, j) => (i === j ? { ...known, is: 'personas-kods' } : known));
      broken.push({ what: `takes ${pair.column} for a personal code`, broken: { ...reach, identifier: kods } });
      if (pair.path !== undefined) {
        const path = [...pair.path.slice(0, -1), 'nothing'];
        const elsewhere = reach.identifier.map((known, j) => (i === j ? { ...known, path } : known));
        broken.push({ what: `reads ${path.join('.')}`, broken: { ...reach, identifier: elsewhere } });
      }
    });
    return broken;
  }
  reach.on.forEach((pair, i) => {
    const other = neighbour(columns, pair.column);
    const wrong = reach.on.map((known, j) => (i === j ? { ...known, column: other } : known));
    broken.push({ what: `reads ${other} for ${pair.column}`, broken: { ...reach, on: wrong } });
    const to = neighbour(Object.keys(personal(map, reach.through).columns), pair.to);
    const aside = reach.on.map((known, j) => (i === j ? { ...known, to } : known));
    broken.push({ what: `leads to ${to} for ${pair.to}`, broken: { ...reach, on: aside } });
    if (pair.path !== undefined) {
      const path = [...pair.path.slice(0, -1), 'nothing'];
      const elsewhere = reach.on.map((known, j) => (i === j ? { ...known, path } : known));
      broken.push({ what: `reads ${path.join('.')}`, broken: { ...reach, on: elsewhere } });
    }
    if (reach.on.length > 1) {
      broken.push({ what: `lacks ${pair.column}`, broken: { ...reach, on: reach.on.filter((_, j) => j !== i) } });
    }
  });
  const { owner: given, ...rest } = reach;
  const owners = Object.keys(personal(map, reach.through).owners);
  const meant = given ?? owners[0];
  for (const owner of owners.filter((id) => id !== meant)) {
    broken.push({ what: `leads to the owner ${owner}`, broken: { ...rest, owner } });
  }
  const elsewhere = Object.entries(map.tables).find(
    ([other, candidate]) =>
      other !== table &&
      other !== reach.through &&
      'columns' in candidate &&
      !('impersonal' in candidate) &&
      reach.on.every((pair) => pair.to in candidate.columns),
  )?.[0];
  if (elsewhere !== undefined) broken.push({ what: `leads to ${elsewhere}`, broken: { ...rest, through: elsewhere } });
  return broken;
}
