/**
 * Users in MongoDB; README.md beside this file says how to run it.
 *
 * Try it: curl -X POST -H 'username-4D: jsmith' -H 'password-4D: smith' 'http://127.0.0.1:8044/rest/$directory/login'
 */
import type { AddressInfo } from 'node:net'

import express from 'express'
import { directoryRouter, requireGroup } from 'express-4d-directory'
import { MongoClient } from 'mongodb'

import { MongoUsers, type UserDocument } from './mongo-users.js'

async function start(): Promise<void> {
  // Below providerTimeoutMilliseconds, so that a question ends before its answer.
  const client = new MongoClient(process.env['MONGODB_URL'] ?? 'mongodb://127.0.0.1:27017/shop', {
    serverSelectionTimeoutMS: 2000,
    timeoutMS: 4000
  })
  const users = new MongoUsers(client.db().collection<UserDocument>('users'))
  await users.migrate()

  const directory = directoryRouter({ provider: users })
  const passwordHash = await directory.passwords.hash('smith')
  await users.add({ name: 'jsmith', email: 'jsmith@example.com', passwordHash, groups: ['Sales'] })

  const app = express().disable('x-powered-by')
  app.use('/rest', directory)
  app.get('/rest/Employee', requireGroup('Sales'), (_req, res) => {
    res.json([])
  })
  app.use(directory.errorHandler)

  const server = app.listen(Number(process.env['PORT'] ?? 8044), '127.0.0.1')
  server.once('listening', () => console.log(`Listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`))
  process.once('SIGTERM', () => {
    server.close(() => void directory.close().then(() => client.close()))
  })
}

void start()
