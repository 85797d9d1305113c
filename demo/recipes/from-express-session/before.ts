/**
 * The app as it is today, with express-session, passport-local, connect-redis and csrf-csrf. server.ts beside it is the same app, moved.
 *
 * Run it: REDIS_URL=redis://127.0.0.1 SECRET=... node --import tsx demo/recipes/from-express-session/before.ts
 * Try it: open http://127.0.0.1:8044 and log in as jsmith with the password smith.
 */
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import cookieParser from 'cookie-parser'
import { doubleCsrf } from 'csrf-csrf'
import { renderFile } from 'ejs'
import express, { type RequestHandler } from 'express'
import helmet from 'helmet'
import multer from 'multer'
import passport from 'passport'
import { createClient } from 'redis'

import { type Account, Accounts } from './accounts.js'
import { oldSessions } from './old-sessions.js'

async function start(): Promise<void> {
  const accounts = await Accounts.open()
  const client = createClient({ url: process.env['REDIS_URL'] ?? '' })
  client.on('error', (error: Error) => console.error(`Redis: ${error.message}`))
  await client.connect()
  const { doubleCsrfProtection, generateCsrfToken } = doubleCsrf({
    getSecret: () => process.env['SECRET'] ?? '',
    getSessionIdentifier: (req) => req.session.id,
    getCsrfTokenFromRequest: (req) => (req.body as { csrf?: string } | undefined)?.csrf,
    cookieName: 'csrf',
    cookieOptions: { secure: false }
  })

  const app = express()
  app.engine('ejs', (path: string, data: object, done) => {
    renderFile(path, data, done)
  })
  app.set('view engine', 'ejs').set('views', join(__dirname, 'views'))
  app.use(helmet(), cookieParser(), oldSessions(client, accounts), express.urlencoded())
  // Its fields hold the token, so that it has to read everybody's files before anything is checked.
  app.use(multer({ limits: { fileSize: 1_000_000 } }).single('picture'), doubleCsrfProtection)
  app.use((req, res, next) => {
    // A session that stores nothing has another id at each request, and no token would fit.
    req.session.hasToken = true
    Object.assign(res.locals, { user: req.user ?? null, csrf: generateCsrfToken(req, res) })
    next()
  })
  const requireLogin: RequestHandler = (req, res, next) => {
    if (req.user !== undefined) next()
    else {
      req.session.returnTo = req.originalUrl
      res.redirect('/login')
    }
  }
  app.get('/', (req, res) => res.render('shop', { basket: req.session.basket ?? [] }))
  app.get('/me', (req, res) => {
    res.json({ user: (req.user as Account | undefined)?.userName ?? null, basket: req.session.basket ?? [] })
  })
  app.post('/basket/:item', (req, res) => {
    req.session.basket = [...(req.session.basket ?? []), req.params.item]
    res.redirect('/')
  })
  app.get('/login', (req, res) => {
    const [problem = null] = req.session.messages ?? []
    delete req.session.messages
    res.render('login', { problem, returnTo: null })
  })
  // Without `keepSessionInfo` the basket would be gone.
  const logIn = passport.authenticate('local', { failureRedirect: '/login', failureMessage: true, keepSessionInfo: true }) as RequestHandler
  app.post('/login', logIn, (req, res) => {
    const { returnTo = '/' } = req.session
    delete req.session.returnTo
    res.redirect(returnTo)
  })
  app.get('/account', requireLogin, (req, res) => {
    res.render('account', { hasPicture: accounts.pictureOf((req.user as Account).ID) !== null })
  })
  app.post('/account/picture', requireLogin, (req, res) => {
    if (req.file) accounts.keepPicture((req.user as Account).ID, req.file.buffer)
    res.redirect('/account')
  })
  app.post('/logout', (req, res, next) => {
    req.logout((error) => {
      if (error) next(error)
      else res.redirect('/')
    })
  })

  const server = app.listen(Number(process.env['PORT'] ?? 8044), '127.0.0.1')
  server.once('listening', () => console.log(`Listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`))
  process.once('SIGTERM', () => server.close(() => client.destroy()))
}

void start()
