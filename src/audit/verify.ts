import { Claims } from './claims.js';
import { type AuditEntry, EXPIRY_ACTION, readEntry } from './entry.js';
import { type AuditCheck, entriesFrom, Findings, type Problem, plural } from './findings.js';
import type { VerifierKey } from './note.js';
import { CompactTree, HASH_BYTES, leafHash } from './tree.js';

export type { AuditCheck, Problem } from './findings.js';

/** The plain columns beside an entry, by which lists are filtered. */
export interface ListedColumns {
  /** As in the entry: ISO 8601 in UTC with microseconds. */
  readonly time: string;
  readonly kind: string;
  readonly action: string;
  readonly operation: string;
  readonly result: string | null;
  readonly subjects: readonly string[];
}

/** A row of the log as it is stored. */
export interface StoredEntry {
  readonly sequence: number;
  /** The canonical text; empty once it has expired. */
  readonly entry: string;
  readonly leafHash: Uint8Array;
  /** Left out where the entries do not come from the database's table. */
  readonly listed?: ListedColumns | undefined;
}

export interface LogToVerify {
  /** In the order of the log; read once, after the checkpoints have been read to their end. */
  readonly entries: AsyncIterable<StoredEntry | readonly StoredEntry[]>;
  /** Notes stored in the database, in any order. */
  readonly checkpoints: AsyncIterable<string>;
  /**
   * Notes kept outside the database in the order of the journal, those about restored backups included; null when there
   * is knowingly nothing to compare with. Read them before the rest.
   */
  readonly journalCheckpoints: readonly string[] | null;
  /** While what is newer than a restored backup is being brought back, that this is not finished is no problem. */
  readonly replaying?: boolean;
  readonly verifierKey: VerifierKey;
}

export interface LogVerification {
  readonly valid: boolean;
  /** Number of entries. */
  readonly size: number;
  /** Root over the stored leaf hashes, hexadecimal. */
  readonly root: string;
  readonly checks: readonly AuditCheck[];
  readonly problems: readonly Problem[];
}

/**
 * Rebuilds the tree from the entries and compares it with every signed checkpoint (RFC 6962, C2SP tlog-checkpoint), in
 * one pass and in memory that does not grow with the number of entries. What is wrong is a result, not an error.
 *
 * Two links are checked: each entry against its stored leaf hash, which names a changed row, and the tree over the
 * stored leaf hashes against the checkpoints, which finds a row rewritten together with its leaf hash. Only both
 * together prove an entry.
 */
export async function verifyLog(log: LogToVerify): Promise<LogVerification> {
  const findings = new Findings();
  const claims = new Claims(log.verifierKey, findings);
  const replaying = { replaying: log.replaying === true };
  claims.addJournal(log.journalCheckpoints ?? [], replaying);
  for await (const note of log.checkpoints) claims.add('checkpoints', note);
  claims.sort();

  const rows = new Rows(claims, findings, log.journalCheckpoints !== null);
  for await (const item of log.entries) {
    if (Array.isArray(item)) for (const row of item as readonly StoredEntry[]) rows.take(row);
    else rows.take(item as StoredEntry);
  }
  claims.compare(rows.last, rows.tree);
  rows.reportExpired();

  claims.reportDisagreements('checkpoints');
  claims.reportTail(rows.last);
  if (log.journalCheckpoints !== null) {
    claims.reportDisagreements('journal');
    claims.reportRemoved();
    claims.reportSilence(rows.last, replaying);
    if (claims.countOf('journal') === 0 && claims.countOf('checkpoints') > 0) {
      findings.add('journal', null, 'the journal holds no checkpoint of this log, although the database does');
    }
  }
  const size = rows.tree.size;
  if (size > 0 && claims.countOf('checkpoints') + claims.countOf('journal') === 0) {
    findings.add('covered', null, 'no signed checkpoint covers the log, so nothing shows that it is whole');
  }
  return {
    valid: findings.total === 0,
    size,
    root: rows.tree.root().toString('hex'),
    checks: checksOf(findings, claims, rows, log.journalCheckpoints !== null),
    problems: findings.problems(),
  };
}

