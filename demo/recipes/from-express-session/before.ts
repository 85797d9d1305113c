/**
 * The app as it is today, with express-session and passport. server.ts beside it is the same app, moved.
 *
 * Run it: REDIS_URL=redis://127.0.0.1 SECRET=... node --import tsx demo/recipes/from-express-session/before.ts
 * Try it: curl -c cookies.txt -d 'username=jsmith&password=smith' http://127.0.0.1:8044/login; curl -b cookies.txt http://127.0.0.1:8044/me
 */
import type { AddressInfo } from 'node:net'

import express, { type RequestHandler } from 'express'
import passport from 'passport'
import { createClient } from 'redis'

import { Accounts } from './accounts.js'
import { localStrategy, oldSessions } from './old-sessions.js'

async function start(): Promise<void> {
  const accounts = await Accounts.open()
  const client = createClient({ url: process.env['REDIS_URL'] ?? '' })
  client.on('error', (error: Error) => console.error(`Redis: ${error.message}`))
  await client.connect()
  passport.use(localStrategy(accounts))

  const app = express().disable('x-powered-by')
  app.use(oldSessions(client, accounts))
  app.post('/login', express.urlencoded(), passport.authenticate('local') as RequestHandler, (_req, res) => {
    res.redirect('/me')
  })
  app.get('/me', (req, res) => {
    res.json({ user: req.user ?? null, basket: req.session.basket ?? [] })
  })
  app.post('/basket/:item', (req, res) => {
    req.session.basket = [...(req.session.basket ?? []), req.params.item]
    res.json(req.session.basket)
  })
  app.post('/logout', (req, res, next) => {
    req.logout((error) => {
      if (error) next(error)
      else res.redirect('/me')
    })
  })

  const server = app.listen(Number(process.env['PORT'] ?? 8044), '127.0.0.1')
  server.once('listening', () => console.log(`Listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`))
  process.once('SIGTERM', () => server.close(() => client.destroy()))
}

void start()
