import { randomBytes } from 'node:crypto'

import { compare } from 'bcryptjs'
import express from 'express'

import type { BenchApp, BenchAppOptions } from './bench-app.js'
import { peopleWithHashes, person } from './people.js'

/** Express alone: the answers without a session. What everything is compared with. */
export function bareApp({ cost }: BenchAppOptions): BenchApp {
  const [{ passwordHash } = { passwordHash: null }] = peopleWithHashes(cost)
  const app = express()
  app.get('/rest/me', (_req, res) => {
    res.json(person)
  })
  app.get('/rest/visit', (_req, res) => {
    res.json({ result: true })
  })
  app.post('/rest/enter', (_req, res) => {
    res.json({ result: true })
  })
  app.get('/rest/logout', (_req, res) => {
    res.json({ result: true })
  })
  app.post('/rest/login', (req, res, next) => {
    compare(String(req.headers['password-4d']), passwordHash ?? '').then((result) => res.json({ result }), next)
  })
  return { app, close: () => Promise.resolve() }
}

/** A mounted middleware that sets the same cookie and does nothing else: the floor. */
export function cookieOnlyApp(): BenchApp {
  const value = randomBytes(16).toString('hex').toUpperCase()
  const app = express()
  app.use('/rest', (_req, res, next) => {
    res.setHeader('Set-Cookie', `WASID4D=${value}; Max-Age=3600; Path=/; HttpOnly; SameSite=Lax`)
    next()
  })
  app.get('/rest/me', (_req, res) => {
    res.json(person)
  })
  app.get('/rest/visit', (_req, res) => {
    res.json({ result: true })
  })
  app.post('/rest/enter', (_req, res) => {
    res.json({ result: true })
  })
  return { app, close: () => Promise.resolve() }
}