function checksOf(findings: Findings, claims: Claims, rows: Rows, withJournal: boolean): AuditCheck[] {
  const { size } = rows.tree;
  const entries = plural(size, 'entry');
  const covered = claims.covered ?? 0;
  const open = size > covered ? `, ${plural(size - covered, 'newer entry')} not yet` : '';
  const checks = [
    findings.check('sequence', 'Entries are numbered from 1 without gaps, none twice', entries),
    findings.check(
      'entries',
      'Every entry is well-formed and matches its leaf hash',
      rows.expired === 0 ? entries : `${entries}, of which ${plural(rows.expired, 'text')} expired`,
    ),
    findings.check('listing', 'The columns that lists are made of agree with the entries', entries),
    findings.check(
      'checkpoints',
      'Every checkpoint in the database is signed and agrees with the log',
      plural(claims.countOf('checkpoints'), 'checkpoint'),
    ),
    findings.check('tail', 'No entry is missing at the end', entries),
    findings.check('covered', 'Signed checkpoints cover the log', `${plural(covered, 'entry')} covered${open}`),
  ];
  if (withJournal) {
    checks.push(
      findings.check(
        'journal',
        'Every checkpoint kept outside the database is signed, agrees with the log and is still in the database',
        plural(claims.countOf('journal'), 'checkpoint'),
      ),
    );
    const { restored } = claims;
    if (restored !== undefined)
      checks.push(findings.check('restored', 'Journal and log tell the same of restored backups', restored));
  }
  return checks;
}

/** The pass over the rows: numbering, hashes, columns, and the tree that grows with them. */
class Rows {
  readonly tree = new CompactTree();
  /** The highest sequence so far. */
  last = 0;
  /** How many entries have lost their text. */
  expired = 0;
  #lastExpired = 0;
  #expiredThrough = 0;

  constructor(
    private readonly claims: Claims,
    private readonly findings: Findings,
    private readonly withJournal: boolean,
  ) {}

  take(row: StoredEntry): void {
    const { sequence } = row;
    if (sequence <= this.last) {
      this.findings.add('sequence', sequence, `entry ${sequence} comes twice or out of order`);
      return;
    }
    if (sequence !== this.last + 1) {
      const missing = entriesFrom(this.last + 1, sequence - 1);
      this.findings.add('sequence', this.last + 1, `${missing} ${sequence === this.last + 2 ? 'is' : 'are'} missing`);
    }
    if (this.claims.nextSize < sequence) this.claims.compare(sequence - 1, this.tree);
    this.last = sequence;
    if (row.entry === '' && row.leafHash.length === HASH_BYTES) {
      this.tree.append(row.leafHash);
      this.expired += 1;
      this.#lastExpired = sequence;
      return;
    }
    const computed = leafHash(row.entry);
    const matches = computed.equals(row.leafHash);
    this.tree.append(row.leafHash.length === HASH_BYTES ? row.leafHash : computed);
    if (!matches) {
      this.findings.add('entries', sequence, `entry ${sequence} was changed: it does not match its leaf hash`);
      return;
    }
    const entry = readEntry(row.entry);
    if (typeof entry === 'string') {
      this.findings.add('entries', sequence, `entry ${sequence} is not an entry: ${entry}`);
      return;
    }
    if (entry.sequence !== sequence) {
      this.findings.add('entries', sequence, `entry ${sequence} says of itself that it is entry ${entry.sequence}`);
      return;
    }
    if (this.withJournal) this.claims.takeEntry(entry);
    if (entry.action === EXPIRY_ACTION && entry.result === 'done')
      this.#expiredThrough = Math.max(this.#expiredThrough, entry.counts?.through ?? 0);
    if (row.listed !== undefined) {
      const column = differingColumn(entry, row.listed);
      if (column !== undefined)
        this.findings.add('listing', sequence, `the column ${column} of entry ${sequence} was changed`);
    }
  }

  /** Names the text that is gone although no entry tells of its expiry. */
  reportExpired(): void {
    if (this.#lastExpired <= this.#expiredThrough) return;
    const problem = `the text of entry ${this.#lastExpired} is gone, and no entry tells that it has expired`;
    this.findings.add('entries', this.#lastExpired, problem);
  }
}

function differingColumn(entry: AuditEntry, listed: ListedColumns): string | undefined {
  if (entry.time !== listed.time) return 'time';
  if (entry.kind !== listed.kind) return 'kind';
  if (entry.action !== listed.action) return 'action';
  if (entry.operation !== listed.operation) return 'operation';
  if ((entry.result ?? null) !== listed.result) return 'result';
  const isSame =
    entry.subjects.length === listed.subjects.length &&
    entry.subjects.every((each, at) => each === listed.subjects[at]);
  return isSame ? undefined : 'subjects';
}
