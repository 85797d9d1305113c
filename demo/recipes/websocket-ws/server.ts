/**
 * WebSockets by `ws` that end with their session; README.md beside this file says how to run it.
 *
 * Try it: curl -si -X POST -H 'username-4D: jsmith' -H 'password-4D: smith' 'http://127.0.0.1:8045/rest/$directory/login'
 * and then: npx wscat -c ws://127.0.0.1:8045 -H 'Cookie: WASID4D=...'
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import express from 'express'
import { directoryRouter, hashPassword, StaticProvider } from 'express-4d-directory'

import { serveSockets } from './session-sockets.js'

async function start(): Promise<void> {
  const users = [{ ID: '1', userName: 'jsmith', fullName: 'John Smith', passwordHash: await hashPassword('smith') }]
  // No Max-Age: messages extend the session, and no answer goes out with them that could extend the cookie.
  const directory = directoryRouter({ provider: new StaticProvider({ users }), cookie: { persistent: false } })

  const app = express().disable('x-powered-by')
  app.use('/rest', directory)
  app.use(directory.errorHandler)

  const server = createServer(app)
  serveSockets(
    server,
    directory,
    (user, message) => `${user.userName} said ${message}`,
    Number(process.env['CHECK_MILLISECONDS'] ?? 10_000)
  )

  server.listen(Number(process.env['PORT'] ?? 8045), '127.0.0.1')
  server.once('listening', () => console.log(`Listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`))
  process.once('SIGTERM', () => {
    server.close()
    void directory.close()
  })
}

void start()
