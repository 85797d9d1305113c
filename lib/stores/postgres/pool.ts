/**
 * The verbs that we use of a `Pool` of the package `pg` (8.11 or later), which the host makes, configures and ends. Free to change until 1.0.
 */
export interface PostgresPool {
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
  /** Takes that back before the connection is released. */
  removeListener(event: 'error', listener: (error: Error) => void): unknown
  /** With an error: closes the connection instead of keeping it. */
  release(error?: Error): void
}

/** Not `readonly`, because `pg` asks for arrays of its own. */
export interface PostgresStatement {
  text: string
  values: unknown[]
}
