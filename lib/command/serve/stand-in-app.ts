import express, { type Express } from 'express'

import type { DirectoryFileProvider, RestDirectory } from '../../index.js'
import { cors } from './cors.js'
import { licencesPage, type LicencesPageParts } from './licences-page.js'

export interface StandInParts extends Pick<LicencesPageParts, 'licences' | 'guestsTakeLicences' | 'host'> {
  readonly directory: RestDirectory
  readonly provider: Pick<DirectoryFileProvider, 'groupsOf'>
  readonly corsOrigins: readonly string[]
}

/** What `serve` serves: the directory under `/rest`, with the privileges that clients of newer versions ask for, and at `/` who holds the licences. */
export function standInApp({ directory, provider, corsOrigins, ...page }: StandInParts): Express {
  const { sessions, errorHandler } = directory
  const app = express().disable('x-powered-by')
  app.use('/rest', cors(corsOrigins), directory)
  // 4D's privileges are our groups. A regular expression, since Express 4 reads a `$` in a path as one, and 5 does not decode `%24`.
  app.all(/^\/rest\/(?:\$|%24)info\/privileges\/?$/i, (req, res) => {
    const { user } = req.directory
    const names = user === null ? ['guest'] : provider.groupsOf(user)
    res.set('Cache-Control', 'no-store').json({ privileges: names.map((privilege) => ({ privilege })) })
  })
  app.use(licencesPage({ ...page, sessions, now: Date.now }))
  app.use(errorHandler)
  return app
}
