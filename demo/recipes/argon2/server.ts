/**
 * Passwords hashed by argon2; README.md beside this file says how to run it.
 *
 * Try it: curl -X POST -H 'username-4D: jsmith' -H 'password-4D: smith' 'http://127.0.0.1:8044/rest/$directory/login'
 */
import type { AddressInfo } from 'node:net'

import express from 'express'
import { type DirectoryProvider, directoryRouter, hashPassword, type UserRecord } from 'express-4d-directory'

import { Argon2Passwords } from './argon2-passwords.js'

async function start(): Promise<void> {
  const passwords = new Argon2Passwords()
  // Two users of before, and one who has set a password since. A real app has them in a table.
  const users = new Map<string, UserRecord>([
    ['jsmith', { ID: '1', userName: 'jsmith', fullName: 'John Smith', passwordHash: await hashPassword('smith') }],
    ['john', { ID: '2', userName: 'john', fullName: 'John', passwordHash: await passwords.hash('123') }]
  ])
  const provider: DirectoryProvider = {
    findUser: (userName) => Promise.resolve(users.get(userName.toLowerCase()) ?? null),
    updatePasswordHash({ userName, passwordHash: old }, passwordHash) {
      const user = users.get(userName)
      // The user may have set another password meanwhile.
      if (user?.passwordHash !== old) return Promise.resolve()
      users.set(userName, { ...user, passwordHash })
      console.log(`The hash of ${userName} is argon2id now`)
      return Promise.resolve()
    }
  }
  const directory = directoryRouter({ provider, passwords, rest: { digestLogin: false } })

  const app = express().disable('x-powered-by')
  app.use('/rest', directory)
  app.use(directory.errorHandler)

  const server = app.listen(Number(process.env['PORT'] ?? 8044), '127.0.0.1')
  server.once('listening', () => console.log(`Listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`))
  process.once('SIGTERM', () => {
    server.close(() => void directory.close().then(() => passwords.close()))
  })
}

void start()
