/**
 * An app that had express-session, passport-local, connect-redis and csrf-csrf, moved. before.ts beside it is how it was; both read the same Redis.
 *
 * 1. This file: old sessions are taken over as their users come back, nobody has to log in again, and what they stored comes along.
 * 2. When the longest old session has run out (their maxAge; `redis-cli --scan --pattern 'sess:*'` shows what is left), the lines marked OLD, old-sessions.ts and
 *    move-old-sessions.ts go.
 *
 * Run it: REDIS_URL=redis://127.0.0.1 SECRET=... node --import tsx demo/recipes/from-express-session/server.ts
 * Try it: open http://127.0.0.1:8044 and log in as jsmith with the password smith.
 */
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import { renderFile } from 'ejs'
import express from 'express'
import { type Credentials, directoryRouter, requireUser, safeReturnTo } from 'express-4d-directory'
import { RedisSessionStore } from 'express-4d-directory/redis'
import helmet from 'helmet'
import multer from 'multer'
import { createClient } from 'redis'

import { Accounts } from './accounts.js'
import { endOldSession, moveOldSession } from './move-old-sessions.js' // OLD
import { oldSessions } from './old-sessions.js' // OLD

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
  const store = new RedisSessionStore({ client })
  const directory = directoryRouter({ provider: accounts, store, loginPage: '/login', session: { idleMinutes: 7 * 24 * 60 } })

  const app = express()
  app.engine('ejs', (path: string, data: object, done) => {
    renderFile(path, data, done)
  })
  app.set('view engine', 'ejs').set('views', join(__dirname, 'views'))
  // With helmet's own `no-referrer`, browsers hide on plain HTTP which site a form is of.
  app.use(helmet({ referrerPolicy: { policy: 'same-origin' } }), directory.sessionMiddleware, express.urlencoded())
  app.use(oldSessions(client, accounts), moveOldSession) // OLD
  app.use((req, res, next) => {
    res.locals['user'] = req.directory.user
    next()
  })
  app.get('/', (req, res) => res.render('shop', { basket: req.directory.session?.storage.basket ?? [] }))
  app.get('/me', ({ directory: { user, session } }, res) => {
    res.json({ user: user?.userName ?? null, basket: session?.storage.basket ?? [] })
  })
  app.post('/basket/:item', async (req, res) => {
    await req.directory.session?.update((storage) => {
      storage.basket = [...(storage.basket ?? []), req.params.item]
    })
    res.redirect('/')
  })
  app.get('/login', (req, res) => res.render('login', { problem: null, returnTo: safeReturnTo(req) }))
  app.post('/login', async (req, res) => {
    if (await req.directory.login(req.body as Credentials)) res.redirect(303, safeReturnTo(req))
    else res.status(401).render('login', { problem: 'The name or the password is wrong.', returnTo: safeReturnTo(req) })
  })
  app.get('/account', requireUser(), (req, res) => {
    res.render('account', { hasPicture: accounts.pictureOf(req.directory.user?.ID ?? '') !== null })
  })
  app.post('/account/picture', requireUser(), multer({ limits: { fileSize: 1_000_000 } }).single('picture'), (req, res) => {
    if (req.file) accounts.keepPicture(req.directory.user?.ID ?? '', req.file.buffer)
    res.redirect('/account')
  })
  app.post('/logout', async (req, res) => {
    await req.directory.logout()
    await endOldSession(req, res) // OLD
    res.redirect('/')
  })
  app.use('/rest', directory)
  app.use(directory.errorHandler)

  const server = app.listen(Number(process.env['PORT'] ?? 8044), '127.0.0.1')
  server.once('listening', () => console.log(`Listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`))
  process.once('SIGTERM', () => server.close(() => void directory.close().then(() => client.destroy())))
}

void start()
