/**
 * Users in SQLite, by Drizzle; README.md beside this file says how to run it.
 *
 * Try it: curl -X POST -H 'username-4D: jsmith' -H 'password-4D: smith' 'http://127.0.0.1:8044/rest/$directory/login'
 */
import type { AddressInfo } from 'node:net'

import { createClient } from '@libsql/client'
import { drizzle } from 'drizzle-orm/libsql'
import express from 'express'
import { directoryRouter, requireUser } from 'express-4d-directory'

import { DrizzleUsers } from './drizzle-users.js'
import { migration } from './tables.js'

async function start(): Promise<void> {
  const client = createClient({ url: `file:${process.env['DATABASE_FILE'] ?? 'users.db'}` })
  for (const statement of migration) await client.execute(statement)
  const users = new DrizzleUsers(drizzle(client))

  const directory = directoryRouter({ provider: users })
  await users.add({ name: 'jsmith', email: 'jsmith@example.com', passwordHash: await directory.passwords.hash('smith') })

  const app = express().disable('x-powered-by')
  app.use('/rest', directory)
  // What `attributes` hold never goes out by itself. An app that merges its own `UserAttributes` reads `attributes.email`, with its type.
  app.get('/rest/attributes', requireUser(), (req, res) => {
    res.json(req.directory.user?.attributes)
  })
  app.use(directory.errorHandler)

  const server = app.listen(Number(process.env['PORT'] ?? 8044), '127.0.0.1')
  server.once('listening', () => console.log(`Listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`))
  process.once('SIGTERM', () => {
    server.close(() => void directory.close().then(() => client.close()))
  })
}

void start()
