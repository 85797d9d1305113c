/**
 * Traces by OpenTelemetry; README.md beside this file says how to run it.
 *
 * Try it: curl -X POST -H 'username-4D: jsmith' -H 'password-4D: smith' 'http://127.0.0.1:8044/rest/$directory/login'
 *         curl http://127.0.0.1:8044/spans
 */
import { exporter, tracerProvider } from './tracing.js'

import type { AddressInfo } from 'node:net'

import express from 'express'
import { directoryRouter, hashPassword, StaticProvider } from 'express-4d-directory'
import { RedisSessionStore } from 'express-4d-directory/redis'
import { createClient } from 'redis'

import { traceDirectory } from './trace-directory.js'

async function start(): Promise<void> {
  traceDirectory(tracerProvider.getTracer('express-4d-directory'))
  const client = createClient({ url: process.env['REDIS_URL'] ?? '' })
  client.on('error', (error: unknown) => console.error(error))
  await client.connect()
  const passwordHash = await hashPassword('smith')
  const provider = new StaticProvider({ users: [{ ID: '1', userName: 'jsmith', fullName: 'John Smith', passwordHash }] })
  const directory = directoryRouter({ provider, store: new RedisSessionStore({ client }) })

  const app = express().disable('x-powered-by')
  app.get('/spans', (_req, res) => {
    res.json(exporter.getFinishedSpans().map(showSpan))
  })
  app.use('/rest', directory)
  app.get('/rest/Employee/:id', (req, res) => {
    res.json({ ID: req.params.id })
  })
  app.use(directory.errorHandler)

  const server = app.listen(Number(process.env['PORT'] ?? 8044), '127.0.0.1')
  server.once('listening', () => console.log(`Listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`))
  process.once('SIGTERM', () => {
    server.close(() => void directory.close().then(() => client.close()))
  })
}

function showSpan(span: ReturnType<typeof exporter.getFinishedSpans>[number]) {
  const { traceId, spanId } = span.spanContext()
  return { name: span.name, traceId, spanId, parentSpanId: span.parentSpanContext?.spanId, attributes: span.attributes }
}

void start()
