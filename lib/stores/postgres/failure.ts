import { DirectoryError } from '../../errors.js'
import { CommitWaitError, DeadlineError } from './connections.js'

/** What operators can do something about, by SQLSTATE (PostgreSQL manual, appendix A). */
const sentences: Readonly<Record<string, string>> = {
  '25000': "PostgreSQL has a default_transaction_isolation other than 'read committed', which the session store needs",
  '25006': 'PostgreSQL is read-only here: the pool is connected to a replica, or to a server that has not taken over yet',
  '28000': 'PostgreSQL refused the login of the pool',
  '28P01': 'PostgreSQL refused the login of the pool',
  '3D000': 'The database of the pool does not exist',
  '42501': 'The role of the pool may not use the schema or the table of the PostgreSQL session store',
  '53100': 'The disk of PostgreSQL is full',
  '53200': 'PostgreSQL is out of memory',
  '53300': 'PostgreSQL accepts no further connections',
  '55P03': 'PostgreSQL waited too long for a lock',
  '57014': 'PostgreSQL stopped a statement that came too late'
}

/** Missing: the schema, the table, a column, a function, or the function with these arguments. */
const missing: readonly (string | undefined)[] = ['3F000', '42P01', '42703', '42883']

/** The error that callers see. It never holds what was stored: that is in the cause, if anywhere. */
export function postgresFailure(error: unknown, schema: string, timeoutMilliseconds: number): DirectoryError {
  if (error instanceof DirectoryError) return error
  if (error instanceof DeadlineError) {
    return new DirectoryError('ERR_STORE_UNAVAILABLE', `PostgreSQL did not answer within ${timeoutMilliseconds} ms`, { cause: error })
  }
  if (error instanceof CommitWaitError) {
    const message = `PostgreSQL has written it, and no standby has acknowledged it within ${timeoutMilliseconds} ms: it may have happened`
    return new DirectoryError('ERR_STORE_NOT_REPLICATED', message, { cause: error })
  }
  const code = readCode(error)
  return new DirectoryError('ERR_STORE_UNAVAILABLE', describe(code, schema), { cause: error })
}

function describe(code: string | undefined, schema: string): string {
  if (missing.includes(code)) {
    return (
      `The PostgreSQL schema ${schema} is missing, or is of another version: ` +
      'run what `npx express-4d-directory postgres-schema` prints in the database of the pool'
    )
  }
  return (code && sentences[code]) ?? `PostgreSQL refused or could not be reached${code === undefined ? '' : ` (${code})`}`
}

function readCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
