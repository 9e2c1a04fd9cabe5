import { errno, GdprError } from '../foundation/errors.js';

/** SQLSTATEs that mean "the same call may succeed later" (PostgreSQL manual, appendix A), with what to tell the operator. */
const TRANSIENT: Readonly<Record<string, string>> = {
  '40001': 'another session changed the same rows',
  '40P01': 'another session waited for this one (deadlock)',
  '53100': 'the disk of the database server is full',
  '53200': 'the database server is out of memory',
  '53300': 'the database server has no connection left',
  '55P03': 'a lock could not be had in time',
  '57014': 'the statement was cancelled',
  '57P01': 'the database server was shut down',
  '57P02': 'the database server crashed',
  '57P03': 'the database server is starting up or shutting down',
};

/** System errors of the connection itself. */
const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** What pg says, without an error code, when the connection went away. */
const GONE =
  /Connection terminated|Client has encountered a connection error|not queryable|timeout exceeded|Timeout acquiring a connection/;

const RETRY = 'check that the server runs and can be reached, then run the command again';

/**
 * Turns an error of the driver into one that holds no value of a row: PostgreSQL's own messages and details
 * quote the data ("Key (email)=(…) already exists"), so only the SQLSTATE and the names of objects are kept.
 */
export function databaseError(error: unknown): unknown {
  if (error instanceof GdprError || !(error instanceof Error)) return error;
  const code = errno(error);
  if (error instanceof AggregateError && error.errors.length > 0 && code === undefined)
    return databaseError(error.errors[0]);
  if ((code !== undefined && UNREACHABLE.has(code)) || GONE.test(error.message)) {
    return new GdprError('DATABASE_UNAVAILABLE', 'the database cannot be reached or the connection was lost', {
      cause: error,
      hint: RETRY,
    });
  }
  if (code === undefined || !/^[0-9A-Z]{5}$/.test(code)) return error;
  if (code in TRANSIENT) {
    return new GdprError(
      'DATABASE_UNAVAILABLE',
      `the database could not do it now: ${TRANSIENT[code]} (SQLSTATE ${code})`,
      {
        cause: error,
        hint: 'run the command again',
      },
    );
  }
  if (code.startsWith('08')) {
    return new GdprError('DATABASE_UNAVAILABLE', `the connection to the database failed (SQLSTATE ${code})`, {
      cause: error,
      hint: RETRY,
    });
  }
  if (code === '28P01' || code === '28000') {
    return new GdprError('DATABASE_UNAVAILABLE', 'the database refused the user or the password', {
      cause: error,
      hint: 'check DATABASE_URL, or the password file that libpq reads (PGPASSFILE)',
    });
  }
  if (code === '3D000') {
    return new GdprError('DATABASE_UNAVAILABLE', 'the server has no database of that name', {
      cause: error,
      hint: 'check DATABASE_URL',
    });
  }
  if (code === '22021' || code === '22P05') {
    return new GdprError(
      'INPUT_INVALID',
      `a value holds a character that cannot be converted to or from the database's encoding (SQLSTATE ${code})`,
      {
        cause: error,
        hint: 'check what was given for control characters; the database must be encoded in UTF8',
      },
    );
  }
  if (code === '25006') {
    return new GdprError(
      'DATABASE_UNAVAILABLE',
      'the database takes no changes: it is a read-only replica, or set to read only (SQLSTATE 25006)',
      {
        cause: error,
        hint: 'name the primary server in DATABASE_URL: every operation writes to the audit log',
      },
    );
  }
  if (code === '42501' && (error as Error & { routine?: unknown }).routine === 'check_enable_rls') {
    return new GdprError(
      'REFUSED',
      'row-level security would hide rows from this database role, and the result would not be whole (SQLSTATE 42501)',
      {
        cause: error,
        hint: 'work as a role with BYPASSRLS, or as the owner of the tables where row-level security is not forced',
      },
    );
  }
  if (code === '42501') {
    return new GdprError('REFUSED', `the database role may not do this${objectOf(error)} (SQLSTATE 42501)`, {
      cause: error,
      hint: 'ask the owner of the database for the privilege',
    });
  }
  return new GdprError('BUG', `the database rejected a statement${objectOf(error)} (SQLSTATE ${code})`, {
    cause: error,
  });
}

function objectOf(error: Error): string {
  const { schema, table, column } = error as Error & Partial<Record<'schema' | 'table' | 'column', string>>;
  const name = [schema, table, column].filter((part) => part !== undefined).join('.');
  return name === '' ? '' : ` on ${name}`;
}
