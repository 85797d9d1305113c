/**
 * The verbs that we use of a `Pool` of the package `pg` (8.11 or later), which the host makes, configures and ends. Free to change until 1.0.
 */
export interface PostgresPool {
  connect(): Promise<PostgresClient>
  listenerCount(event: 'error'): number
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** The verbs that we use of a connection out of the pool. Free to change until 1.0. */
export interface PostgresClient {
  query(statement: PostgresStatement): Promise<{ readonly rows: readonly unknown[] }>
  on(event: 'error', listener: (error: Error) => void): unknown
  removeListener(event: 'error', listener: (error: Error) => void): unknown
  /** With an error: closes the connection instead of keeping it. */
  release(error?: Error): void
}

/** Not `readonly`, because `pg` asks for arrays of its own. */
export interface PostgresStatement {
  text: string
  values: unknown[]
}
