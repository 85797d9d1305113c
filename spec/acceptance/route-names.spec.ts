import { describe, expect, it } from 'vitest'

import { endpoints } from '../../lib/http/directory-routes.js'
import { serve } from '../support/serve.js'
import { ask } from '../support/visitor.js'

/** What metrics and traces take for the name of a route, of each request once it is answered. */
async function serveNames(mountPath = '/rest') {
  const names: string[] = []
  const datastoreFunctions = { authentify: () => true, alias: () => true }
  const { url } = await serve({ rest: { datastoreFunctions } }, (app, directory) => {
    app.use((req, res, next) => {
      res.on('finish', () => {
        const { path } = (req.route ?? {}) as { readonly path?: unknown }
        names.push(typeof path === 'string' ? req.baseUrl + path : String(path))
      })
      next()
    })
    app.use(mountPath, directory)
    app.get(`${mountPath}/Employee/:id`, (_req, res) => void res.json({}))
  })
  return { names, url: url + mountPath }
}

describe('the name of a route, which instrumentations show', () => {
  it("is the endpoint's own, wherever that is mounted", async () => {
    const { names, url } = await serveNames('/api/rest')

    for (const { name } of endpoints) await ask(`${url}/$directory/${name}`, { method: 'POST' })

    expect(names).toEqual(endpoints.map(({ name }) => `/api/rest/$directory/${name}`))
  })

  it.each([
    ['/%24directory/currentUser', '/rest/$directory/currentUser'],
    ['/$DIRECTORY/CURRENTUSER/?a=b', '/rest/$directory/currentUser'],
    ['/$directory/currentUserBelongsTo("Sales")', '/rest/$directory/currentUserBelongsTo'],
    ['/Employee/7', '/rest/Employee/:id']
  ])('does not hold what clients write: %s', async (path, name) => {
    const { names, url } = await serveNames()

    await ask(url + path)

    expect(names).toEqual([name])
  })

  it('is there for each function of the datastore', async () => {
    const { names, url } = await serveNames()

    for (const name of ['authentify', 'alias']) await ask(`${url}/$catalog/${name}`, { method: 'POST' })

    expect(names).toEqual(['/rest/$catalog/authentify', '/rest/$catalog/alias'])
  })

  it('is nobody of whatever else is asked of the directory', async () => {
    const { names, url } = await serveNames()

    const answers = [await ask(`${url}/$directory/users`), await ask(`${url}/$directory/login`, { method: 'PUT' })]

    expect(answers.map(({ status }) => status)).toEqual([404, 405])
    expect(names[0]).not.toContain('users')
    expect(names[1]).toBe('/rest/$directory/login')
  })
})
