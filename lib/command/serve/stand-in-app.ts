import express, { type Express } from 'express'

import type { RestDirectory } from '../../index.js'
import { cors } from './cors.js'
import { licencesPage } from './licences-page.js'

export interface StandInParts {
  readonly directory: RestDirectory
  readonly corsOrigins: readonly string[]
  readonly licences: number | null
  readonly guestsTakeLicences: boolean
  readonly host: string
}

/** What `serve` serves: the directory under `/rest`, and at `/` who holds the licences. */
export function standInApp({ directory, corsOrigins, licences, guestsTakeLicences, host }: StandInParts): Express {
  const { sessions, errorHandler } = directory
  const app = express().disable('x-powered-by')
  app.use('/rest', cors(corsOrigins), directory)
  app.use(licencesPage({ sessions, licences, guestsTakeLicences, host, now: Date.now }))
  app.use(errorHandler)
  return app
}
