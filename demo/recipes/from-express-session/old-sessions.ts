import { RedisStore } from 'connect-redis'
import type { RequestHandler } from 'express'
import session from 'express-session'
import passport from 'passport'
import { Strategy } from 'passport-local'

import type { Account, Accounts } from './accounts.js'

declare module 'express-session' {
  interface SessionData {
    basket?: string[]
    returnTo?: string
    messages?: string[]
    hasToken?: boolean
  }
}

export const oldCookieName = 'connect.sid'

/** The sessions of today's app. During the move, what reads them has to be set up as what wrote them. */
export function oldSessions(client: RedisStore['client'], accounts: Accounts): RequestHandler[] {
  passport.use(
    new Strategy({ usernameField: 'userName' }, (userName, password, done) => {
      accounts
        .check(userName, password)
        .then((account) => done(null, account ?? false, { message: 'The name or the password is wrong.' }), done)
    })
  )
  passport.serializeUser((user, done) => done(null, (user as Account).ID))
  passport.deserializeUser((ID: string, done) => {
    accounts.findUserByID(ID).then((account) => done(null, account), done)
  })
  return [
    session({
      name: oldCookieName,
      secret: process.env['SECRET'] ?? '',
      store: new RedisStore({ client }),
      resave: false,
      saveUninitialized: false,
      cookie: { maxAge: 7 * 24 * 60 * 60 * 1000, sameSite: 'lax' }
    }),
    passport.session() as RequestHandler
  ]
}
