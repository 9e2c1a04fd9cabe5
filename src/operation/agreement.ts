import { type AuditCheck, Findings, type Problem, plural } from '../audit/findings.js';
import type { Session } from '../database/session.js';
import { ARCHIVE_DIGEST } from './outcome-sql.js';

const ID = /^[0-9]{8}-[a-z2-7]{16}$/;

/** Without a pattern made of each row's id, which would be compiled for each row. */
const MISNAMED = `(right(o.archive, length(o.id) + 7) <> '-' || o.id || '.asice'
  OR left(o.archive, -length(o.id) - 7) !~ '^[a-z]+(-[a-z]+)*$')`;

/** Each outcome with its operation, each operation with its outcome, and of these pairs only those that differ. */
const DIFFERENCES = `
SELECT e.sequence, coalesce(o.id, e.operation), CASE
    WHEN o.id IS NULL THEN 'is in the log and not in gdpr.operation'
    WHEN ${MISNAMED} THEN 'names an archive as none is named'
    WHEN e.sequence IS NULL AND o.state = 'started' THEN 'is not in the log'
    WHEN e.sequence IS NULL THEN 'has ended without an outcome in the log'
    WHEN o.state <> e.result THEN 'has another state than the log says'
    WHEN e.expired THEN NULL
    WHEN o.archive_sha256 IS DISTINCT FROM e.digest THEN 'has another digest of its archive than the log says'
    WHEN o.subjects <> e.subjects THEN 'names other persons than the log does'
  END AS difference
FROM (SELECT sequence, operation, result, subjects, ${ARCHIVE_DIGEST} AS digest, entry = '' AS expired
      FROM gdpr.audit_entry e WHERE kind = 'outcome') e
FULL JOIN gdpr.operation o ON o.id = e.operation
WHERE o.id IS NULL
  OR ${MISNAMED}
  OR o.state IS DISTINCT FROM e.result AND (e.sequence IS NOT NULL OR o.state <> 'started'
       OR NOT EXISTS (SELECT FROM gdpr.audit_entry i WHERE i.operation = o.id AND i.kind = 'intent'))
  OR e.sequence IS NOT NULL AND NOT e.expired AND (o.archive_sha256 IS DISTINCT FROM e.digest OR o.subjects <> e.subjects)
ORDER BY e.sequence NULLS LAST, o.id`;

/**
 * Compares `gdpr.operation`, which nothing signs, with the outcomes in the log, which the tree vouches for. One pass,
 * in the caller's snapshot: an operation and its outcome are committed together.
 */
export async function checkOperations(session: Session): Promise<{ check: AuditCheck; problems: Problem[] }> {
  const findings = new Findings();
  for await (const [sequence, id, difference] of session.stream(DIFFERENCES)) {
    const which = ID.test(id ?? '') ? `operation ${id}` : 'an operation';
    findings.add('operations', sequence === null ? null : Number(sequence), `${which} ${difference}`);
  }
  const [row] = await session.query<{ count: string }>('SELECT count(*)::text AS count FROM gdpr.operation');
  const check = findings.check(
    'operations',
    'The operations agree with the log',
    plural(Number(row?.count), 'operation'),
  );
  return { check, problems: findings.problems() };
}
