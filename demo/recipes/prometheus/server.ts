/**
 * Figures for Prometheus; README.md beside this file says how to run it.
 *
 * Try it: curl -X POST -H 'username-4D: jsmith' -H 'password-4D: smith' 'http://127.0.0.1:8044/rest/$directory/login'
 *         curl http://127.0.0.1:9044/metrics
 */
import type { AddressInfo } from 'node:net'

import express from 'express'
import { directoryRouter, hashPassword, StaticProvider } from 'express-4d-directory'
import { collectDefaultMetrics, Registry } from 'prom-client'

import { registerDirectoryMetrics } from './directory-metrics.js'

async function start(): Promise<void> {
  const passwordHash = await hashPassword('smith')
  const provider = new StaticProvider({ users: [{ ID: '1', userName: 'jsmith', fullName: 'John Smith', passwordHash }] })
  const directory = directoryRouter({ provider, quotas: { sessions: 100 } })
  const register = new Registry()
  collectDefaultMetrics({ register })
  registerDirectoryMetrics(directory, register)

  const app = express().disable('x-powered-by')
  app.use('/rest', directory)
  app.use(directory.errorHandler)

  const figures = express().disable('x-powered-by')
  figures.get('/metrics', async (_req, res) => {
    res.type(register.contentType).send(await register.metrics())
  })

  const metricsServer = figures.listen(Number(process.env['METRICS_PORT'] ?? 9044), '127.0.0.1')
  metricsServer.once('listening', () => {
    console.log(`Metrics on http://127.0.0.1:${(metricsServer.address() as AddressInfo).port}/metrics`)
    const server = app.listen(Number(process.env['PORT'] ?? 8044), '127.0.0.1')
    server.once('listening', () => console.log(`Listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`))
    process.once('SIGTERM', () => {
      metricsServer.close()
      server.close(() => void directory.close())
    })
  })
}

void start()
