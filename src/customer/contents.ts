import type { DataMapModel } from '../datamap/model.js';
import type { PageDisclosure, PageModel, PageRetention, PageWithheld } from '../documents/page-model.js';
import { now } from '../foundation/clock.js';
import { groupBy } from '../foundation/group.js';
import type { KeptPart } from './erase/kept-person.js';
import { informationOf } from './information.js';
import type { ExportKind } from './kind.js';
import type { ExportRequest } from './request.js';
import type { ReviewSummary } from './review/judge.js';
import type { TableResult, Withheld } from './table-writer.js';

/** What is known of an export once its rows are written. */
export interface ExportFacts {
  readonly kind: ExportKind;
  /** Files beside the tables'. */
  readonly files: PageModel['files'];
  readonly request: ExportRequest;
  readonly operation: string;
  /** ISO 8601 in UTC with microseconds. */
  readonly snapshot: string;
  readonly results: readonly TableResult[];
  readonly withheld: readonly Withheld[];
  readonly review?: ReviewSummary | undefined;
  readonly kept: readonly KeptPart[];
}

/** `manifest.json`: what the archive holds, for a program to read. */
export function manifestOf(model: DataMapModel, facts: ExportFacts & { planDigest: string }): string {
  const manifest = {
    format: 'privatums export',
    version: 1,
    operation: facts.operation,
    action: 'customer export',
    ground: facts.kind.ground,
    subject: facts.request.subject,
    ...(facts.request.number !== undefined && { request: facts.request.number }),
    verified: facts.request.verified,
    snapshot: facts.snapshot,
    controller: model.map.controller.name,
    mapDigest: model.digest,
    planDigest: facts.planDigest,
    tables: facts.results.map(({ table, rows, files }) => ({
      table: table.name,
      rows,
      ...(rows > 0 && { files: [files.json, files.csv] }),
    })),
    ...(facts.files.length > 0 && { files: facts.files.map(({ name }) => name) }),
    withheld: facts.withheld,
    ...(facts.review && { review: facts.review }),
    ...(facts.kept.length > 0 && { kept: facts.kept }),
  };
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

/** Everything on the page but the rows themselves. */
export function pageOf(
  model: DataMapModel,
  facts: ExportFacts & {
    retention: readonly PageRetention[];
    disclosed: readonly PageDisclosure[];
    erased: boolean;
  },
): PageModel {
  const { map } = model;
  return {
    operation: facts.operation,
    createdAt: now().toISOString(),
    snapshotAt: facts.snapshot,
    timeZone: map.timeZone,
    language: facts.request.language,
    ...(facts.kind.ground === 'Art. 20' && { portable: true }),
    ...(facts.erased && { erased: true }),
    controller: defined(map.controller),
    supervisor: map.supervisor,
    verifiedHow: facts.request.verified,
    ...informationOf(model, facts.results),
    ...(facts.disclosed.length > 0 && { disclosed: facts.disclosed }),
    retention: facts.retention,
    automatedDecisions: map.automatedDecisions,
    transfers: map.transfers,
    withheld: pageWithheld(model, facts.withheld),
    tables: facts.results.map(({ table, rows, files }) => ({
      name: table.name,
      title: table.entry.title,
      rows,
      files,
      ...(table.entry.keptBecause && { keptBecause: table.entry.keptBecause }),
    })),
    files: [
      ...facts.files,
      {
        name: 'manifest.json',
        title: { lv: 'Arhīva satura saraksts (programmām)', en: 'List of contents (for programs)' },
      },
    ],
  };
}

const SHARED = { lv: 'Kopīgi lietots identifikators', en: 'An identifier that several people use' };

function pageWithheld(model: DataMapModel, withheld: readonly Withheld[]): PageWithheld[] {
  return [...groupBy(withheld, ({ table }) => table)].map(([name, items]) => {
    const table = name === '' ? undefined : model.table(name);
    return {
      table: name,
      tableTitle: table?.entry.title ?? SHARED,
      columns: items.map(({ column, reason, rows, because }) => {
        const [first = '', ...path] = column.split('.');
        const entry = table?.entry.columns[column] ?? table?.entry.columns[first];
        const node = entry?.json?.find((candidate) => candidate.path.join('.') === path.join('.'));
        const text = because ?? node?.secret ?? (path.length === 0 ? entry?.secret : undefined);
        return {
          title: node?.title ?? entry?.title ?? model.map.identifiers[column]?.title ?? { lv: column, en: column },
          reason,
          rows,
          ...(text && { text }),
        };
      }),
    };
  });
}

/** The object without its undefined members. */
function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as never;
}
