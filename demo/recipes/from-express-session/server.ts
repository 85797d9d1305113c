/**
 * An app that had express-session and passport, moved. before.ts beside it is how it was; both read the same Redis.
 *
 * 1. This file: old sessions are taken over as their users come back, nobody has to log in again, and what they stored comes along.
 * 2. When the longest old session has run out (their maxAge; `redis-cli --scan --pattern 'sess:*'` shows what is left), the lines marked OLD and old-sessions.ts go,
 *    all but the strategy.
 *
 * passport goes on deciding who somebody is, by a form here, by OpenID Connect elsewhere; `signIn` takes its word. It is neither throttled nor judged as cross-site:
 * what the strategy had of these, it keeps. For names and passwords alone, `req.directory.login` is both.
 *
 * Run it: REDIS_URL=redis://127.0.0.1 SECRET=... node --import tsx demo/recipes/from-express-session/server.ts
 * Try it: curl -c cookies.txt -d 'username=jsmith&password=smith' http://127.0.0.1:8044/login; curl -b cookies.txt http://127.0.0.1:8044/me
 */
import type { AddressInfo } from 'node:net'

import express, { type RequestHandler } from 'express'
import { directoryRouter } from 'express-4d-directory'
import { RedisSessionStore } from 'express-4d-directory/redis'
import passport from 'passport'
import { createClient } from 'redis'

import { type Account, Accounts } from './accounts.js'
import { endOldSession, localStrategy, moveOldSession, oldSessions } from './old-sessions.js'

declare module 'express-4d-directory' {
  interface SessionStorage {
    basket: string[]
  }
}

async function start(): Promise<void> {
  const accounts = await Accounts.open()
  const client = createClient({ url: process.env['REDIS_URL'] ?? '' })
  client.on('error', (error: Error) => console.error(`Redis: ${error.message}`))
  await client.connect()
  passport.use(localStrategy(accounts))

  const directory = directoryRouter({
    provider: {
      findUser: (userName) => accounts.findUser(userName),
      findUserByID: (ID) => accounts.findUserByID(ID),
      belongsTo: () => Promise.resolve(false)
    },
    store: new RedisSessionStore({ client }),
    // As saveUninitialized: false. And as long as sessions move, a guest's cookie must not come after the one of a login.
    session: { guests: 'never', idleMinutes: 7 * 24 * 60 }
  })

  const app = express().disable('x-powered-by')
  app.use(directory.sessionMiddleware)
  app.use(oldSessions(client, accounts), moveOldSession) // OLD
  app.post('/login', express.urlencoded(), passport.authenticate('local', { session: false }) as RequestHandler, async (req, res) => {
    await req.directory.signIn(req.user as Account)
    res.redirect('/me')
  })
  app.get('/me', (req, res) => {
    res.json({ user: req.directory.user, basket: req.directory.session?.storage.basket ?? [] })
  })
  app.post('/basket/:item', async (req, res) => {
    const storage = await req.directory.session?.update((draft) => {
      draft.basket = [...(draft.basket ?? []), req.params.item]
    })
    if (storage) res.json(storage.basket)
    else res.sendStatus(401)
  })
  app.post('/logout', async (req, res) => {
    await req.directory.logout()
    await endOldSession(req, res) // OLD
    res.redirect('/me')
  })
  app.use('/rest', directory)
  app.use(directory.errorHandler)

  const server = app.listen(Number(process.env['PORT'] ?? 8044), '127.0.0.1')
  server.once('listening', () => console.log(`Listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`))
  process.once('SIGTERM', () => server.close(() => void directory.close().then(() => client.destroy())))
}

void start()
