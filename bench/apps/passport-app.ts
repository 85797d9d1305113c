import { compare } from 'bcryptjs'
import express from 'express'
import { MemoryStore } from 'express-session'
import { Passport } from 'passport'
import { Strategy } from 'passport-local'

import type { DirectoryUser } from '../../lib/index.js'
import type { BenchApp, BenchAppOptions } from './bench-app.js'
import { withExpressSession } from './express-session-app.js'
import { people, peopleWithHashes, person } from './people.js'

/** passport with passport-local over express-session, with bcryptjs on the event loop: the usual stack. */
export function passportApp({ cost }: BenchAppOptions): BenchApp {
  const users = new Map(peopleWithHashes(cost).map((user) => [user.userName, user]))
  const known = new Map(people.map((user) => [user.ID, user]))
  const passport = new Passport()
  passport.serializeUser<string>((user, done) => {
    done(null, (user as DirectoryUser).ID)
  })
  passport.deserializeUser<string>((ID, done) => {
    done(null, known.get(ID) ?? false)
  })
  passport.use(
    new Strategy((userName, password, done) => {
      const user = users.get(userName)
      compare(password, user?.passwordHash ?? '').then((matches) => done(null, user && matches ? user : false), done)
    })
  )
  const app = withExpressSession(new MemoryStore())
  app.use(passport.session())
  app.get('/rest/me', (req, res) => {
    if (req.user) res.json(req.user)
    else res.sendStatus(401)
  })
  app.post('/rest/enter', (req, res, next) => {
    req.login(person, (error) => {
      if (error) next(error)
      else res.json({ result: true })
    })
  })
  app.post('/rest/login', express.json(), passport.authenticate('local') as express.RequestHandler, (_req, res) => {
    res.json({ result: true })
  })
  return { app, close: () => Promise.resolve() }
}
