/**
 * A site with a login page of its own; README.md beside this file says what it shows.
 *
 * Run it: node --import tsx demo/recipes/login-page/server.ts
 * Try it: open http://127.0.0.1:8044/account as jsmith with the password smith, or as anna with kuhn and a code of an authenticator app.
 */
import type { AddressInfo } from 'node:net'

import { hashPassword } from 'express-4d-directory'

import { type Account, Accounts } from './accounts.js'
import { createSite } from './site.js'

const beginning = { credentialsChangedAt: null, totpSecret: null, usedStep: 0, tries: { step: 0, count: 0 } }

async function start(): Promise<void> {
  const totpSecret = process.env['TOTP_SECRET'] ?? 'JBSWY3DPEHPK3PXP'
  const users: readonly Account[] = [
    {
      ...beginning,
      ID: '1',
      userName: 'jsmith',
      fullName: 'John Smith',
      email: 'jsmith@example.com',
      passwordHash: await hashPassword('smith')
    },
    {
      ...beginning,
      ID: '2',
      userName: 'anna',
      fullName: 'Anna Kuhn',
      email: 'anna@example.com',
      passwordHash: await hashPassword('kuhn'),
      totpSecret
    }
  ]
  const { app, directory } = createSite(new Accounts(users), (to, text) => console.log(`Mail to ${to}: ${text}`))

  const server = app.listen(Number(process.env['PORT'] ?? 8044), '127.0.0.1')
  server.once('listening', () => console.log(`Listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`))
  console.log(`The authenticator app of anna takes otpauth://totp/anna?secret=${totpSecret}`)
  process.once('SIGTERM', () => server.close(() => void directory.close()))
}

void start()
