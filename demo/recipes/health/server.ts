/**
 * Health checks; README.md beside this file says how to run it.
 *
 * Try it: curl -i http://127.0.0.1:8044/health/ready
 */
import type { AddressInfo } from 'node:net'

import express from 'express'
import { directoryRouter, hashPassword, StaticProvider } from 'express-4d-directory'

import { healthChecks } from './health-checks.js'

async function start(): Promise<void> {
  const passwordHash = await hashPassword('smith')
  const provider = new StaticProvider({ users: [{ ID: '1', userName: 'jsmith', fullName: 'John Smith', passwordHash }] })
  const directory = directoryRouter({ provider })

  const app = express().disable('x-powered-by')
  app.use('/health', healthChecks(directory))
  app.use('/rest', directory)
  app.use(directory.errorHandler)

  const server = app.listen(Number(process.env['PORT'] ?? 8044), '127.0.0.1')
  server.once('listening', () => console.log(`Listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`))
  // Not ready any more, so that the load balancer sends nobody; then the requests under way come to their end.
  process.once('SIGTERM', () => {
    void directory.close()
    setTimeout(() => server.close(), Number(process.env['DRAIN_MILLISECONDS'] ?? 5000))
  })
}

void start()
