/** The database roles of an installation; people's logins are members of them. */
export const ROLES = ['owner', 'operator', 'approver', 'auditor', 'marketer'] as const;
export type Role = (typeof ROLES)[number];
/** The owner needs no grants. */
export type Granted = Exclude<Role, 'owner'>;

/** Privileges as GRANT takes them, by role. */
export type Grants = Readonly<Partial<Record<Granted, readonly string[]>>>;

const READ = ['SELECT'];
const EVERYBODY: Grants = { operator: READ, approver: READ, auditor: READ, marketer: READ };

/** For whoever runs operations, each of which is logged; the auditor only reads. */
const logging = (...privileges: string[]): Grants => ({
  operator: [...READ, ...privileges],
  approver: [...READ, ...privileges],
  marketer: [...READ, ...privileges],
  auditor: READ,
});

/**
 * What each role may do with the tables of schema `gdpr`. Nobody but the owner may update, delete or truncate the log,
 * the tombstones or the register's events. Columns that the database fills in (who, when) are left out of INSERT, so
 * that nobody can fill them in otherwise. Whoever selects people for marketing never learns of a hold.
 */
export const OWN_TABLES: Readonly<Record<string, Grants>> = {
  migration: EVERYBODY,
  migration_lock: {},
  installation: EVERYBODY,
  audit_entry: logging('INSERT'),
  audit_checkpoint: logging('INSERT (size, note, frontier)'),
  expiry: { auditor: READ },
  operation: logging(
    'INSERT (id, action, state, operator, subjects, request, plan_digest, archive, batch)',
    'UPDATE (state, ended_at, archive, archive_sha256, subjects, request)',
  ),
  plan: { operator: [...READ, 'INSERT (digest, action, plan, preparer)'], approver: READ },
  approval: {
    operator: [...READ, 'UPDATE (used_by)'],
    approver: [...READ, 'INSERT (digest, approver, operation)'],
  },
  subject: { operator: [...READ, 'INSERT (reference)'], marketer: READ },
  subject_alias: { operator: [...READ, 'INSERT', 'UPDATE (reference)'], marketer: READ },
  subject_superseded: { operator: [...READ, 'INSERT'], marketer: READ },
  request_number: { operator: [...READ, 'INSERT', 'UPDATE (last)'] },
  request: { operator: [...READ, 'INSERT', 'UPDATE'] },
  request_event: { operator: [...READ, 'INSERT'] },
  tombstone: {
    operator: [...READ, 'INSERT (subject, operation, ground, map_digest, language, request, verified)'],
    marketer: ['SELECT (subject, operation, erased_at, ground, map_digest, certificate)'],
  },
  tombstone_identifier: { operator: [...READ, 'INSERT'], marketer: READ },
  kept_row: { operator: [...READ, 'INSERT', 'UPDATE (columns)', 'DELETE'] },
  rectification: { operator: [...READ, 'INSERT (operation, subject, request, rectified_by, key_version, fields)'] },
  retention_rule_set: {
    operator: [...READ, 'INSERT (digest, map_digest, rules, prepared_by, operation)'],
    approver: [...READ, 'UPDATE (approved_by, approval)'],
    auditor: READ,
  },
  retention_run: {
    operator: [
      ...READ,
      'INSERT (operation, continues, as_of, rule_set, confirmed, finished)',
      'UPDATE (ended_at, stopped, cursor, finished, locked)',
    ],
    auditor: READ,
  },
  retention_figure: { operator: [...READ, 'INSERT', 'UPDATE (deleted, changed)'], auditor: READ },
  hold: {
    operator: [
      ...READ,
      'INSERT (id, scope, subjects, reference, authority, until, gag_until, placed_by, operation)',
      'UPDATE (released_at, released_by, released_role, release_reason, release_operation)',
    ],
  },
  hold_row: { operator: [...READ, 'INSERT'] },
  disclosure: {
    operator: [
      ...READ,
      'INSERT (number, operation, kind, recipient, recipient_id, agreement, consent_event, basis, case_number, official, request_number, request_date, received_on, deadline, document_digest, asked, categories, unnamed, gag_until, why_told, hold, disclosed_by, approved_by, archive_digest, records, first_number, last_number)',
    ],
  },
  disclosure_subject: { operator: [...READ, 'INSERT'] },
  disclosure_handover: {
    operator: [...READ, 'INSERT (operation, disclosure, recipient_person, means, receipt, by)'],
  },
  disclosure_notice: { operator: [...READ, 'INSERT (disclosure, cause, operation)'] },
  restriction: {
    operator: [...READ, 'INSERT', 'UPDATE (lifted_at, lifted_by, informed, lift_operation)'],
    marketer: READ,
  },
  objection: { operator: [...READ, 'INSERT'], marketer: READ },
  suppression: { operator: [...READ, 'INSERT'], marketer: READ },
  wording: {
    operator: [
      ...READ,
      'INSERT (id, purpose, kind, channels, language, text, sha256, double_opt_in, shown_from, shown_until, added_by, operation)',
      'UPDATE (shown_until)',
    ],
    auditor: READ,
    marketer: READ,
  },
  consent_event: {
    operator: [
      ...READ,
      'INSERT (subject, purpose, channel, what, event_at, mechanism, wording, evidence, guardian, source, party, categories, recorded_by, operation, digest)',
    ],
    auditor: READ,
    marketer: READ,
  },
  agreement: {
    operator: [
      ...READ,
      'INSERT (number, recipient, name, role, since, until, purposes, categories, columns, country, safeguard, subprocessors, sha256, added_by, operation)',
      'UPDATE (ended, end_reason, ended_by, end_operation)',
    ],
    approver: READ,
    auditor: READ,
  },
  audience_list: { operator: [...READ, 'INSERT'], auditor: READ, marketer: [...READ, 'INSERT'] },
};

/** Who may call the functions of schema `gdpr` beside the owner; those of triggers need no privilege. */
export const OWN_FUNCTIONS: Readonly<Record<string, readonly Granted[] | 'everybody'>> = {
  // An index of the shop's may be on it (`gdpr db indexes`): whoever stores a row there calls it. It reads no table.
  'json_or_null(text)': 'everybody',
  'certify_tombstones(text, text)': ['operator'],
  'expire_evidence(text, timestamp with time zone)': [],
};
