import { compare } from 'bcryptjs'
import express, { type Express } from 'express'
import session, { MemoryStore, type Store } from 'express-session'

import type { DirectoryUser } from '../../lib/index.js'
import type { BenchApp, BenchAppOptions } from './bench-app.js'
import { peopleWithHashes, person } from './people.js'

declare module 'express-session' {
  interface SessionData {
    user?: DirectoryUser
  }
}

export const expressSessionSecret = 'a secret of the bench'

/** express-session, set to do what a directory does: a session at the first visit, a cookie that slides with each request, a new id at login. */
export function withExpressSession(store: Store): Express {
  const app = express()
  app.use(
    session({
      store,
      secret: expressSessionSecret,
      resave: false,
      saveUninitialized: true,
      rolling: true,
      cookie: { maxAge: 3_600_000, sameSite: 'lax' }
    })
  )
  app.get('/rest/visit', (_req, res) => {
    res.json({ result: true })
  })
  app.get('/rest/logout', (req, res, next) => {
    req.session.destroy((error) => (error ? next(error) : res.json({ result: true })))
  })
  return app
}

export function expressSessionApp(
  { cost }: BenchAppOptions,
  store: Store = new MemoryStore(),
  closeStore: () => Promise<void> = () => Promise.resolve()
): BenchApp {
  const users = new Map(peopleWithHashes(cost).map((user) => [user.userName, user]))
  const app = withExpressSession(store)
  app.get('/rest/me', (req, res) => {
    if (req.session.user) res.json(req.session.user)
    else res.sendStatus(401)
  })
  app.post('/rest/enter', (req, res, next) => {
    enter(req, person, next, () => res.json({ result: true }))
  })
  app.post('/rest/login', (req, res, next) => {
    const user = users.get(String(req.headers['username-4d']))
    compare(String(req.headers['password-4d']), user?.passwordHash ?? '').then((matches) => {
      if (!user || !matches) res.status(401).json({ result: false })
      else enter(req, user, next, () => res.json({ result: true }))
    }, next)
  })
  return { app, close: closeStore }
}

function enter(req: express.Request, { ID, userName, fullName }: DirectoryUser, next: express.NextFunction, done: () => void): void {
  req.session.regenerate((error) => {
    if (error) {
      next(error)
      return
    }
    req.session.user = { ID, userName, fullName }
    done()
  })
}
