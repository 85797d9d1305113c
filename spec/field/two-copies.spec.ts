import express, { type ErrorRequestHandler } from 'express'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'

import { DirectoryError, directoryRouter, requireGroup, requireUser, StaticProvider } from '../../lib/index.js'
import { packageVersion } from '../../lib/http/contract.js'
import { manifest } from '../support/packed-package.js'
import { groups, users } from '../support/seed-directory.js'
import { listen } from '../support/serve.js'
import { ask } from '../support/visitor.js'

type Package = typeof import('../../lib/index.js')

// A monorepo installs a package twice, and `jest.resetModules` loads it anew: classes of the same name are others then.
async function anotherCopy(): Promise<Package> {
  vi.resetModules()
  return import('../../lib/index.js')
}

afterEach(() => {
  vi.doUnmock('../../lib/http/contract.js')
})

async function serveWith(mount: (app: express.Express) => void): Promise<string> {
  const app = express()
  mount(app)
  app.use(((error: unknown, _req, res, next) => {
    if (error instanceof Error) res.status(500).send(error.message)
    else next(error)
  }) satisfies ErrorRequestHandler)
  const { server, url } = await listen(app)
  onTestFinished(() => void server.close())
  return url
}

function directoryOf(
  { directoryRouter: make, StaticProvider: Provider }: Pick<Package, 'directoryRouter' | 'StaticProvider'>,
  name = 'WASID4D'
) {
  const directory = make({ provider: new Provider({ users, groups }), cookie: { name } })
  onTestFinished(() => directory.close())
  return directory
}

describe('two copies of the package in one process', () => {
  it("know each other's errors by instanceof, and nobody else's", async () => {
    const other = await anotherCopy()
    const theirs = new other.DirectoryError('ERR_LOGIN_REQUIRED', 'A logged-in user is required')
    class OwnError extends DirectoryError {}

    expect(other.DirectoryError).not.toBe(DirectoryError)
    expect([theirs instanceof DirectoryError, new DirectoryError('ERR_BODY', '') instanceof other.DirectoryError]).toEqual([true, true])
    expect([theirs instanceof OwnError, new OwnError('ERR_BODY', '') instanceof OwnError]).toEqual([false, true])
    for (const stranger of [new Error('no'), { code: 'ERR_BODY' }, null, undefined, 'ERR_BODY'] as unknown[])
      expect(stranger instanceof DirectoryError).toBe(false)
  })

  it("guard each other's requests and render each other's refusals", async () => {
    const other = await anotherCopy()
    const directory = directoryOf({ directoryRouter, StaticProvider })
    const theirs = directoryOf(other)
    const url = await serveWith((app) => {
      app.use('/rest', directory)
      app.get('/rest/user', other.requireUser(), (_req, res) => void res.json('in'))
      app.get('/rest/group', other.requireGroup('Sales'), (_req, res) => void res.json('in'))
      app.use(theirs.errorHandler)
    })

    const nobody = await ask(`${url}/rest/user`)
    const login = await ask(`${url}/rest/$directory/login`, {
      method: 'POST',
      headers: { 'username-4D': 'jsmith', 'password-4D': 'smith' }
    })
    const cookie = login.setCookies[0]?.split(';')[0] ?? ''
    const members = await Promise.all(['user', 'group'].map((path) => ask(`${url}/rest/${path}`, { headers: { cookie } })))

    expect([nobody.status, nobody.body]).toEqual([401, { __ERROR: [expect.objectContaining({ errCode: 1 })] }])
    expect(members.map(({ text, headers }) => [text, headers['cache-control']])).toEqual(Array(2).fill(['"in"', 'no-store']))
  })

  it('each send their cookie in one answer', async () => {
    const other = await anotherCopy()
    const url = await serveWith((app) => {
      app.use(directoryOf({ directoryRouter, StaticProvider }, 'FIRST'), directoryOf(other, 'SECOND'))
      app.get('/page', (_req, res) => void res.json('page'))
    })

    const { setCookies } = await ask(`${url}/page`)

    expect(setCookies.map((cookie) => cookie.split('=')[0]).toSorted((a = '', b = '') => a.localeCompare(b))).toEqual(['FIRST', 'SECOND'])
  })
})

describe('two versions of the package that know nothing of each other', () => {
  it('are told of by a guard, with both numbers', async () => {
    vi.doMock('../../lib/http/contract.js', async (importOriginal) => ({
      ...(await importOriginal<object>()),
      contractNumber: 99,
      packageVersion: '7.8.9'
    }))
    const later = await anotherCopy()
    const url = await serveWith((app) => {
      app.use('/rest', directoryOf(later))
      app.get('/rest/user', requireUser(), (_req, res) => void res.json('in'))
      app.get('/rest/group', requireGroup('Sales'), (_req, res) => void res.json('in'))
    })

    for (const path of ['user', 'group']) {
      const { status, text } = await ask(`${url}/rest/${path}`)
      expect(status).toBe(500)
      expect(text).toContain(packageVersion)
      expect(text).toContain('7.8.9')
    }
  })

  it('name the version of the package', () => {
    expect(packageVersion).toBe((manifest as { readonly version?: string }).version)
  })
})
