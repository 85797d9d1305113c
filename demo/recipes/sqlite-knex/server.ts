/**
 * Users in SQLite, by Knex; README.md beside this file says how to run it.
 *
 * Try it: curl -X POST -H 'username-4D: jsmith' -H 'password-4D: smith' 'http://127.0.0.1:8044/rest/$directory/login'
 */
import type { AddressInfo } from 'node:net'

import express from 'express'
import { directoryRouter, requireGroup } from 'express-4d-directory'
import { knex } from 'knex'

import { KnexUsers } from './knex-users.js'
import { LibsqlClient } from './libsql-client.js'

async function start(): Promise<void> {
  const database = knex({
    client: LibsqlClient,
    connection: { filename: process.env['DATABASE_FILE'] ?? 'users.db' },
    useNullAsDefault: true
  })
  const users = new KnexUsers(database)
  await users.migrate()

  const directory = directoryRouter({ provider: users })
  await users.add('jsmith', await directory.passwords.hash('smith'), 'Sales')

  const app = express().disable('x-powered-by')
  app.use('/rest', directory)
  app.get('/rest/Employee', requireGroup('Sales'), (_req, res) => {
    res.json([])
  })
  app.use(directory.errorHandler)

  const server = app.listen(Number(process.env['PORT'] ?? 8044), '127.0.0.1')
  server.once('listening', () => console.log(`Listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`))
  process.once('SIGTERM', () => {
    server.close(() => void directory.close().then(() => database.destroy()))
  })
}

void start()
