/**
 * Behind a proxy that speaks TLS to the world and plain HTTP to this app: nginx, with the configuration in nginx.conf beside this file.
 *
 * What matters is that both sides agree on four headers. nginx writes over whatever a client has sent of them, and Express believes them from this machine alone.
 *
 * Run it: node --import tsx demo/recipes/tls-proxy/server.ts
 * Try it: curl -k -X POST -H 'username-4D: jsmith' -H 'password-4D: smith' 'https://localhost/rest/$directory/login'
 */
import type { AddressInfo } from 'node:net'

import express from 'express'
import { directoryRouter, hashPassword, requireUser, StaticProvider } from 'express-4d-directory'

async function start(): Promise<void> {
  const passwordHash = await hashPassword('smith')
  const jsmith = { ID: '12F169764253481E89F0E4EA8C1D791A', userName: 'jsmith', fullName: 'John Smith', passwordHash }
  // `cookie.secure` is 'auto' by itself: the cookie gets `Secure` where X-Forwarded-Proto says https. Where no request comes but through the proxy, `true` and the
  // name '__Host-WASID4D' are better still.
  const directory = directoryRouter({ provider: new StaticProvider({ users: [jsmith] }) })

  const app = express().disable('x-powered-by')
  // Who the proxy is: this machine. Never `true`, which believes everybody, so that each guess of a password comes from another made-up address. For a proxy on
  // another machine its address, for a load balancer in front of nginx both.
  app.set('trust proxy', 'loopback')
  app.use('/rest', directory)
  app.get('/rest/address', requireUser(), (req, res) => {
    res.json({ address: req.ip, protocol: req.protocol, host: req.host })
  })
  app.use(directory.errorHandler)

  // On loopback: whoever could reach this port from elsewhere would get around the proxy.
  const server = app.listen(Number(process.env['PORT'] ?? 8044), '127.0.0.1')
  server.once('listening', () => console.log(`Listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`))
  process.once('SIGTERM', () => server.close(() => void directory.close()))
}

void start()
