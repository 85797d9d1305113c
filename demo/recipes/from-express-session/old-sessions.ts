import { RedisStore } from 'connect-redis'
import type { Request, RequestHandler, Response } from 'express'
import session from 'express-session'
import passport from 'passport'
import { Strategy } from 'passport-local'

import type { Account, Accounts } from './accounts.js'

declare module 'express-session' {
  interface SessionData {
    basket?: string[]
  }
}

const cookieName = 'connect.sid'

/** The sessions of today's app. During the move, what reads them has to be set up as what wrote them. */
export function oldSessions(client: RedisStore['client'], accounts: Accounts): RequestHandler[] {
  passport.serializeUser((user, done) => done(null, (user as Account).ID))
  passport.deserializeUser((ID: string, done) => {
    accounts.findUserByID(ID).then((account) => done(null, account && withoutHash(account)), done)
  })
  return [
    session({
      name: cookieName,
      secret: process.env['SECRET'] ?? '',
      store: new RedisStore({ client }),
      resave: false,
      saveUninitialized: false,
      cookie: { maxAge: 7 * 24 * 60 * 60 * 1000, sameSite: 'lax' }
    }),
    passport.session() as RequestHandler
  ]
}

export function localStrategy(accounts: Accounts): Strategy {
  return new Strategy((userName, password, done) => {
    accounts.check(userName, password).then((account) => done(null, account ? withoutHash(account) : false), done)
  })
}

/**
 * Signs in whoever comes with an old session, with what is in it. To be mounted behind `oldSessions` and the session middleware of express-4d-directory.
 *
 * The old session is left alone until the new cookie has come back: a page asks for many things at once, and all of them carry the old cookie alone. Each is
 * signed in, the last cookie stays, and the sessions of the others run out.
 */
export const moveOldSession: RequestHandler = async function moveOldSession(req, res, next) {
  const account = req.user as Account | undefined
  if (account !== undefined && req.directory.user === null) {
    const { basket } = req.session
    await req.directory.signIn(account)
    if (basket) await req.directory.session?.update((storage) => void (storage.basket = basket))
  } else if (account !== undefined) {
    await endOldSession(req, res)
  }
  next()
}

/** Ends the old session, if there is one. Whoever logs out does so from both, or the old cookie would log in again. */
export async function endOldSession(req: Request, res: Response): Promise<void> {
  if (req.user === undefined) return
  delete req.user
  await new Promise<void>((resolve, reject) => {
    req.session.destroy((error: unknown) => {
      if (error instanceof Error) reject(error)
      else resolve()
    })
  })
  res.clearCookie(cookieName)
}

function withoutHash({ ID, userName, fullName }: Account): Omit<Account, 'passwordHash'> {
  return { ID, userName, fullName }
}
