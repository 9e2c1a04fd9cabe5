import { createHash } from 'node:crypto';
import { quoteIdentifier, type Session } from '../../database/session.js';
import type { Catalog } from '../../datamap/catalog.js';
import type { DataMapModel } from '../../datamap/model.js';
import { fromTable } from '../../datamap/sql.js';
import { errno } from '../../foundation/errors.js';
import type { ColumnStep } from './change.js';
import { cannotStay, type EraseProblem, type Erasure, refuse, type TableErase } from './compile.js';
import { renderToken, type TokenFormat } from './token.js';

const PROBE = 'pg_temp.gdpr_probe';

/**
 * Tries out on the live database what the map puts into columns: types, lengths, domains, enums and the checks that
 * are about one column alone. Of the formats that a pseudonym may take, the first that is accepted is chosen. Leaves
 * nothing behind; runs in the caller's transaction.
 * @returns the erasure with one format a pseudonym
 * @throws GdprError DRIFT that names every column which does not take its value
 */
export async function chooseValues(
  session: Session,
  erasure: Erasure,
  model: DataMapModel,
  catalog: Catalog,
): Promise<Erasure> {
  const problems: EraseProblem[] = [];
  const chosen = new Map<TableErase, TableErase>();
  for (const table of erasure.tables) {
    const tried = table.columns.filter((step) => isTried(step, table));
    if (tried.length === 0) {
      chosen.set(table, table);
      continue;
    }
    await session.run('SAVEPOINT gdpr_probe');
    await session.run(createProbe(table, tried, catalog).join(';\n'));
    const allFit =
      tried.every(({ change }) => change.kind !== 'token' || change.formats.length > 0) &&
      (await refusalOf(session, tried, tried.map(firstValueOf))) === undefined;
    const columns: ColumnStep[] = [];
    for (const step of table.columns) {
      const { step: settled, problem: refused } = !tried.includes(step)
        ? { step }
        : allFit
          ? { step: withFirst(step) }
          : await settle(session, step);
      columns.push(settled);
      const problem = refused ?? cannotStay(settled, table, model);
      if (problem !== undefined) problems.push({ table: table.table.name, column: step.column.name, message: problem });
    }
    await session.run('ROLLBACK TO SAVEPOINT gdpr_probe; RELEASE SAVEPOINT gdpr_probe');
    chosen.set(table, { ...table, columns });
  }
  refuse(problems);
  const of = (table: TableErase) => chosen.get(table) ?? table;
  return {
    tables: erasure.tables.map(of),
    dependencies: erasure.dependencies.map((each) => ({ ...each, child: of(each.child), parent: of(each.parent) })),
    order: erasure.order.map((group) => group.map(of)),
  };
}

/** Values that are put in, and NULL where a check could refuse it. */
function isTried({ change, column }: ColumnStep, { live }: TableErase): boolean {
  if (change.kind === 'token' || change.kind === 'text') return true;
  return (
    change.kind === 'clear' && live.checks.some(({ columns }) => columns.length === 1 && columns[0] === column.name)
  );
}

/** Makes a table of these columns with their types and the checks that are about one of them alone. */
function createProbe({ table, live }: TableErase, tried: readonly ColumnStep[], catalog: Catalog): string[] {
  const names = tried.map(({ column }) => column.name);
  const checks = live.checks.filter(
    ({ columns: [only, ...others] }) => only !== undefined && others.length === 0 && names.includes(only),
  );
  return [
    `CREATE TEMPORARY TABLE gdpr_probe AS SELECT ${names.map(quoteIdentifier).join(', ')} FROM ${fromTable(table, catalog)} WITH NO DATA`,
    ...checks.map(({ definition }) => `ALTER TABLE ${PROBE} ADD ${definition}`),
  ];
}

/** What is tried first: the text, NULL, or a pseudonym of the format that is liked best. */
function firstValueOf({ change }: ColumnStep): string | null {
  if (change.kind === 'text') return change.text;
  const [format] = change.kind === 'token' ? change.formats : [];
  return format === undefined ? null : sampleOf(format);
}

function withFirst(step: ColumnStep): ColumnStep {
  const { change } = step;
  return change.kind === 'token' ? { ...step, change: { kind: 'token', formats: change.formats.slice(0, 1) } } : step;
}

async function settle(session: Session, step: ColumnStep): Promise<{ step: ColumnStep; problem?: string }> {
  const { change } = step;
  if (change.kind === 'token') {
    let refusal = '';
    for (const format of change.formats) {
      const found = await refusalOf(session, [step], [sampleOf(format)]);
      if (found === undefined) return { step: { ...step, change: { kind: 'token', formats: [format] } } };
      refusal ||= found;
    }
    if (step.withRow) return { step: { ...step, change: { kind: 'impossible' } } };
    return { step, problem: `no pseudonym fits: ${refusal}` };
  }
  const refusal = await refusalOf(session, [step], [firstValueOf(step)]);
  if (refusal === undefined) return { step };
  if (step.withRow) return { step: { ...step, change: { kind: 'impossible' } } };
  return { step, problem: `${change.kind === 'text' ? 'the text' : 'NULL'} does not fit: ${refusal}` };
}

/** Any token of a format is as good as another: they differ in their letters or digits alone. */
function sampleOf(format: TokenFormat): string {
  return renderToken(format, createHash('sha256').update('sample').digest());
}

/** SQLSTATEs of values that do not fit (PostgreSQL manual, appendix A), in words. */
const REFUSALS: Readonly<Record<string, string>> = {
  '22001': 'it is too long',
  '22003': 'the number is too large',
  '22007': 'it is no date',
  '22008': 'it is no date',
  '22P02': 'it is not of the type',
  '23502': 'it may not be NULL',
  '23514': 'a check or domain does not take it',
};

/** Why the columns do not take the values; undefined when they do. */
async function refusalOf(
  session: Session,
  steps: readonly ColumnStep[],
  values: readonly (string | null)[],
): Promise<string | undefined> {
  const names = steps.map(({ column }) => quoteIdentifier(column.name));
  await session.run('SAVEPOINT gdpr_value');
  try {
    // Without a cast in the statement: an explicit one would cut a text to length without a word.
    await session.run(
      `INSERT INTO ${PROBE} (${names.join(', ')}) VALUES (${names.map((_, i) => `$${i + 1}`).join(', ')})`,
      values,
    );
    await session.run('RELEASE SAVEPOINT gdpr_value');
    return undefined;
  } catch (error) {
    const refusal = REFUSALS[errno(error) ?? ''];
    if (refusal === undefined) throw error;
    await session.run('ROLLBACK TO SAVEPOINT gdpr_value');
    return `${refusal} (${steps.map(({ live }) => live.type).join(', ')})`;
  }
}
