import type { ArchiveWriter } from '../archive/write.js';
import type { DataMapModel } from '../datamap/model.js';
import { type RetentionModel, retentionPage } from '../documents/retention-page.js';
import { GdprError } from '../foundation/errors.js';
import { groupBy } from '../foundation/group.js';
import { archiveOutcome } from '../operation/archived.js';
import { type Outcome, runOperation } from '../operation/operation.js';
import type { Context } from '../workspace/open.js';
import { RUN_LOCK, type RunFigure, type RunRecord, readRun } from './record.js';
import type { RuleEntry } from './rule-set.js';

export interface ReportResult {
  readonly operation: string;
  readonly archive: string;
  readonly sha256: string;
  /** The run that it is about. */
  readonly run: string;
  readonly asOf: string;
  readonly stopped: RunRecord['stopped'];
  /** Sums over all tables and months, by rule. */
  readonly rules: readonly ({ readonly rule: string } & RuleSums)[];
  readonly audit: { readonly sequence: number };
}

export type RuleSums = Pick<RunFigure, 'eligible' | 'held' | 'excepted' | 'deleted' | 'changed'>;

/**
 * Writes a signed archive that tells of a run of retention: rules, law, who agreed, counts by table and month, and a
 * page with charts. The same run gives the same files.
 * @param run the operation's id; the last run if left out
 * @throws GdprError NOT_FOUND, LOCKED while it may still go on, and as `archiveOutcome`
 */
export async function retentionReport(context: Context, run: string | undefined): Promise<ReportResult> {
  const record = await context.database.transaction('repeatable read', (session) => readRun(session, run ?? 'last'));
  if (record.endedAt === null) await assertNoneGoesOn(context);
  return runOperation(
    context,
    { action: 'retention report', subjects: [] },
    async (operation) => {
      const { sequence, ...archived } = await archiveOutcome(
        context,
        operation,
        reportName(operation.id),
        async (archive) => ({ written: undefined, outcome: await addReport(archive, context.model, record) }),
      );
      return {
        operation: operation.id,
        archive: archived.path,
        sha256: archived.sha256,
        run: record.operation,
        asOf: record.asOf,
        stopped: record.stopped,
        rules: sumsByRule(record),
        audit: { sequence },
      };
    },
    reportName,
  );
}

/** A run without an end was killed, or has not come to it yet. */
async function assertNoneGoesOn({ database }: Context): Promise<void> {
  const release = await database.lock(RUN_LOCK);
  if (release === undefined) {
    throw new GdprError('LOCKED', 'a retention run goes on at the moment', { hint: 'wait until it has ended' });
  }
  await release();
}

function reportName(operation: string): string {
  return `retention-report-${operation}.asice`;
}

/**
 * Writes the files of a run's report into an archive: `report.json` and the page.
 * @returns counts and rule ids for the outcome of the operation that writes it
 */
export async function addReport(
  archive: Pick<ArchiveWriter, 'add'>,
  model: DataMapModel,
  record: RunRecord,
): Promise<Pick<Outcome, 'counts' | 'rules'>> {
  const rules = sumsByRule(record);
  const content = {
    format: 'privatums retention report',
    version: 1,
    controller: model.map.controller.name,
    timeZone: timeZoneOf(record, model),
    run: { operation: record.operation, continues: record.continues, operator: record.operator },
    asOf: record.asOf,
    startedAt: record.startedAt,
    endedAt: record.endedAt,
    stopped: record.stopped,
    ruleSet: { digest: record.ruleSet, ...record.approval, content: record.rules },
    confirmed: record.confirmed,
    finished: record.finished,
    locked: record.locked,
    rules,
    figures: record.figures,
  };
  await archive.add('report.json', 'application/json', `${JSON.stringify(content, undefined, 2)}\n`);
  await archive.add('index.html', 'text/html', retentionPage(pageModel(model, record)));
  const rows = rules.reduce((total, { deleted, changed }) => total + deleted + changed, 0);
  return { counts: { rows }, rules: rules.map(({ rule }) => rule) };
}

/** What a run came to, by rule. */
function sumsByRule({ figures }: Pick<RunRecord, 'figures'>): ({ rule: string } & RuleSums)[] {
  return [...groupBy(figures, ({ rule }) => rule)].map(([rule, group]) => {
    const of = (name: keyof RuleSums) => group.reduce((total, each) => total + each[name], 0);
    return {
      rule,
      eligible: of('eligible'),
      held: of('held'),
      excepted: of('excepted'),
      deleted: of('deleted'),
      changed: of('changed'),
    };
  });
}

/** The rules as they were agreed on; today's map may have others. */
function agreedRules({ rules }: RunRecord): readonly RuleEntry[] {
  return (rules as { readonly rules: readonly RuleEntry[] }).rules;
}

function timeZoneOf({ rules }: RunRecord, model: DataMapModel): string {
  return (rules as { readonly timeZone?: string }).timeZone ?? model.map.timeZone;
}

function pageModel(model: DataMapModel, record: RunRecord): RetentionModel {
  const titles = new Map(model.tables.map(({ name, entry }) => [name, entry.title]));
  return {
    controller: model.map.controller.name,
    operation: record.operation,
    continues: record.continues,
    timeZone: timeZoneOf(record, model),
    asOf: record.asOf,
    startedAt: record.startedAt,
    endedAt: record.endedAt,
    stopped: record.stopped,
    operator: record.operator,
    ruleSet: { digest: record.ruleSet, ...record.approval },
    confirmed: record.confirmed,
    finished: record.finished,
    locked: record.locked,
    rules: agreedRules(record).map(({ rule, ...entry }) => ({
      id: rule,
      ...entry,
      tables: [
        ...groupBy(
          record.figures.filter((figure) => figure.rule === rule),
          ({ table }) => table,
        ),
      ].map(([table, months]) => ({ table, title: titles.get(table) ?? { lv: table, en: table }, months })),
    })),
  };
}
