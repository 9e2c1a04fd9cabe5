import { keyNames, sameRow } from '../customer/erase/sql.js';
import type { Session } from '../database/session.js';
import { fromTable, keyOf } from '../datamap/sql.js';
import { waitingForPeople } from './feeds.js';
import { guardOf, keyList, type Standing } from './guards.js';
import { bytesOf, lastRule, type Ruling, type SurveyWants, surveyOf } from './ruling.js';
import { PEOPLE_AT_ONCE, surveyPeople } from './survey-people.js';
import { exceptPointedTo, exceptRings, pointsWithin } from './survey-pointed.js';
import type { Unit } from './units.js';

/**
 * Looks once at every table with rules, in the caller's snapshot, and notes each row that is due and has something left
 * to take, with what keeps it; rows that others point to are kept by these, until nothing changes any more.
 */
export async function takeSurvey(
  session: Session,
  ruling: Ruling,
  standing: Standing,
  wants: SurveyWants = {},
): Promise<void> {
  const { units, catalog, erasure } = ruling;
  const tables = new Set(units.map(({ erase }) => erase.table));
  for (const table of tables) {
    const parts = keyOf(table, catalog).map((part, i) => `k${i + 1} ${part.type}`);
    await session.run(
      `CREATE TEMPORARY TABLE gdpr_survey_${table.index} (${parts.join(', ')}, unit integer, rule text, due date, bytes bigint, held boolean, excepted boolean, leaves boolean DEFAULT false) ON COMMIT DROP`,
    );
  }
  for (const unit of units) {
    if (!unit.person) await session.run(survey(unit, ruling, standing, wants));
  }
  await surveyPeople(session, ruling, standing, wants);
  for (const unit of units) await exceptWaiting(session, unit, ruling);
  for (const table of tables) await session.run(`ANALYZE ${surveyOf(table)}`);
  await exceptPointedTo(session, ruling, standing);
  let rings = 0;
  for (const group of erasure.order) {
    const mine = units.filter(({ does, erase }) => does === 'delete' && group.includes(erase));
    if (mine.some((unit) => pointsWithin(unit, ruling))) rings += await exceptRings(session, mine, ruling, standing);
  }
  if (rings > 0) await exceptPointedTo(session, ruling, standing);
}

function survey(unit: Unit, { model, catalog, asOf }: Ruling, standing: Standing, wants: SurveyWants): string {
  const { table } = unit.erase;
  const { held, excepted } = guardOf(unit, model, catalog, standing, asOf);
  return [
    `INSERT INTO ${surveyOf(table)} (${keyNames(table, catalog)}, unit, rule, due, bytes, held, excepted)`,
    `SELECT ${keyList(table, catalog)}, ${unit.index}, x.rule, x.due, ${bytesOf(wants)}, ${held}, NOT ${held} AND ${excepted}`,
    `FROM ${fromTable(table, catalog)} t CROSS JOIN ${lastRule(unit.rules)} WHERE ${unit.due} AND ${unit.remaining}`,
  ].join('\n');
}

/** Rows by which the clock of a person counts that has not run out stay, of those that are free. */
async function exceptWaiting(session: Session, unit: Unit, ruling: Ruling): Promise<void> {
  if (unit.feeds.length === 0) return;
  const { catalog } = ruling;
  const { table } = unit.erase;
  const key = keyOf(table, catalog);
  const names = key.map((_, i) => `k${i + 1}`);
  const rows = await session.query<{ key: string }>(
    `SELECT array_to_json(ARRAY[${names.map((name) => `s.${name}::text`).join(', ')}])::text AS key FROM ${surveyOf(table)} s JOIN ${fromTable(table, catalog)} t ON ${sameRow(table, catalog, 't', 's')}
     WHERE s.unit = ${unit.index} AND NOT s.held AND NOT s.excepted AND ${lateForAny(unit)} ORDER BY ${names.map((name) => `s.${name}`).join(', ')}`,
  );
  const keys = rows.map((row) => JSON.parse(row.key) as string[]);
  for (let at = 0; at < keys.length; at += PEOPLE_AT_ONCE) {
    const some = keys.slice(at, at + PEOPLE_AT_ONCE);
    const waiting = [...(await waitingForPeople(session, unit, some, ruling))].map((i) => some[i] ?? []);
    await session.run(
      `UPDATE ${surveyOf(table)} s SET excepted = true FROM unnest(${key.map((_, i) => `$${i + 1}::text[]`).join(', ')}) u (${names.join(', ')})
       WHERE s.unit = ${unit.index} AND ${key.map((part, i) => `s.${names[i]} = u.${names[i]}::${part.type}`).join(' AND ')}`,
      key.map((_, i) => waiting.map((row) => row[i] ?? null)),
    );
  }
}

/** Over alias `t`: that the row alone keeps a clock that counts it from having run out. */
export function lateForAny({ feeds }: Pick<Unit, 'feeds'>): string {
  return `(${feeds.map(({ late }) => late).join(' OR ')})`;
}
