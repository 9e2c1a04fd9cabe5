import { disclosureProblems } from './disclosure-problems.js';
import { manifestProblems } from './manifest-problems.js';
import { marketingProblems } from './marketing-problems.js';
import type { DataMapModel, PersonalTableModel, Problem, ResolvedReach } from './model.js';
import { canonicalName } from './names.js';
import { pathsUp } from './paths.js';
import type { ClockSource, ColumnEntry, DataMap, KeepUntil, KeptGround } from './schema.js';
import { schemaOrgProblems } from './schema-org-model.js';
import { segmentProblems } from './segment-problems.js';

type Path = (string | number)[];
type Report = (path: Path, message: string) => void;
type Tables = ReadonlyMap<string, PersonalTableModel>;

/** Owners that every column may name beside those of its table; no table may define them. */
const RESERVED_OWNERS = ['shared', 'other'];

/** Checks every reference inside the map: ids of its head, columns, owners, reaches and clocks. */
export function referenceProblems(model: DataMapModel): Problem[] {
  const problems: Problem[] = [];
  const report: Report = (path, message) => {
    problems.push({ path, message });
  };
  const tables = new Map(model.tables.map((table) => [table.name, table]));
  checkHead(model.map, tables, report);
  for (const table of model.tables) {
    const here: Report = (path, message) => report(['tables', table.written, ...path], message);
    checkColumns(table, model.map, here);
    checkOwners(table, model.map, tables, here);
    checkRetention(table, model.map, tables, here);
    table.entry.otherKeys?.forEach((key, i) => {
      needColumns(here, ['otherKeys', i, 'columns'], key.columns, table);
    });
  }
  const impersonal = new Map(model.impersonal.map((table) => [table.name, table.entry.columns]));
  return [
    ...problems,
    ...schemaOrgProblems(tables, impersonal),
    ...marketingProblems(model.map, tables),
    ...manifestProblems(model.map, tables, impersonal),
    ...disclosureProblems(model.map, tables),
    ...segmentProblems(model.map, tables, impersonal),
  ];
}

function checkHead(map: DataMap, tables: Tables, report: Report): void {
  for (const [id, recipient] of Object.entries(map.recipients)) {
    recipient.purposes.forEach((purpose, i) => {
      needId(report, ['recipients', id, 'purposes', i], 'purpose', purpose, map.purposes);
    });
    recipient.categories.forEach((category, i) => {
      needId(report, ['recipients', id, 'categories', i], 'category', category, map.categories);
    });
  }
  for (const [id, person] of Object.entries(map.persons)) {
    const table = tables.get(canonicalName(person.table));
    const own = (reach: ResolvedReach) => reach.kind === 'self' && reach.person === id;
    if (table === undefined) report(['persons', id, 'table'], `no personal table ${person.table} in the map`);
    else if (!table.owners.some((owner) => owner.reaches.some(own))) {
      report(['persons', id, 'table'], `no owner of ${person.table} has the reach {self: ${id}}`);
    }
  }
  for (const [id, ground] of Object.entries(map.keptGrounds ?? {})) {
    ground.rows.forEach((rows, i) => {
      checkGround(rows, tables, (path, message) => report(['keptGrounds', id, 'rows', i, ...path], message));
    });
  }
  if (Object.keys(map.persons).length === 0) report(['persons'], 'at least one kind of person is needed');
}

function checkGround({ table: name, when, covers }: KeptGround['rows'][number], tables: Tables, report: Report): void {
  const table = tables.get(canonicalName(name));
  if (table === undefined) {
    report(['table'], `no personal table ${name} in the map`);
    return;
  }
  when.forEach((condition, i) => {
    needColumn(report, ['when', i, 'column'], condition.column, table);
  });
  covers.forEach((cover, i) => {
    const covered = tables.get(canonicalName(cover.table));
    if (covered === undefined) {
      report(['covers', i, 'table'], `no personal table ${cover.table} in the map`);
      return;
    }
    needColumns(report, ['covers', i, 'columns'], cover.columns ?? [], covered);
    const connected =
      covered === table ||
      pathsUp(covered, table.name, tables).length > 0 ||
      pathsUp(table, covered.name, tables).length > 0;
    if (!connected) report(['covers', i, 'table'], `no reach leads between ${name} and ${cover.table}`);
  });
}

function checkColumns({ entry, owners }: PersonalTableModel, map: DataMap, report: Report): void {
  const known = [...owners.map((owner) => owner.id), ...RESERVED_OWNERS];
  const needOwner = (path: Path, owner: string | undefined) => {
    if (owner !== undefined && !known.includes(owner)) {
      report(path, `unknown owner "${owner}"; known: ${known.join(', ')}`);
    }
  };
  for (const [name, column] of Object.entries(entry.columns)) {
    const here = ['columns', name];
    needId(report, [...here, 'category'], 'category', column.category, map.categories);
    column.purposes.forEach((purpose, i) => {
      needId(report, [...here, 'purposes', i], 'purpose', purpose, map.purposes);
    });
    needOwner([...here, 'owner'], column.owner);
    needId(report, [...here, 'identifier'], 'identifier', column.identifier, map.identifiers);
    needId(report, [...here, 'erase', 'keep'], 'retention rule', keptUnder(column), map.retention);
    column.json?.forEach((node, i) => {
      const place = [...here, 'json', i];
      needId(report, [...place, 'category'], 'category', node.category, map.categories);
      needOwner([...place, 'owner'], node.owner);
      needId(report, [...place, 'identifier'], 'identifier', node.identifier, map.identifiers);
    });
  }
}

