import type { Catalog } from '../datamap/catalog.js';
import type { DataMapModel, PersonalTableModel } from '../datamap/model.js';
import { canonicalName } from '../datamap/names.js';
import type { Condition } from '../datamap/schema.js';

type Add = (table: string, columns: readonly string[]) => void;

/** Tells `add` every column that a send list, a segment or figures read by the map's part on marketing. */
export function addMarketingColumns(model: DataMapModel, catalog: Catalog, add: Add): void {
  const { marketing } = model.map;
  if (marketing === undefined) return;
  const keys = (table: string) => add(table, catalog.get(table)?.key ?? []);
  const conditions = (table: string, ...lists: readonly (readonly Condition[] | undefined)[]) =>
    add(
      table,
      lists.flatMap((list) => list?.map(({ column }) => column) ?? []),
    );
  const given = (...names: readonly (string | undefined)[]) => names.filter((name) => name !== undefined);
  for (const source of Object.values(marketing.sources)) {
    const table = canonicalName(source.table);
    keys(table);
    const { email, phone, name, givenName, familyName, language, birthDate, place } = source;
    add(table, given(email, phone, name, givenName, familyName, language, birthDate));
    conditions(table, source.when, source.closed, source.legalPerson);
    for (const said of source.says ?? []) {
      add(table, given(said.at));
      conditions(table, said.yes, said.no);
    }
    if (place === undefined) continue;
    if (!('table' in place)) add(table, [place.column]);
    else {
      const addresses = model.table(canonicalName(place.table));
      add(addresses.name, [place.column]);
      keysUp(addresses, add);
    }
  }
  const { orders } = marketing;
  if (orders === undefined) return;
  const table = model.table(canonicalName(orders.table));
  keys(table.name);
  add(table.name, given(orders.placed, orders.total));
  conditions(table.name, orders.completed, orders.refused);
  keysUp(table, add);
  if (orders.lines === undefined) return;
  const lines = model.table(canonicalName(orders.lines.table));
  keysUp(lines, add);
  let from = lines.name;
  for (const step of orders.lines.path) {
    add(from, [step.column]);
    from = canonicalName(step.table);
    add(from, [step.key]);
  }
  add(from, given(orders.lines.category, orders.lines.parent));
}

/** The keys by which a table's rows lead to those above them. */
function keysUp({ name, owners }: PersonalTableModel, add: Add): void {
  for (const reach of owners.flatMap(({ reaches }) => reaches)) {
    if (reach.kind === 'self') continue;
    add(
      name,
      (reach.when ?? []).map(({ column }) => column),
    );
    if (reach.kind !== 'through') continue;
    add(
      name,
      reach.on.map(({ column }) => column),
    );
    add(
      reach.table,
      reach.on.map(({ to }) => to),
    );
  }
}
