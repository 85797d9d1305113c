/** socket.io whose sockets end with their session; README.md beside this file says how to run it. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import express from 'express'
import { directoryRouter, hashPassword, StaticProvider } from 'express-4d-directory'
import { Server } from 'socket.io'

import { serveSessions, userOf } from './session-sockets.js'

async function start(): Promise<void> {
  const users = [{ ID: '1', userName: 'jsmith', fullName: 'John Smith', passwordHash: await hashPassword('smith') }]
  // No Max-Age: events extend the session, and no answer goes out with them that could extend the cookie.
  const directory = directoryRouter({ provider: new StaticProvider({ users }), cookie: { persistent: false } })

  const app = express().disable('x-powered-by')
  app.use('/rest', directory)
  app.use(directory.errorHandler)

  const server = createServer(app)
  const io = new Server(server)
  serveSessions(io, directory, Number(process.env['CHECK_MILLISECONDS'] ?? 10_000))
  io.on('connection', (socket) => {
    socket.on('say', (message: unknown, answer: (said: string) => void) => {
      answer(`${userOf(socket)?.userName ?? ''} said ${String(message)}`)
    })
  })

  server.listen(Number(process.env['PORT'] ?? 8046), '127.0.0.1')
  server.once('listening', () => console.log(`Listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`))
  process.once('SIGTERM', () => void directory.close())
}

void start()
