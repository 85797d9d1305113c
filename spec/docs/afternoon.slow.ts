import { once } from 'node:events'

import { afterAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'

import { page } from '../support/pages.js'
import { ReadersProject, type ReadersServer } from '../support/readers-project.js'
import { describeWithRedis } from '../support/redis-server.js'
import { conversationsIn, runCurl } from '../support/run-curl.js'
import { Visitor } from '../support/visitor.js'

const form = { 'content-type': 'application/x-www-form-urlencoded' }
const asBrowser = { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'none' }

/** Each step goes on where the one before it has ended, as a reader does. */
describe('An afternoon with the guides alone', () => {
  const project = new ReadersProject()
  afterAll(() => project.remove())

  it('begins with a project that answers as the page shows', async () => {
    project.follow('docs/getting-started.md')
    const { program, url } = await project.start()

    const jars = new Map<string, string>()
    for (const { command, answer } of conversationsIn(page('docs/getting-started.md'))) {
      expect(await runCurl(command.replace('http://127.0.0.1:8044', url), jars), command).toBe(answer)
    }
    await endsBySigterm(program)
  })

  it('goes on with a login page, "remember me", and the way back', async () => {
    project.follow('docs/login-page.md')
    const { program, url } = await project.start()
    const visitor = new Visitor(url)

    const guarded = await visitor.asks('/sales', { headers: asBrowser })
    const loginPage = await visitor.asks(guarded.headers['location'] ?? '', { headers: asBrowser })
    const wrong = await logIn(visitor, 'userName=jsmith&password=wrong&returnTo=%2Fsales')
    const passing = await logIn(new Visitor(url), 'userName=jsmith&password=smith&returnTo=%2F%2Fevil.example')
    const remembered = await logIn(visitor, 'userName=jsmith&password=smith&returnTo=%2Fsales&rememberMe=yes')

    expect([guarded.status, guarded.headers['location']]).toEqual([303, '/login?returnTo=%2Fsales'])
    expect(loginPage.text).toContain('name="returnTo" value="/sales"')
    expect(wrong).toMatchObject({ status: 401, text: expect.stringContaining('The name or the password is wrong.') as string })
    expect([passing.headers['location'], passing.setCookies.join()]).toEqual(['/', expect.not.stringContaining('Max-Age')])
    expect([remembered.headers['location'], remembered.setCookies.join()]).toEqual(['/sales', expect.stringContaining('Max-Age')])
    expect((await visitor.asks('/sales')).status).toBe(200)
    await endsBySigterm(program)
  })

  it('keeps a cart from before the login', async () => {
    project.follow('docs/sessions.md')
    const { program, url } = await project.start()
    const visitor = new Visitor(url)

    await visitor.asks('/cart/apple', { method: 'POST' })
    await logIn(visitor, 'userName=jsmith&password=smith')
    await visitor.asks('/cart/pear', { method: 'POST' })

    expect((await visitor.asks('/cart')).body).toEqual(['apple', 'pear'])
    await endsBySigterm(program)
  })

  it('takes its users from SQLite', async () => {
    project.follow('docs/users-and-groups.md')
    const first = await project.start()
    await endsBySigterm(first.program)
    const { program, url } = await project.start()
    const visitor = new Visitor(url)

    await logIn(visitor, 'userName=JSmith&password=smith')

    expect((await visitor.asks('/')).text).toBe('Hello jsmith')
    expect((await visitor.asks('/sales')).status).toBe(200)
    await endsBySigterm(program)
  })

  it('is tested by supertest', async () => {
    project.follow('docs/testing.md')

    const told = await project.test()

    expect(told).toMatch(/^# pass 3$/m)
    expect(told).toMatch(/^# fail 0$/m)
  })

  describeWithRedis('and with Redis', (redis) => {
    it('shares its sessions between two processes', async () => {
      project.follow('docs/several-processes.md')
      const [one, two] = await Promise.all([1, 2].map(() => project.start({ REDIS_URL: redis().url })))
      const visitor = new Visitor(urlOf(one))
      await logIn(visitor, 'userName=jsmith&password=smith')
      const elsewhere = new Visitor(urlOf(two))
      elsewhere.sessionId = visitor.sessionId

      const known = (await elsewhere.asks('/')).text
      await elsewhere.asks('/logout', { method: 'POST' })

      expect(known).toBe('Hello jsmith')
      expect((await visitor.asks('/')).status).toBe(401)
      for (const server of [one, two]) if (server) await endsBySigterm(server.program)
    })

    it('ends a WebSocket at the logout', async () => {
      project.follow('docs/sockets-and-streams.md')
      const { program, url } = await project.start({ REDIS_URL: redis().url, SOCKET_CHECK: '50' })
      const visitor = new Visitor(url)
      await logIn(visitor, 'userName=jsmith&password=smith')
      const stranger = new WebSocket(url.replace('http', 'ws'))
      const [refusal] = (await once(stranger, 'error')) as [Error]
      const socket = new WebSocket(url.replace('http', 'ws'), { headers: { cookie: `WASID4D=${visitor.sessionId}` } })
      const [greeting] = (await once(socket, 'message')) as [Buffer]

      await visitor.asks('/logout', { method: 'POST' })
      const [code] = (await once(socket, 'close')) as [number]

      expect(refusal.message).toContain('401')
      expect(greeting.toString()).toBe('Hello jsmith')
      expect(code).toBe(4401)
      await endsBySigterm(program)
    })
  })
})

function logIn(visitor: Visitor, body: string) {
  return visitor.asks('/login', { method: 'POST', headers: form, body })
}

function urlOf(server: ReadersServer | undefined): string {
  return server?.url ?? ''
}

async function endsBySigterm(program: ReadersServer['program']): Promise<void> {
  program.send('SIGTERM')
  expect(await program.ends()).toBe(0)
}
