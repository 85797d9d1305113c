import type { Express } from 'express'

/** An app with the same routes as all others: `GET /rest/me`, `GET /rest/visit`, `POST /rest/enter`, and a login and a logout. */
export interface BenchApp {
  readonly app: Express
  /** Ends what the app was built with. */
  close(): Promise<void>
}

/** What apps are made of. */
export interface BenchAppOptions {
  /** Of the password hashes. */
  readonly cost: number
  readonly redisUrl?: string
  readonly postgresUrl?: string
}
