import express from 'express'
import { describe, expect, it, onTestFinished, vi } from 'vitest'

import { directoryRouter, type DirectoryRouterOptions, type RestDirectory, StaticProvider } from '../../lib/index.js'
import { groups, users } from '../support/seed-directory.js'
import { listen } from '../support/serve.js'
import { ask } from '../support/visitor.js'

async function warningsOf(cookies: readonly [DirectoryRouterOptions['cookie'], DirectoryRouterOptions['cookie']]): Promise<string[]> {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  const [first, second] = cookies.map((cookie) => makeDirectory(cookie)) as [RestDirectory, RestDirectory]
  const app = express()
  // The second in an app of its own, as a product that another team makes.
  app.use('/first', first).use('/second', express().use(second))
  const { server, url } = await listen(app)
  for (const path of ['/first/page', '/second/page', '/first/page', '/second/page']) await ask(url + path)
  server.close()
  const warnings = warn.mock.calls.map(([warning]) => String(warning))
  warn.mockRestore()
  return warnings
}

function makeDirectory(cookie: DirectoryRouterOptions['cookie']): RestDirectory {
  const directory = directoryRouter({ provider: new StaticProvider({ users, groups }), cookie })
  onTestFinished(() => directory.close())
  return directory
}

describe('two directories of one app', () => {
  it('with one cookie, which log each other out, are told of once with the cure, though no request meets both', async () => {
    const warnings = await warningsOf([{}, {}])

    expect(warnings).toEqual([expect.stringMatching(/WASID4D.*cookie\.name.*cookie\.path/)])
  })

  it.each<[string, DirectoryRouterOptions['cookie'], DirectoryRouterOptions['cookie']]>([
    ['names', { name: 'FIRST' }, { name: 'SECOND' }],
    ['paths', { path: '/first' }, { path: '/second' }]
  ])('with %s of their own are not', async (_what, first, second) => {
    expect(await warningsOf([first, second])).toEqual([])
  })
})
