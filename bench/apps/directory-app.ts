import express from 'express'

import {
  BcryptPool,
  type DirectoryProvider,
  directoryRouter,
  LruSessionStore,
  requireUser,
  type SessionStore,
  StaticProvider
} from '../../lib/index.js'
import type { BenchApp, BenchAppOptions } from './bench-app.js'
import { peopleWithHashes, person } from './people.js'

/** This package, mounted as its README says. `closeStore` ends what the store was given. */
export function directoryApp(
  { cost }: BenchAppOptions,
  store: SessionStore = new LruSessionStore(),
  closeStore: () => Promise<void> = () => Promise.resolve(),
  provider: DirectoryProvider = new StaticProvider({ users: peopleWithHashes(cost) })
): BenchApp {
  // The pool tops every verification up to its own cost.
  const passwords = new BcryptPool({ cost })
  const directory = directoryRouter({ provider, store, passwords })
  const app = express()
  app.use('/rest', directory)
  app.get('/rest/me', requireUser(), (req, res) => {
    res.json(req.directory.user)
  })
  app.get('/rest/visit', (_req, res) => {
    res.json({ result: true })
  })
  app.post('/rest/enter', (req, res, next) => {
    req.directory.signIn(person).then(() => res.json({ result: true }), next)
  })
  return {
    app,
    async close() {
      await directory.close()
      await passwords.close()
      await closeStore()
    }
  }
}
