import { resolve } from 'node:path'

import { describe, expect, it, onTestFinished } from 'vitest'

import { directoryRouter, type DirectoryRouterOptions } from '../../lib/index.js'
import { Program } from '../support/program.js'
import { serve } from '../support/serve.js'
import { ask } from '../support/visitor.js'
import { mountBehindProxy, mountWithPage } from '../support/ways-to-log-in.js'

/** Serves one login and closes its server, and never the directory. */
const program = `
  const { createServer, request } = require('node:http')
  const express = require('express')
  const { directoryRouter, hashPassword, StaticProvider } = require(${JSON.stringify(resolve('lib/index.ts'))})
  hashPassword('smith', { cost: 4 }).then((passwordHash) => {
    const users = [{ ID: '1', userName: 'jsmith', fullName: '', passwordHash }]
    const app = express()
    app.use('/rest', directoryRouter({ provider: new StaticProvider({ users }) }))
    const server = createServer(app).listen(0, '127.0.0.1', () => {
      const headers = { 'username-4D': 'jsmith', 'password-4D': 'smith' }
      const { port } = server.address()
      request({ port, host: '127.0.0.1', method: 'POST', path: '/rest/$directory/login', headers, agent: false }, (answer) => {
        answer.resume().on('end', () => server.close(() => console.log('closed after ' + answer.statusCode)))
      }).end()
    })
  })`

describe('A process', () => {
  it('that has served a login and closed its server ends by itself, without directory.close()', async () => {
    const host = new Program(process.execPath, '--import', 'tsx', '--eval', program)
    onTestFinished(() => host.kill())

    await host.says(/closed after 200/)

    expect(await host.ends()).toBe(0)
  }, 60_000)
})

describe('A process warning', () => {
  const warningsOf = (options: { trustProxy: boolean }) => {
    const heard: (string | undefined)[] = []
    const onWarning = (warning: Error & { code?: string }) => void heard.push(warning.code)
    process.on('warning', onWarning)
    onTestFinished(() => void process.off('warning', onWarning))
    return { heard, mount: options.trustProxy ? mountBehindProxy : mountWithPage }
  }

  it.each([{ 'x-forwarded-for': '192.0.2.1' }, { forwarded: 'for=192.0.2.1' }])(
    'tells once of a proxy that is not trusted, at the first %j',
    async (headers) => {
      const { heard, mount } = warningsOf({ trustProxy: false })
      const { url } = await serve({}, mount)

      await ask(`${url}/rest/$directory/currentUser`)
      const before = [...heard]
      for (let turn = 0; turn < 3; turn++) await ask(`${url}/rest/$directory/currentUser`, { headers })

      expect(before).toEqual([])
      expect(heard).toEqual(['EXPRESS_4D_DIRECTORY_TRUST_PROXY'])
    }
  )

  it('tells nothing where the proxy is trusted', async () => {
    const { heard, mount } = warningsOf({ trustProxy: true })
    const { url } = await serve({}, mount)

    for (const headers of [{ 'x-forwarded-for': '192.0.2.1' }, { forwarded: 'for=192.0.2.1' }]) {
      await ask(`${url}/rest/$directory/currentUser`, { headers })
    }

    expect(heard).toEqual([])
  })
})

describe('A6.3.2: a directory without a provider', () => {
  it.each([undefined, null, {}, { provider: undefined }, { provider: null }, { provider: {} }, { provider: { belongsTo: () => false } }])(
    'is not made: %j',
    (options) => {
      const make = () => directoryRouter(options as unknown as DirectoryRouterOptions)

      expect(make).toThrow(/provider|an object of options/)
    }
  )

  it.each(['admin', 'administrator', 'Administrator', 'designer', 'super_user', 'default_guest', 'guest', 'root', ''])(
    'is no way around: there is no account of its own, such as "%s"',
    async (userName) => {
      const provider = { findUser: () => Promise.resolve(null), belongsTo: () => Promise.resolve(true) }
      const { url, directory } = await serve({ provider, rest: { allowEmptyPasswords: true }, throttle: false })

      for (const password of ['', userName, 'admin', 'password']) {
        const headers = { 'username-4D': userName, 'password-4D': password }
        await ask(`${url}/rest/$directory/login`, { method: 'POST', headers })
      }

      expect((await directory.sessions.count()).signedIn).toBe(0)
    }
  )
})
