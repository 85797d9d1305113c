import { compare } from 'bcryptjs'
import cookieSession from 'cookie-session'
import express, { type Request } from 'express'

import type { DirectoryUser } from '../../lib/index.js'
import type { BenchApp, BenchAppOptions } from './bench-app.js'
import { peopleWithHashes, person } from './people.js'

/** cookie-session: the session is in the cookie, so that a logout ends nothing for whoever has kept one. */
export function cookieSessionApp({ cost }: BenchAppOptions): BenchApp {
  const users = new Map(peopleWithHashes(cost).map((user) => [user.userName, user]))
  const app = express()
  app.use(cookieSession({ name: 'session', keys: ['a key of the bench'], maxAge: 3_600_000, sameSite: 'lax' }))
  // How its README says to let a session slide; once a minute, where the others do with each request.
  app.use((req, _res, next) => {
    const { session } = holderOf(req)
    if (session) session.minute = Math.floor(Date.now() / 60_000)
    next()
  })
  app.get('/rest/me', (req, res) => {
    const user = holderOf(req).session?.user
    if (user) res.json(user)
    else res.sendStatus(401)
  })
  app.get('/rest/visit', (_req, res) => {
    res.json({ result: true })
  })
  app.post('/rest/enter', (req, res) => {
    holderOf(req).session = { user: person }
    res.json({ result: true })
  })
  app.get('/rest/logout', (req, res) => {
    holderOf(req).session = null
    res.json({ result: true })
  })
  app.post('/rest/login', (req, res, next) => {
    const user = users.get(String(req.headers['username-4d']))
    compare(String(req.headers['password-4d']), user?.passwordHash ?? '').then((matches) => {
      if (user && matches) holderOf(req).session = { user: { ID: user.ID, userName: user.userName, fullName: user.fullName } }
      res.status(matches ? 200 : 401).json({ result: matches })
    }, next)
  })
  return { app, close: () => Promise.resolve() }
}

interface SessionHolder {
  session: { user?: DirectoryUser; minute?: number } | null
}

/** The types of express-session say that `req.session` is theirs. */
function holderOf(req: Request): SessionHolder {
  return req as SessionHolder
}
