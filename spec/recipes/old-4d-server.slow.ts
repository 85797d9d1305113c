import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'

import { hash as bcryptHash } from 'bcryptjs'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'

import { Authentify4DServer } from '../../demo/recipes/old-4d-server/authentify-4d-server.js'
import { Old4DServer } from '../../demo/recipes/old-4d-server/old-4d-server.js'
import { digest4D } from '../../lib/index.js'
import { fromSource, Program } from '../support/program.js'
import { runRecipe, type RunningRecipe } from '../support/recipe.js'
import { listen } from '../support/serve.js'
import { Visitor } from '../support/visitor.js'

const jsmith = { userName: 'jsmith', password: 'hidden-word' }

describe('The recipe "old-4d-server", before a 4D server with one licence,', () => {
  let folder: string
  let old: { program: Program; url: string }
  let recipe: RunningRecipe

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'recipe-'))
    const users = {
      designer: { alias: 'Boss', password: digest4D('pass') },
      jsmith: { password: digest4D('smith') },
      'zo\u00eb': { password: await bcryptHash('tr\u00e9s', 4) }
    }
    const directory = { users, groups: { Sales: { users: ['jsmith'] }, Office: { groups: ['Sales'] }, Managers: { users: ['Boss'] } } }
    await writeFile(join(folder, 'directory.json'), JSON.stringify(directory))
    const program = new Program(...fromSource, 'serve', '--directory', join(folder, 'directory.json'), '--port', '0', '--licences', '1')
    const [, url = ''] = await program.says(/(http:\S+\/rest)\/\$directory\/login/)
    old = { program, url }
    recipe = await runRecipe('old-4d-server/server.ts', { OLD_4D_URL: url, GROUPS: 'Sales,Office,Managers' })
  })
  afterAll(async () => {
    await Promise.all([old.program.kill(), recipe.program.kill()])
    await rm(folder, { recursive: true })
  })

  const visit = () => new Visitor(recipe.url, 'MOVED4D')

  it('lets in whom 4D lets in, one after the other, and gives the licence back each time', async () => {
    const [first, second] = [visit(), visit()]

    const statuses = [
      (await first.logsInAs('jsmith', 'smith')).status,
      (await second.logsInWithDigest('boss', 'pass')).status,
      (await visit().logsInByBody(['zo\u00eb', 'tr\u00e9s'])).status
    ]

    expect(statuses).toEqual([200, 200, 200])
    expect([await first.isKnownAs(), await second.isKnownAs()]).toEqual(['jsmith', 'Boss'])
    const atTheOldServer = new Visitor(old.url.replace('/rest', ''))
    expect((await atTheOldServer.logsInAs('jsmith', 'smith')).status).toBe(200)
    await atTheOldServer.logsOut()
    await old.program.says(/logout "jsmith"/)
  })

  it('knows the groups that 4D says the user is in, inner ones included', async () => {
    const [seller, boss] = [visit(), visit()]
    await seller.logsInAs('jsmith', 'smith')
    await boss.logsInAs('Boss', 'pass')

    const statuses = [(await seller.asks('/rest/Employee')).status, (await boss.asks('/rest/Employee')).status]
    const isInOffice = await seller.asks('/rest/$directory/currentUserBelongsTo', { method: 'POST', body: '["office"]' })

    expect(statuses).toEqual([200, 403])
    expect(isInOffice.body).toEqual({ result: true })
  })

  it('refuses whom 4D refuses, and what headers would change on the way', async () => {
    const attempts = [
      ['jsmith', 'Smith'],
      ['nobody', 'smith'],
      ['jsmith', 'smith '],
      [' jsmith', 'smith'],
      ['jsmith', 'smith\r\nhashed-password-4D: x']
    ]

    const answers = []
    for (const attempt of attempts) answers.push(await visit().logsInByBody(attempt))

    expect(answers.map(({ status, body }) => [status, body])).toEqual(attempts.map(() => [401, { result: false }]))
  })
})

