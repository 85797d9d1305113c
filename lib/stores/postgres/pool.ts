import type { MemberReader } from '../../checks/member-reader.js'
import { isPromise } from '../../when-known.js'

/**
 * The verbs that we use of a `Pool` of the package `pg` (8.11 or later), which the host makes, configures and ends. Free to change until 1.0.
 */
export interface PostgresPool {
  /** How many connections the pool may have: guests are to use few of them. */
  readonly options?: { readonly max?: number | undefined }
  /** A connection of the pool's, to be released. */
  connect(): Promise<PostgresClient>
  /** Asked once: where the host listens for errors of idle connections, we don't. */
  listenerCount(event: 'error'): number
  /** Hears of the errors of idle connections, which would end the process if nobody did. */
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** The verbs that we use of a connection out of the pool. Free to change until 1.0. */
export interface PostgresClient {
  /** Runs one statement. */
  query(statement: PostgresStatement): Promise<{ readonly rows: readonly unknown[] }>
  /** Hears of the end of a connection that we hold. */
  on(event: 'error', listener: (error: Error) => void): unknown
  /** Hears what the server says before it answers. */
  on(event: 'notice', listener: (notice: PostgresNotice) => void): unknown
  /** Takes these back before the connection is released. */
  removeListener(event: 'error', listener: (error: Error) => void): unknown
  /** The same for what the server says. */
  removeListener(event: 'notice', listener: (notice: PostgresNotice) => void): unknown
  /** With an error: closes the connection instead of keeping it. */
  release(error?: Error): void
}

/** Not `readonly`, because `pg` asks for arrays of its own. */
export interface PostgresStatement {
  text: string
  values: unknown[]
}

/** What `RAISE INFO` tells the client. */
export interface PostgresNotice {
  readonly message?: string | undefined
  readonly detail?: string | undefined
}

/** So many of the pool's connections, one at least. */
export function shareOf(pool: PostgresPool, { parts, most }: { readonly parts: number; readonly most: number }): number {
  return Math.max(1, Math.min(most, Math.floor((pool.options?.max ?? 10) / parts)))
}

/** @throws TypeError for what is no pool. Never shows it: a pool knows its password. */
export function readPool(options: MemberReader): PostgresPool {
  const pool = options.value('pool')
  if (!hasMembers(pool, ['connect', 'on', 'listenerCount', 'totalCount']))
    throw options.mistake('pool', 'a Pool of the package pg', cureOf(pool))
  if (hasMembers(pool, ['ending']) && pool['ending'] === true)
    throw options.mistake('pool', 'a Pool of the package pg that has not been ended')
  return pool as unknown as PostgresPool
}

function cureOf(pool: unknown): string | null {
  if (isPromise(pool)) return null
  if (hasMembers(pool, ['connect', 'query'])) return 'requests run side by side, which takes a Pool in place of a Client'
  return 'write new PostgresSessionStore({ pool: new Pool() })'
}

function hasMembers(value: unknown, names: readonly string[]): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && names.every((name) => name in value)
}
