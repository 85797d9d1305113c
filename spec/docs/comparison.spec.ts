import express, { type RequestHandler } from 'express'
import session from 'express-session'
import { describe, expect, it, onTestFinished } from 'vitest'

import { Gate } from '../support/gate.js'
import { listen } from '../support/serve.js'
import { Visitor } from '../support/visitor.js'

declare module 'express-session' {
  interface SessionData {
    cart: string[]
  }
}

/** What the README's table says of express-session, shown on the one that is installed. That this package does otherwise is shown elsewhere. */
describe('express-session, as the README compares it:', () => {
  it.each([
    ['a request under way saves a session again that was logged out meanwhile', '/logout'],
    ['of two requests that write at once the later one wins', '/put/plum']
  ])('%s', async (_what, meanwhile) => {
    const gate = new Gate()
    const visitor = await visitorOf(gate)
    await visitor.asks('/put/apple')

    const late = visitor.asks('/put-late/pear')
    await gate.reached
    await visitor.asks(meanwhile)
    gate.open()
    await late

    expect((await visitor.asks('/cart')).body).toEqual(['apple', 'pear'])
  })
})

/** A visitor of a shop with a cart, in which `/put-late` waits before the gate. */
async function visitorOf(gate: Gate): Promise<Visitor> {
  const app = express()
  app.use(session({ secret: 'for this spec alone', resave: false, saveUninitialized: false }))
  const put: RequestHandler<{ item: string }> = (req, res) => {
    req.session.cart = [...(req.session.cart ?? []), req.params.item]
    res.json(req.session.cart)
  }
  app.get('/put/:item', put)
  app.get('/put-late/:item', (req, res, next) => void gate.pass().then(() => put(req, res, next)))
  app.get('/logout', (req, res) => {
    req.session.destroy(() => res.json(true))
  })
  app.get('/cart', (req, res) => {
    res.json(req.session.cart ?? [])
  })
  const { server, url } = await listen(app)
  onTestFinished(() => void server.close())
  return new Visitor(url, 'connect.sid')
}