function keptUnder({ erase }: ColumnEntry): string | undefined {
  return typeof erase === 'object' && 'keep' in erase ? erase.keep : undefined;
}

function checkOwners(table: PersonalTableModel, map: DataMap, tables: Tables, report: Report): void {
  for (const owner of table.owners) {
    if (RESERVED_OWNERS.includes(owner.id)) {
      report(['owners', owner.id], `"${owner.id}" has a meaning of its own in columns; call this owner something else`);
    }
    owner.reaches.forEach((reach, i) => {
      checkReach(reach, table, map, tables, (path, message) =>
        report(['owners', owner.id, 'reach', i, ...path], message),
      );
    });
  }
}

function checkReach(reach: ResolvedReach, table: PersonalTableModel, map: DataMap, tables: Tables, report: Report) {
  if (reach.kind === 'self') {
    needId(report, ['self'], 'kind of person', reach.person, map.persons);
    const person = Object.hasOwn(map.persons, reach.person) ? map.persons[reach.person] : undefined;
    if (person !== undefined && canonicalName(person.table) !== table.name) {
      report(['self'], `the kind of person "${reach.person}" has its rows in ${person.table}`);
    }
    return;
  }
  reach.when?.forEach((condition, j) => {
    needColumn(report, ['when', j, 'column'], condition.column, table);
  });
  if (reach.kind === 'identifier') {
    reach.identifier.forEach((pair, j) => {
      needColumn(report, ['identifier', j, 'column'], pair.column, table);
      needId(report, ['identifier', j, 'is'], 'identifier', pair.is, map.identifiers);
    });
    if (!reach.identifier.some((pair) => map.identifiers[pair.is]?.links === true)) {
      report(['identifier'], 'one of the identifiers must link (links: true), or two people would be taken for one');
    }
    return;
  }
  const parent = tables.get(reach.table);
  if (parent === undefined) {
    report(['through'], `no personal table ${reach.table} in the map`);
    return;
  }
  const owners = parent.owners.map((other) => other.id);
  if (!owners.includes(reach.owner)) {
    report(['owner'], `${reach.table} has no owner "${reach.owner}"; it has ${owners.join(', ')}`);
  }
  reach.on.forEach((pair, j) => {
    needColumn(report, ['on', j, 'column'], pair.column, table);
    needColumn(report, ['on', j, 'to'], pair.to, parent);
  });
}

function checkRetention(table: PersonalTableModel, map: DataMap, tables: Tables, report: Report): void {
  const { entry } = table;
  entry.retention?.forEach((keep, i) => {
    const here = ['retention', i];
    needId(report, [...here, 'rule'], 'retention rule', keep.rule, map.retention);
    needColumns(report, [...here, 'columns'], keep.columns ?? [], table);
    for (const { source, path } of sourcesOf(keep)) checkClock(source, [...here, ...path], table, tables, report);
    keep.waits?.forEach(({ parent, when }, j) => {
      const at = [...here, 'waits', j];
      const other = parent === undefined ? table : tables.get(canonicalName(parent));
      if (other === undefined) report([...at, 'parent'], `no personal table ${parent} in the map`);
      else if (other !== table && pathsUp(table, other.name, tables).length === 0)
        report([...at, 'parent'], `no reach leads from ${table.name} to ${parent}`);
      else
        when.forEach(({ column }, k) => {
          needColumn(report, [...at, 'when', k, 'column'], column, other);
        });
    });
  });
  if (entry.retention === undefined && entry.keptBecause === undefined) {
    report([], 'a personal table needs a retention rule, or keptBecause with the reason');
  }
}

function sourcesOf({ clock }: KeepUntil): { source: ClockSource; path: Path }[] {
  if (!('latest' in clock)) return [{ source: clock, path: ['clock'] }];
  return clock.latest.map((source, i) => ({ source, path: ['clock', 'latest', i] }));
}

function checkClock(source: ClockSource, path: Path, table: PersonalTableModel, tables: Tables, report: Report): void {
  const needDates = (of: PersonalTableModel) => {
    needColumn(report, [...path, 'column'], source.column, of);
    source.when?.forEach(({ column }, i) => {
      needColumn(report, [...path, 'when', i, 'column'], column, of);
    });
  };
  if (!('parent' in source) && !('person' in source)) {
    needDates(table);
    return;
  }
  const [word, name] = 'parent' in source ? (['parent', source.parent] as const) : (['person', source.person] as const);
  const other = tables.get(canonicalName(name));
  if (other === undefined) {
    report([...path, word], `no personal table ${name} in the map`);
    return;
  }
  needDates(other);
  if (word === 'parent' && pathsUp(table, other.name, tables).length === 0) {
    report([...path, word], `no reach leads from ${table.name} to ${name}`);
  }
}

function needColumn(report: Report, path: Path, column: string, table: PersonalTableModel): void {
  if (!Object.hasOwn(table.entry.columns, column)) {
    report(path, `no column "${column}" is described in ${table.name}`);
  }
}

function needColumns(report: Report, path: Path, columns: readonly string[], table: PersonalTableModel): void {
  columns.forEach((column, i) => {
    needColumn(report, [...path, i], column, table);
  });
}

function needId(report: Report, path: Path, what: string, id: string | undefined, known: object): void {
  if (id !== undefined && !Object.hasOwn(known, id)) {
    report(path, `unknown ${what} "${id}"; known: ${Object.keys(known).join(', ') || 'none'}`);
  }
}
