/**
 * What runs in the container: users in PostgreSQL, sessions and login throttle in Redis, behind nginx. README.md beside this file says how to start it all.
 */
import express from 'express'
import { directoryRouter, requireGroup } from 'express-4d-directory'
import { sessionConsole } from 'express-4d-directory/console'
import { RedisLoginThrottle, RedisSessionStore } from 'express-4d-directory/redis'
import { Pool } from 'pg'
import { createClient } from 'redis'

import { UsersTable } from '../recipes/postgres-users/users-table.js'

const { DATABASE_URL, REDIS_URL = '', HOST = '0.0.0.0', PORT = '8044' } = process.env

const pool = new Pool({ connectionString: DATABASE_URL, connectionTimeoutMillis: 2000, statement_timeout: 4000, query_timeout: 4500 })
pool.on('error', (error: Error) => console.error(`PostgreSQL: ${error.message}`))
const client = createClient({ url: REDIS_URL })
client.on('error', (error: Error) => console.error(`Redis: ${error.message}`))
// Neither is waited for: the container starts, answers 503 until they are there, and recovers by itself.
void client.connect()

const directory = directoryRouter({
  provider: new UsersTable(pool),
  store: new RedisSessionStore({ client }),
  throttle: new RedisLoginThrottle({ client }),
  quotas: { sessionsPerUser: 20 }
})
directory.events.on('event', (event) => console.log(JSON.stringify(event)))

const app = express().disable('x-powered-by')
// The addresses of container networks, where nginx is. What clients send under the names of its headers, nginx writes over.
app.set('trust proxy', ['loopback', 'uniquelocal'])
app.get('/live', (_req, res) => {
  res.sendStatus(204)
})
app.get('/ready', (_req, res) => {
  res.sendStatus(directory.closing.aborted ? 503 : 204)
})
app.use('/rest', directory)
app.get('/rest/Employee', requireGroup('Sales'), (req, res) => {
  res.json({ for: req.directory.user?.fullName })
})
app.use('/console', sessionConsole(directory, { group: 'Administrators' }))
app.use(directory.errorHandler)

const server = app.listen(Number(PORT), HOST, () => console.log(`Listening on http://${HOST}:${PORT}`))

process.once('SIGTERM', () => void shutDown())

async function shutDown(): Promise<void> {
  server.close(() => {
    client.destroy()
    void pool.end()
  })
  await directory.close()
  setTimeout(() => server.closeAllConnections(), 1000).unref()
}