describe('The recipe "old-4d-server", before a server that is not well,', () => {
  /** An old server that answers logins so. To everything else it says that it is well. */
  async function oldServer(answerLogin: RequestListener): Promise<{ provider: Old4DServer; asked: string[] }> {
    const asked: string[] = []
    const { server, url } = await listen((req, res) => {
      asked.push(req.url ?? '')
      if (req.url?.endsWith('/login')) answerLogin(req, res)
      else res.end(JSON.stringify({ result: req.url?.endsWith('/logout') ?? false }))
    })
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    return { provider: new Old4DServer(`${url}/rest`, ['Sales']), asked }
  }

  const failure = (promise: Promise<unknown>): Promise<unknown> => promise.then((value) => ({ value })).catch((error: unknown) => error)

  it.each([400, 402, 403, 404, 429, 500, 503])('takes %i for no answer, not for a refusal', async (status) => {
    const { provider } = await oldServer((_req, res) => res.writeHead(status).end(JSON.stringify({ result: true })))

    const error = await failure(provider.authenticate(jsmith))

    expect(error).toMatchObject({ message: `4D answered ${status}` })
  })

  it.each(['<html>', '{}', 'null', ''])('takes 200 with "%s" for no answer', async (body) => {
    const { provider } = await oldServer((_req, res) => res.end(body))

    expect(await failure(provider.authenticate(jsmith))).toBeInstanceOf(Error)
  })

  it('takes 200 with {"result":false} for a refusal', async () => {
    const { provider } = await oldServer((_req, res) => res.end('{"result":false}'))

    expect(await provider.authenticate(jsmith)).toBe(null)
  })

  it('follows no redirection with the password', async () => {
    const elsewhere = vi.fn<RequestListener>((_req, res) => void res.end('{"result":true}'))
    const { server, url } = await listen(elsewhere)
    onTestFinished(() => void server.close())
    const { provider } = await oldServer((_req, res) => res.writeHead(307, { location: `${url}/` }).end())

    const error = await failure(provider.authenticate(jsmith))

    expect(error).toBeInstanceOf(Error)
    expect(elsewhere).not.toHaveBeenCalled()
  })

  it('gives back the licence of a guest that came with a refusal', async () => {
    const { provider, asked } = await oldServer((_req, res) =>
      res.writeHead(401, { 'set-cookie': 'WASID4D=AB; Path=/' }).end('{"result":false}')
    )

    const user = await provider.authenticate(jsmith)

    expect(user).toBe(null)
    expect(asked).toEqual(['/rest/$directory/login', '/rest/$directory/logout'])
  })

  it('gives back the licence where the questions after the login fail', async () => {
    const { provider, asked } = await oldServer((_req, res) => res.writeHead(200, { 'set-cookie': 'WASID4D=AB' }).end('{"result":true}'))

    const error = await failure(provider.authenticate(jsmith))

    expect(error).toMatchObject({ message: '4D answered something else than a user' })
    expect(asked.at(-1)).toBe('/rest/$directory/logout')
  })

  it('is given up when it hangs, without a word of the password in what is thrown', async () => {
    vi.spyOn(AbortSignal, 'timeout').mockReturnValue(AbortSignal.abort(new DOMException('The operation was aborted', 'TimeoutError')))
    onTestFinished(() => void vi.restoreAllMocks())
    const { provider } = await oldServer(() => undefined)

    const error = await failure(provider.authenticate(jsmith))

    expect(error).toMatchObject({ message: '4D did not answer login', cause: { name: 'TimeoutError' } })
    expect(inspect(error, { depth: Infinity })).not.toContain('hidden-word')
  })

  it('fails to say whether somebody is in a group that it was not told of', async () => {
    const { provider } = await oldServer(() => undefined)
    const user = { ID: '1', userName: 'jsmith', fullName: 'John Smith' }

    expect(await provider.belongsTo(user, 'sales')).toBe(false)
    await expect(provider.belongsTo(user, 'Managers')).rejects.toThrow('GROUPS')
  })

  it('leaves the password out of what the app logs and answers', async () => {
    const { server, url } = await listen((_req, res) => void res.writeHead(500).end('hidden-word'))
    const { program, url: appUrl } = await runRecipe('old-4d-server/server.ts', { OLD_4D_URL: `${url}/rest` })
    onTestFinished(async () => {
      await program.kill()
      server.close()
    })

    const answer = await new Visitor(appUrl, 'MOVED4D').logsInAs('jsmith', 'hidden-word')

    await program.says(/provider\.authenticate failed/)
    expect(answer.status).toBe(503)
    expect(answer.text + program.printed + program.complaint).not.toContain('hidden-word')
  })

  it.each(['http://4d.example.com/rest', 'https://jsmith:smith@4d.example.com/rest'])('does not start with %s', (url) => {
    expect(() => new Old4DServer(url, [])).toThrow('OLD_4D_URL')
  })

  it('is not asked any more after ten failures of one account, in whatever spellings 4D would take', async () => {
    const { provider, asked } = await oldServer((_req, res) => res.writeHead(401).end('{"result":false}'))
    const spellings = ['jsmith', 'JSMITH', 'jsm\u00edth', 'jsmi\u0301th', 'j smith', '\uff4asmith', 'js\u00admith', 'j\u017fmith']

    const users = []
    for (let guess = 0; guess < 16; guess++)
      users.push(
        await provider.authenticate({ userName: spellings[guess % 8] ?? '', password: `guess ${guess}` }, { ip: `192.0.2.${guess}` })
      )

    expect(users).toEqual(Array(16).fill(null))
    expect(asked).toEqual(Array(10).fill('/rest/$directory/login'))
  })

  it('is not asked about a name with a wildcard', async () => {
    const { provider, asked } = await oldServer((_req, res) => res.end('{"result":true}'))

    expect(await provider.authenticate({ userName: 'jsm@', password: 'smith' })).toBeNull()
    expect(asked).toEqual([])
  })

  it('does not let in somebody whom it has found by another name', async () => {
    const { server, url } = await listen((req, res) => {
      const result = req.url?.endsWith('/currentUser') ? { userName: 'jsmith', fullName: 'John Smith', ID: 'AB' } : true
      res.setHeader('set-cookie', 'WASID4D=AB; Path=/').end(JSON.stringify({ result }))
    })
    onTestFinished(() => void server.close())
    const provider = new Old4DServer(`${url}/rest`, [])

    const users = [
      await provider.authenticate({ userName: 'JSMITH', password: 'x' }),
      await provider.authenticate({ userName: 'john', password: 'x' })
    ]

    expect(users).toMatchObject([{ userName: 'jsmith' }, null])
  })
})

