import type { Session } from '../database/session.js';
import { fromTable, keyOf } from '../datamap/sql.js';
import { guardOf, keyList, type Standing } from './guards.js';
import { type DueRows, dueByPeople } from './person-clock.js';
import { bytesOf, type Ruling, type SurveyWants, surveyOf } from './ruling.js';
import type { Unit } from './units.js';

/** Rows whose people are looked up together: where no index leads to an e-mail, each time reads whole tables. */
export const PEOPLE_AT_ONCE = 10_000;

/** Enters the rows that are due by clocks for which whole people have to be looked at, many at once, into the survey. */
export async function surveyPeople(
  session: Session,
  ruling: Ruling,
  standing: Standing,
  wants: SurveyWants,
): Promise<void> {
  let asked: { unit: Unit; keys: string[][] }[] = [];
  let count = 0;
  const ask = async () => {
    const due = await dueByPeople(session, asked, ruling);
    for (const [i, { unit, keys }] of asked.entries()) {
      await session.run(...enterPeople(unit, keys, due[i] ?? new Map(), ruling, standing, wants));
    }
    asked = [];
    count = 0;
  };
  for (const unit of ruling.units.filter(({ person }) => person)) {
    const keys = await keysOfPeople(session, unit, ruling);
    for (let at = 0; at < keys.length; ) {
      const some = keys.slice(at, at + PEOPLE_AT_ONCE - count);
      asked.push({ unit, keys: some });
      at += some.length;
      count += some.length;
      if (count === PEOPLE_AT_ONCE) await ask();
    }
  }
  await ask();
}

/** Rows whose people have to be looked at. */
async function keysOfPeople(session: Session, unit: Unit, { catalog }: Ruling): Promise<string[][]> {
  const { table } = unit.erase;
  const key = keyOf(table, catalog);
  const texts = key.map(({ expression }) => `${expression}::text`);
  const rows = await session.query<{ key: string }>(
    `SELECT array_to_json(ARRAY[${texts.join(', ')}])::text AS key FROM ${fromTable(table, catalog)} t WHERE ${unit.due} AND ${unit.remaining} ORDER BY ${key.map(({ expression }) => expression).join(', ')}`,
  );
  return rows.map((row) => JSON.parse(row.key) as string[]);
}

function enterPeople(
  unit: Unit,
  keys: readonly string[][],
  due: DueRows,
  { model, catalog, asOf }: Ruling,
  standing: Standing,
  wants: SurveyWants,
): [sql: string, values: unknown[]] {
  const { table } = unit.erase;
  const key = keyOf(table, catalog);
  const names = key.map((_, i) => `k${i + 1}`);
  const { held, excepted } = guardOf(unit, model, catalog, standing, asOf);
  const taken = [...due].map(([i, { rule, day }]) => ({ key: keys[i] ?? [], rule, day }));
  return [
    `INSERT INTO ${surveyOf(table)} (${names.join(', ')}, unit, rule, due, bytes, held, excepted)
     SELECT ${keyList(table, catalog)}, ${unit.index}, u.rule, u.day::date, ${bytesOf(wants)}, ${held}, NOT ${held} AND ${excepted}
     FROM unnest($1::text[], $2::text[], ${key.map((_, i) => `$${i + 3}::text[]`).join(', ')}) u (rule, day, ${names.join(', ')})
     JOIN ${fromTable(table, catalog)} t ON ${key.map((part, i) => `${part.expression} = u.${names[i]}::${part.type}`).join(' AND ')}`,
    [
      taken.map(({ rule }) => rule),
      taken.map(({ day }) => day),
      ...key.map((_, i) => taken.map((row) => row.key[i] ?? null)),
    ],
  ];
}
