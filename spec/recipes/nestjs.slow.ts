import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { runRecipe, type RunningRecipe } from '../support/recipe.js'
import { type Answer, Visitor } from '../support/visitor.js'

describe('The recipe "nestjs"', () => {
  let recipe: RunningRecipe
  beforeAll(async () => {
    recipe = await runRecipe('nestjs/server.ts')
  })
  afterAll(() => recipe.program.kill())

  async function loggedIn(userName: string, password: string): Promise<Visitor> {
    const visitor = new Visitor(recipe.url)
    await visitor.logsInAs(userName, password)
    return visitor
  }

  const codeOf = ({ body }: Answer) => (body as { __ERROR?: readonly { errCode: number }[] }).__ERROR?.[0]?.errCode

  it('serves a public route to nobody and to a user, who is its parameter', async () => {
    const [nobody, jsmith] = [new Visitor(recipe.url), await loggedIn('jsmith', 'smith')]

    const answers = [(await nobody.asks('/')).body, (await jsmith.asks('/')).body]

    expect(answers).toEqual([{ user: null }, { user: { ID: '1', userName: 'jsmith', fullName: 'John Smith' } }])
    expect(nobody.sessionId).toBeNull()
  })

  it('asks for a user everywhere else, and keeps what only users see from caches', async () => {
    const [nobody, jsmith] = [new Visitor(recipe.url), await loggedIn('jsmith', 'smith')]

    const [refused, served] = [await nobody.asks('/me'), await jsmith.asks('/me')]

    expect([refused.status, codeOf(refused), served.status]).toEqual([401, 1, 200])
    expect(served.body).toMatchObject({ userName: 'jsmith' })
    expect(served.headers['cache-control']).toBe('no-store')
  })

  it('lets members of the group of a route in', async () => {
    const [jsmith, anna] = [await loggedIn('jsmith', 'smith'), await loggedIn('anna', 'kuhn')]

    const [refused, served] = [await jsmith.asks('/figures'), await anna.asks('/figures')]

    expect([refused.status, codeOf(refused), served.status]).toEqual([403, 2, 200])
  })

  it('opens a session with the first write, and carries it through the login', async () => {
    const visitor = new Visitor(recipe.url)
    const wish = (item: string) =>
      visitor.asks('/wishes', { method: 'POST', body: JSON.stringify({ item }), headers: { 'content-type': 'application/json' } })

    await wish('pen')
    await visitor.logsInAs('jsmith', 'smith')

    expect((await wish('ink')).body).toEqual({ wishes: ['pen', 'ink'] })
  })

  it('ends cleanly', async () => {
    recipe.program.send('SIGTERM')

    expect(await recipe.program.ends()).toBe(0)
  })
})
