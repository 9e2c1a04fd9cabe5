import type { Session } from '../../database/session.js';
import type { Catalog } from '../../datamap/catalog.js';
import { rowsOf } from '../../datamap/collect-plan.js';
import type { DataMapModel } from '../../datamap/model.js';
import { occurrencesOf, occurrenceText } from '../../datamap/occurrences.js';
import { fromTable, keyOf } from '../../datamap/sql.js';
import type { Candidate } from '../find.js';
import { ORDER_NUMBER, type PersonQuery, rowName } from '../resolve.js';
import type { Needles } from './needles.js';

/** What the operator gave, as needles. @throws GdprError INPUT_INVALID for an `--id` of no personal table */
export function givenNeedles(query: PersonQuery, model: DataMapModel, catalog: Catalog): Needles {
  const list = (value: string | undefined) => (value === undefined || value.trim() === '' ? [] : [value]);
  return {
    emails: list(query.email),
    phones: list(query.phone),
    kods: list(query.personasKods),
    names: list(query.name),
    codes: list(query.order),
    ids: list(query.id).map((id) => {
      const { table, key } = rowName(model, catalog, id);
      return { table: table.name, key };
    }),
  };
}

/** What a person's own rows call them, and the rows that are them. `collected` is their number in the collected rows. */
export async function rowNeedles(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  { person, traits }: Candidate,
  collected: number,
): Promise<Needles> {
  const values = (kind: 'email' | 'phone' | 'personas-kods' | 'name') => traits.get(kind) ?? [];
  return {
    emails: values('email'),
    phones: values('phone'),
    kods: values('personas-kods'),
    names: [...new Set([...values('name'), ...person.names])],
    codes: await codesOf(session, model, catalog, collected),
    ids: person.roots,
  };
}

/** Card numbers and the like. An order number is no datum of the person alone: the order may have to stay. */
async function codesOf(session: Session, model: DataMapModel, catalog: Catalog, person: number): Promise<string[]> {
  const codes = new Set<string>();
  for (const place of occurrencesOf(model)) {
    if (place.kind !== 'code' || place.identifier === ORDER_NUMBER) continue;
    const { table, owner } = place.node;
    const join = keyOf(table, catalog).map((part, i) => `${part.expression} = r.k${i + 1}`);
    const text = occurrenceText(place, catalog);
    const rows = session.stream(
      `SELECT DISTINCT ${text} FROM ${rowsOf(table)} r JOIN ${fromTable(table, catalog)} t ON ${join.join(' AND ')} WHERE r.person = $1 AND r.owner = $2 AND ${text} IS NOT NULL`,
      [person, owner.index],
    );
    for await (const [code] of rows) if (code !== null && code !== undefined) codes.add(code);
  }
  return [...codes];
}

export function mergeNeedles(a: Needles, b: Needles): Needles {
  const both = (x: readonly string[], y: readonly string[]) => [...new Set([...x, ...y])];
  return {
    emails: both(a.emails, b.emails),
    phones: both(a.phones, b.phones),
    kods: both(a.kods, b.kods),
    names: both(a.names, b.names),
    codes: both(a.codes, b.codes),
    ids: [...new Map([...a.ids, ...b.ids].map((row) => [JSON.stringify([row.table, row.key]), row])).values()],
  };
}