describe('The recipe "old-4d-server" by authentify, before a 4D server in force-login mode with one licence,', () => {
  let folder: string
  let old: { program: Program; url: string }
  let recipe: RunningRecipe

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'recipe-'))
    const directory = { users: { jsmith: { password: digest4D('smith') } }, groups: { Sales: { users: ['jsmith'] } } }
    await writeFile(join(folder, 'directory.json'), JSON.stringify(directory))
    const options = ['--directory', join(folder, 'directory.json'), '--port', '0', '--licences', '1', '--force-login']
    const program = new Program(...fromSource, 'serve', ...options)
    const [, url = ''] = await program.says(/(http:\S+\/rest)\//)
    old = { program, url }
    recipe = await runRecipe('old-4d-server/server.ts', { OLD_4D_URL: url, OLD_4D_LOGIN: 'authentify' })
  })
  afterAll(async () => {
    await Promise.all([old.program.kill(), recipe.program.kill()])
    await rm(folder, { recursive: true })
  })

  it('lets in whom authentify lets in, with the privileges as groups, and gives the licence back each time', async () => {
    const visitors = [new Visitor(recipe.url, 'MOVED4D'), new Visitor(recipe.url, 'MOVED4D')]

    const statuses = []
    for (const visitor of visitors) statuses.push((await visitor.logsInAs('JSmith', 'smith')).status)
    const answers = await Promise.all(visitors.map((visitor) => visitor.asks('/rest/Employee')))

    expect(statuses).toEqual([200, 200])
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    await old.program.says(/logout "jsmith"/)
  })

  it('refuses whom authentify refuses, and digests', async () => {
    const visitor = new Visitor(recipe.url, 'MOVED4D')

    const answers = [await visitor.logsInAs('jsmith', 'wrong'), await visitor.logsInWithDigest('jsmith', 'smith')]

    expect(answers.map(({ status, body }) => [status, body])).toEqual(Array(2).fill([401, { result: false }]))
  })
})

describe('The recipe "old-4d-server" by a function of the application,', () => {
  async function application(answers: Readonly<Record<string, unknown>>) {
    const asked: { url: string; body: string }[] = []
    const { server, url } = await listen((req, res) => {
      let body = ''
      req.on('data', (chunk: Buffer) => (body += chunk.toString()))
      req.on('end', () => {
        asked.push({ url: req.url ?? '', body })
        res.setHeader('set-cookie', 'WASID4D=AB').end(JSON.stringify(answers[req.url ?? ''] ?? { result: null }))
      })
    })
    onTestFinished(() => void server.close())
    return { asked, url: `${url}/rest` }
  }

  it('calls it as the application wants, and logs out by the application', async () => {
    const { asked, url } = await application({
      '/rest/$catalog/enter': { result: { ok: true } },
      '/rest/$info/privileges': { privileges: [{ privilege: 'Sales' }] }
    })
    const provider = new Authentify4DServer(url, {
      login: 'enter',
      logout: 'leave',
      toArguments: (name, password) => [name, password],
      isLogin: (result) => (result as { ok?: unknown }).ok === true
    })

    const user = await provider.authenticate(jsmith)

    expect(user).toEqual({ ID: 'jsmith', userName: 'jsmith', fullName: 'jsmith' })
    expect(user && (await provider.belongsTo(user, 'sales'))).toBe(true)
    expect(asked).toEqual([
      { url: '/rest/$catalog/enter', body: '["jsmith","hidden-word"]' },
      { url: '/rest/$info/privileges', body: '' },
      { url: '/rest/$catalog/leave', body: '' }
    ])
  })

  it.each([{ result: 'Wrong password' }, { result: 1 }, { result: { success: true } }, { result: null }])(
    'takes %j for a refusal where it is not told otherwise, and gives the licence back',
    async (answer) => {
      const { asked, url } = await application({ '/rest/$catalog/authentify': answer })

      expect(await new Authentify4DServer(url).authenticate(jsmith)).toBeNull()
      expect(asked.map(({ url: path }) => path)).toEqual(['/rest/$catalog/authentify', '/rest/$directory/logout'])
    }
  )
})
