/**
 * Users, groups and sessions in PostgreSQL.
 *
 * The tables are those that `npx express-4d-directory export --directory Settings/directory.json --format sql` writes, so that the users of a 4D project come
 * along with their passwords, lifted from MD5 to bcrypt; users-table.ts asks them, and says what to change for a table of your own.
 *
 * Run it: DATABASE_URL=postgres://... node --import tsx demo/recipes/postgres-users/server.ts
 * Try it: curl -X POST -H 'username-4D: jsmith' -H 'password-4D: smith' 'http://127.0.0.1:8044/rest/$directory/login'
 */
import type { AddressInfo } from 'node:net'

import express from 'express'
import { directoryRouter, requireGroup, requireUser } from 'express-4d-directory'
import { PostgresSessionStore, postgresSchema } from 'express-4d-directory/postgres'
import { Pool } from 'pg'

import { UsersTable } from './users-table.js'

async function start(): Promise<void> {
  // Timeouts on every way to wait, or requests pile up behind a database that hangs. Below providerTimeoutMilliseconds, so that a query ends before its answer.
  const pool = new Pool({
    connectionString: process.env['DATABASE_URL'],
    connectionTimeoutMillis: 2000,
    statement_timeout: 4000,
    query_timeout: 4500
  })
  // Without a listener, a restart of the database would end the process.
  pool.on('error', (error: Error) => console.error(`PostgreSQL: ${error.message}`))
  // In production these belong to your migrations, run by a role that owns the schema.
  await pool.query(postgresSchema())
  await pool.query(UsersTable.migration)

  const users = new UsersTable(pool)
  const directory = directoryRouter({ provider: users, store: new PostgresSessionStore({ pool }) })

  const app = express().disable('x-powered-by')
  app.use('/rest', directory)
  app.get('/rest/Employee', requireGroup('Sales'), (_req, res) => {
    res.json([])
  })
  app.post('/rest/password', requireUser(), express.json(), async (req, res) => {
    const [password, newPassword] = readTwoStrings(req.body)
    const userName = req.directory.user?.userName ?? ''
    // Through `login`, which the throttle watches: whoever has found an unlocked screen is not to guess here.
    const user = newPassword === '' ? null : await req.directory.login({ userName, password })
    if (user === null) {
      res.status(403).json({ result: false })
      return
    }
    await users.setPassword(user.ID, await directory.passwords.hash(newPassword))
    // What logged in before the change ends at its next revalidation. That includes this very session, so it begins anew; the others need not wait for it.
    await req.directory.signIn(user)
    await directory.sessions.endUser(user.ID, req.directory.session ? { except: req.directory.session.handle } : {})
    res.json({ result: true })
  })
  app.use(directory.errorHandler)

  const server = app.listen(Number(process.env['PORT'] ?? 8044), '127.0.0.1')
  server.once('listening', () => console.log(`Listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`))
  process.once('SIGTERM', () => {
    // The pool is ours to end: the directory ends what it has opened itself.
    server.close(() => void directory.close().then(() => pool.end()))
  })
}

function readTwoStrings(body: unknown): readonly [string, string] {
  const [first, second] = Array.isArray(body) ? (body as readonly unknown[]) : []
  return [typeof first === 'string' ? first : '', typeof second === 'string' ? second : '']
}

void start()
