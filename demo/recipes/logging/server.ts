/**
 * Logs without secrets; README.md beside this file says how to run it.
 *
 * Try it: curl -X POST -H 'username-4D: jsmith' -H 'password-4D: smith' 'http://127.0.0.1:8044/rest/$directory/login'
 */
import type { AddressInfo } from 'node:net'

import express from 'express'
import { directoryRouter, hashPassword, StaticProvider } from 'express-4d-directory'
import morgan from 'morgan'
import { pino, stdSerializers } from 'pino'
import { pinoHttp } from 'pino-http'

import { logEvents } from './log-events.js'
import { redactMorgan, secretPaths, withoutQuery } from './redaction.js'

async function start(): Promise<void> {
  const passwordHash = await hashPassword('smith')
  const provider = new StaticProvider({ users: [{ ID: '1', userName: 'jsmith', fullName: 'John Smith', passwordHash }] })
  const directory = directoryRouter({ provider })
  const logger = pino({ redact: secretPaths })
  logEvents(directory, logger)
  redactMorgan(morgan)

  const app = express().disable('x-powered-by')
  app.use(
    pinoHttp({
      logger,
      serializers: {
        req(req: ReturnType<typeof stdSerializers.req>) {
          return { ...req, url: withoutQuery(req.url), query: undefined }
        }
      }
    })
  )
  app.use(morgan(':method :url :status cookie=:req[cookie] password=:req[password-4d] set-cookie=:res[set-cookie] agent=:req[user-agent]'))
  app.use('/rest', directory)
  app.use(directory.errorHandler)

  const server = app.listen(Number(process.env['PORT'] ?? 8044), '127.0.0.1')
  server.once('listening', () => console.log(`Listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`))
  process.once('SIGTERM', () => {
    server.close(() => void directory.close())
  })
}

void start()
