import { describe, expect, it } from 'vitest'

import { endpoints } from '../../lib/http/directory-routes.js'
import { serve } from '../support/serve.js'
import { ask } from '../support/visitor.js'

/** Section 2 of the protocol, as the guide to clients of 4D documents it. */
const documented = [
  'GET,POST $directory/currentUser',
  'GET,POST $directory/currentUserBelongsTo',
  'POST $directory/login',
  'POST $directory/loginByKey',
  'POST $directory/loginByPassword',
  'GET,POST $directory/logout'
]

/** One route leads to all of the endpoints; a further one would be a request that nobody has documented. */
interface Layer {
  readonly route?: object
}

describe('A6.3.4: the route table', () => {
  it('equals the documented list', async () => {
    const { url, directory } = await serve()
    const { stack } = directory.router as unknown as { readonly stack: readonly Layer[] }
    const routes = stack.filter(({ route }) => route !== undefined)

    const table = await Promise.all(
      endpoints.map(async ({ name }) => {
        const { headers } = await ask(`${url}/rest/$directory/${name}`, { method: 'OPTIONS' })
        return `${headers['allow']?.replace(/, OPTIONS$/, '').replaceAll(', ', ',') ?? 'no methods'} $directory/${name}`
      })
    )

    expect(routes).toHaveLength(1)
    expect(table.toSorted((a, b) => a.localeCompare(b))).toEqual(documented.toSorted((a, b) => a.localeCompare(b)))
  })

  it('has nothing beside it: neither a route of Wakanda that is not documented, nor one of our own', async () => {
    const { url } = await serve()
    const names = [
      '',
      'addUser',
      'addSession',
      'users',
      'groups',
      'sessions',
      'setLoginListener',
      'computeHA1',
      'internalStoreAccess',
      'unlock',
      'close'
    ]

    const statuses = await Promise.all(
      names.flatMap((name) => ['GET', 'POST'].map(async (method) => (await ask(`${url}/rest/$directory/${name}`, { method })).status))
    )

    expect(new Set(statuses)).toEqual(new Set([404]))
  })
})
