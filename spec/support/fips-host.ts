import type { AddressInfo } from 'node:net'

import { hashSync } from 'bcryptjs'
import express from 'express'

import { directoryRouter, hashPassword, StaticProvider } from '../../lib/index.js'
import { sessionConsole } from '../../lib/console.js'

// A server with the default throttle and hasher, for a host without MD5: `fips-host.ts KIND` says its address, or why it cannot start.
const [kind = ''] = process.argv.slice(2)
const digest = 'MXvDSbcei5DDJ2R1mXJnIw=='

async function start(): Promise<void> {
  if (kind === 'hash-password') await hashPassword('smith')
  const passwordHash = kind === 'digests' ? digest : hashSync('smith', 4)
  const users = [{ ID: '1', userName: 'jsmith', fullName: 'John Smith', passwordHash }]
  const groups = [{ ID: '1', name: 'Operators', users: ['jsmith'] }]
  const provider = new StaticProvider({ users, groups })
  const directory = directoryRouter({
    provider,
    rest: { digestLogin: kind === 'digest-login' },
    cookie: { secrets: ['a secret of 32 characters or more'] }
  })
  const app = express()
  app.use('/rest', directory)
  app.use('/console', sessionConsole(directory, { group: 'Operators' }))
  const server = app.listen(0, '127.0.0.1', () => console.log(`at http://127.0.0.1:${(server.address() as AddressInfo).port}`))
}

start().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
})
