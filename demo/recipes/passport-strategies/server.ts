/** Logins by a strategy of passport, such as passport-oauth2; README.md beside this file says how to run it. */
import type { AddressInfo } from 'node:net'

import express, { type RequestHandler } from 'express'
import { type DirectoryProvider, directoryRouter, type DirectoryUser, requireUser } from 'express-4d-directory'
import passport from 'passport'
import OAuth2Strategy from 'passport-oauth2'

import { SessionStates } from './session-states.js'

const { ISSUER = '', CLIENT_ID = '', CLIENT_SECRET = '', BASE_URL = '', PORT = '8049' } = process.env

/** Nobody has a password here: the other site knows who they are. */
const nobody: DirectoryProvider = { findUser: () => Promise.resolve(null) }

interface Profile {
  readonly sub: string
  readonly name?: string
  readonly email?: string
}

class IssuerStrategy extends OAuth2Strategy {
  override userProfile(accessToken: string, done: (error?: unknown, profile?: Profile) => void): void {
    fetch(`${ISSUER}/me`, { headers: { authorization: `Bearer ${accessToken}` } })
      .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(`The profile is answered with ${answer.status}`))))
      .then((profile) => done(null, profile as Profile), done)
  }
}

const strategy = new IssuerStrategy(
  {
    authorizationURL: `${ISSUER}/auth`,
    tokenURL: `${ISSUER}/token`,
    clientID: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    callbackURL: new URL('/callback', BASE_URL).href,
    scope: 'openid profile email',
    pkce: true,
    state: true,
    store: new SessionStates() as unknown as OAuth2Strategy.StateStore
  },
  (_accessToken: string, _refreshToken: string, { sub, name = '', email = sub }: Profile, done: OAuth2Strategy.VerifyCallback) => {
    // The issuer belongs into the ID: another one may give the same `sub` to somebody else.
    const user: DirectoryUser = { ID: `${ISSUER}#${sub}`, userName: email, fullName: name }
    done(null, user)
  }
)

/** Sends the browser to the other site. */
const begin = passport.authenticate(strategy, { session: false }) as RequestHandler

/** Signs in whom the strategy lets in. Passport's own session stays out of it. */
const complete: RequestHandler = (req, res, next) => {
  const finish = (error: unknown, user: DirectoryUser | false | undefined, info: { readonly state?: string } | undefined) => {
    if (error) console.warn('A login by passport failed', error)
    if (!user) res.status(401).type('text').send('Nobody was logged in. Please begin again\n')
    else req.directory.signIn(user, { by: 'passport' }).then(() => res.redirect(303, info?.state ?? '/'), next)
  }
  const authenticate = passport.authenticate(strategy, { session: false }, finish) as RequestHandler
  authenticate(req, res, next)
}

const directory = directoryRouter({ provider: nobody, loginPage: '/login' })
const app = express().disable('x-powered-by')
app.use(directory.sessionMiddleware)
app.get('/', (req, res) => {
  res.json({ user: req.directory.user })
})
app.get('/login', begin)
app.get('/callback', complete)
app.get('/me', requireUser(), (req, res) => {
  res.json(req.directory.user)
})
app.post('/logout', async (req, res) => {
  await req.directory.logout()
  res.redirect(303, '/')
})
app.use(directory.errorHandler)

const server = app.listen(Number(PORT), '127.0.0.1')
server.once('listening', () => console.log(`Listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`))
process.once('SIGTERM', () => {
  server.close(() => void directory.close())
})
