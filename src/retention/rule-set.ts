import { timeText } from '../audit/append.js';
import type { Session } from '../database/session.js';
import type { DataMapModel } from '../datamap/model.js';
import { canonicalJson, digestOf, type Json } from '../foundation/canonical-json.js';
import { GdprError } from '../foundation/errors.js';
import type { ApprovalMode } from '../operation/approval.js';

/** One retention rule as it is agreed on. */
export interface RuleEntry {
  readonly rule: string;
  readonly title: { readonly lv: string; readonly en: string };
  /** ISO 8601. */
  readonly period: string;
  readonly from: 'event' | 'financial-year-end';
  readonly law: string;
  /** Who decided on the period; null while nobody has. */
  readonly confirmedBy: string | null;
}

/** What is agreed on: everything in the map that decides what a run takes, and when. */
export interface RuleSet {
  readonly digest: string;
  readonly rules: readonly RuleEntry[];
  /** The same as stored: canonical JSON (RFC 8785), whose SHA-256 is the digest. */
  readonly canonical: string;
}

/** The rules of the map, with the tables that they are about and the words by which rows and columns go. Pure. */
export function ruleSetOf(model: DataMapModel): RuleSet {
  const { map } = model;
  const tables = model.tables.filter(({ entry }) => (entry.retention ?? []).length > 0);
  const used = new Set(tables.flatMap(({ entry }) => (entry.retention ?? []).map(({ rule }) => rule)));
  const rules = Object.entries(map.retention)
    .filter(([id]) => used.has(id))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([rule, { title, period, from, law, confirmedBy }]): RuleEntry => ({
        rule,
        title: { lv: title.lv, en: title.en },
        period,
        from,
        law,
        confirmedBy: confirmedBy ?? null,
      }),
    );
  const content = {
    version: 1,
    timeZone: map.timeZone,
    country: map.country,
    financialYearEnd: map.financialYearEnd,
    rules,
    identifiers: Object.fromEntries(
      Object.entries(map.identifiers).map(([id, { kind, links }]) => [id, { kind, links }]),
    ),
    persons: Object.fromEntries(Object.entries(map.persons).map(([id, { table }]) => [id, table])),
    // Those without rules too: whose a row is, and so when it is due, is told by them as well.
    tables: model.tables.map(({ name, entry }) => ({
      table: name,
      row: entry.erase,
      owners: Object.entries(entry.owners).map(([id, { reach, erase }]) => ({ id, reach, erase })),
      rules: entry.retention ?? [],
      columns: Object.entries(entry.columns).map(([column, { erase, owner, identifier, part, json }]) => ({
        column,
        erase,
        owner,
        identifier,
        part,
        json: json?.map((node) => ({
          path: node.path,
          erase: node.erase,
          owner: node.owner,
          identifier: node.identifier,
        })),
      })),
    })),
    grounds: Object.fromEntries(Object.entries(map.keptGrounds ?? {}).map(([id, { rows }]) => [id, rows])),
  };
  const plain = JSON.parse(JSON.stringify(content)) as Json;
  return { digest: digestOf(plain), rules, canonical: canonicalJson(plain) };
}

/** A rule set as the database holds it. */
export interface StoredRuleSet {
  readonly digest: string;
  readonly preparedBy: string;
  readonly preparedRole: string;
  /** ISO 8601 in UTC with microseconds. */
  readonly preparedAt: string;
  /** Null while nobody else has agreed. */
  readonly approval: {
    readonly approvedBy: string;
    readonly approvedRole: string;
    readonly approvedAt: string;
    readonly mode: ApprovalMode;
  } | null;
}

/** The stored rule set of a digest; undefined when nobody has prepared it. @throws GdprError VERIFICATION_FAILED */
export async function readRuleSet(session: Session, digest: string): Promise<StoredRuleSet | undefined> {
  const [row] = await session.query<
    Record<'rules' | 'preparedBy' | 'preparedRole' | 'preparedAt', string> & {
      approvedBy: string | null;
      approvedRole: string | null;
      approvedAt: string | null;
      mode: ApprovalMode | null;
    }
  >(
    `SELECT rules, prepared_by AS "preparedBy", prepared_role AS "preparedRole", ${timeText('prepared_at')} AS "preparedAt",
       approved_by AS "approvedBy", approved_role AS "approvedRole", ${timeText('approved_at')} AS "approvedAt", mode
     FROM gdpr.retention_rule_set WHERE digest = $1`,
    [digest],
  );
  if (row === undefined) return undefined;
  if (digestOf(JSON.parse(row.rules) as Json) !== digest) {
    throw new GdprError('VERIFICATION_FAILED', 'the stored rule set is not the one of its digest: it was changed', {
      hint: 'find out who could write to gdpr.retention_rule_set',
    });
  }
  const { preparedBy, preparedRole, preparedAt, approvedBy, approvedRole, approvedAt, mode } = row;
  const approval =
    approvedBy === null || approvedRole === null || approvedAt === null || mode === null
      ? null
      : { approvedBy, approvedRole, approvedAt, mode };
  return { digest, preparedBy, preparedRole, preparedAt, approval };
}

/**
 * The approved rule set of the map.
 * @throws GdprError REFUSED while two people have not agreed on these very rules
 */
export async function assertApproved(session: Session, { digest }: Pick<RuleSet, 'digest'>): Promise<StoredRuleSet> {
  const stored = await readRuleSet(session, digest);
  if (stored?.approval) return stored;
  throw new GdprError(
    'REFUSED',
    stored === undefined
      ? 'nobody has prepared these retention rules to be agreed on: they are new, or have changed'
      : `a second person has not agreed to these retention rules yet (prepared by ${stored.preparedBy})`,
    {
      hint:
        stored === undefined
          ? 'look at them and prepare them: gdpr retention approve; then a second person runs the same'
          : 'have a second person look at them: gdpr retention approve',
      details: { digest, approval: stored === undefined ? 'none' : 'one' },
    },
  );
}
