/** Users of an OpenID Connect provider; README.md beside this file says how to run it. */
import type { AddressInfo } from 'node:net'

import express from 'express'
import { type DirectoryProvider, directoryRouter, requireUser } from 'express-4d-directory'

import { openidLogin } from './openid-login.js'

/** Nobody has a password here: the provider of OpenID Connect knows who they are. */
const nobody: DirectoryProvider = { findUser: () => Promise.resolve(null) }

async function start(): Promise<void> {
  const { ISSUER = '', CLIENT_ID = '', CLIENT_SECRET = '', BASE_URL = '', PORT = '8048' } = process.env
  const directory = directoryRouter({ provider: nobody, loginPage: '/login' })

  const app = express().disable('x-powered-by')
  app.use(directory.sessionMiddleware)
  app.use(
    await openidLogin({
      issuer: new URL(ISSUER),
      clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      redirectUri: new URL('/callback', BASE_URL)
    })
  )
  app.get('/', (req, res) => {
    res.json({ user: req.directory.user })
  })
  app.get('/me', requireUser(), (req, res) => {
    res.json(req.directory.user)
  })
  app.post('/logout', async (req, res) => {
    await req.directory.logout()
    res.redirect(303, '/')
  })
  app.use(directory.errorHandler)

  const server = app.listen(Number(PORT), '127.0.0.1')
  server.once('listening', () => console.log(`Listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`))
  process.once('SIGTERM', () => {
    server.close(() => void directory.close())
  })
}

void start()
