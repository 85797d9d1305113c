/**
 * Server-sent events that end with their session; README.md beside this file says how to run it.
 *
 * Try it: curl -c jar -X POST -H 'username-4D: jsmith' -H 'password-4D: smith' 'http://127.0.0.1:8047/rest/$directory/login'
 * then: curl -b jar -N http://127.0.0.1:8047/news
 * and in another window: curl -b jar -X POST http://127.0.0.1:8047/news/rain
 */
import type { AddressInfo } from 'node:net'

import express from 'express'
import { directoryRouter, hashPassword, requireUser, StaticProvider } from 'express-4d-directory'

import { SessionStreams } from './session-streams.js'

async function start(): Promise<void> {
  const users = [{ ID: '1', userName: 'jsmith', fullName: 'John Smith', passwordHash: await hashPassword('smith') }]
  // No Max-Age: events extend the session, and no answer goes out with them that could extend the cookie.
  const directory = directoryRouter({ provider: new StaticProvider({ users }), cookie: { persistent: false } })
  const streams = new SessionStreams(directory, Number(process.env['CHECK_MILLISECONDS'] ?? 10_000))

  const app = express().disable('x-powered-by')
  app.use('/rest', directory)
  app.use(directory.sessionMiddleware)
  app.get('/news', requireUser(), streams.handle)
  app.post('/news/:text', requireUser(), async (req, res) => {
    await streams.publish({ by: req.directory.user?.userName, text: req.params.text })
    res.sendStatus(204)
  })
  app.use(directory.errorHandler)

  const server = app.listen(Number(process.env['PORT'] ?? 8047), '127.0.0.1')
  server.once('listening', () => console.log(`Listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`))
  process.once('SIGTERM', () => {
    server.close()
    void directory.close()
  })
}

void start()
