import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { hash as bcryptHash } from 'bcryptjs'
import type { Request } from 'express'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { WakandaClient } from 'wakanda-client'

import { authentify } from '../../lib/command/serve/authentify.js'
import { digest4D } from '../../lib/passwords/digest-4d.js'
import { fromSource, Program } from '../support/program.js'
import { describeWithRedis } from '../support/redis-server.js'
import { run } from '../support/run-command.js'
import { ask, Visitor } from '../support/visitor.js'

async function runCurlAt(socket: string): Promise<string> {
  const { stdout } = await promisify(execFile)('curl', ['-s', '--unix-socket', socket, 'http://localhost/rest/$directory/currentUser'])
  return stdout
}

let folder: string
let path: string
let project: { users: object; groups: object; settings?: object }
const programs: Program[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'serve-'))
  path = join(folder, 'directory.json')
  project = {
    users: {
      designer: { alias: 'Boss', password: digest4D('pass') },
      administrator: {},
      'zoe q': { password: (await bcryptHash('test', 4)).replace('$2b$', '$2y$') }
    },
    groups: { Sales: { users: ['Boss'] }, Office: { groups: ['Sales'] } }
  }
})
beforeEach(() => writeFile(path, JSON.stringify(project)))
afterEach(() => Promise.all(programs.splice(0).map((program) => program.kill())))
afterAll(() => rm(folder, { recursive: true }))

async function serving(...args: string[]): Promise<{ program: Program; url: string }> {
  return await servingIn({ PORT: '0' }, ...args)
}

/** The same with these variables in its environment. */
async function servingIn(environment: Record<string, string>, ...args: string[]): Promise<{ program: Program; url: string }> {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
  const program = new Program('env', '-u', 'HOST', ...variables, ...fromSource, 'serve', '--directory', path, ...args)
  programs.push(program)
  const [, shown, told] = await program.says(/(\S+)\/rest\/\$directory\/login|"url":"([^"]+)/)
  const url = shown ?? told ?? ''
  return { program, url }
}

describe('The command serve', () => {
  it('says what it serves and where, and ends cleanly on SIGTERM', async () => {
    const { program, url } = await serving()

    program.send('SIGTERM')

    expect(await program.ends()).toBe(0)
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(program.printed).toContain(`3 users and 2 groups of ${path}\n`)
    expect(program.printed).toContain(`${url}/ shows who holds the licences\n`)
    expect(program.printed).toContain('No limit of licences, sessions in memory. Ctrl+C ends it.\n')
    expect(program.complaint).toBe('')
  })

  it('logs in by both headers where the file holds a digest, by the password alone where it holds bcrypt, and tells of each', async () => {
    const { program, url } = await serving()
    const visitor = new Visitor(url)

    const statuses = [
      await visitor.logsInAs('boss', 'pass'),
      await visitor.logsInWithDigest('BOSS', 'pass'),
      await visitor.logsOut(),
      await visitor.logsInAs('zoe q', 'test'),
      await visitor.logsInWithDigest('zoe q', 'test'),
      await visitor.logsInAs('administrator', ''),
      await visitor.logsInAs('designer', 'pass')
    ].map((answer) => answer.status)

    expect(statuses).toEqual([200, 200, 200, 200, 401, 401, 401])
    program.send('SIGINT')
    expect(await program.ends()).toBe(0)
    const told = program.printed.split('\n').flatMap((line) => /^\d{4}-\S+Z (.*) from 127\.0\.0\.1$/.exec(line)?.[1] ?? [])
    expect(told).toEqual([
      'login "Boss"',
      'login "Boss"',
      'logout "Boss"',
      'login "zoe q"',
      'refused "zoe q": wrong password',
      'refused "administrator": empty password',
      'refused "designer": there is no such user'
    ])
    expect(program.printed + program.complaint).not.toContain(digest4D('pass'))
  })

  it('has as many licences as it is told', async () => {
    const { program, url } = await serving('--licences', '1')
    await new Visitor(url).logsInAs('Boss', 'pass')

    const answer = await new Visitor(url).logsInAs('zoe q', 'test')
    await program.says(/refused "zoe q": all licences are taken/)

    expect(answer.status).toBe(402)
  })

  it('has no licences to run out of unless it is told, as four runs of the curl line that it shows need', async () => {
    const { url } = await serving()

    const answers = await Promise.all(Array.from({ length: 4 }, () => new Visitor(url).logsInAs('Boss', 'pass')))

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  })

  it('lets one user have as many sessions as it is told, and ends the oldest', async () => {
    const { url } = await serving('--sessions-per-user', '1')
    const [first, second] = [new Visitor(url), new Visitor(url)]
    await first.logsInAs('Boss', 'pass')
    await second.logsInAs('Boss', 'pass')

    expect([await first.isKnownAs(), await second.isKnownAs()]).toEqual([null, 'Boss'])
  })

  it('logs in by authentify with --force-login, and lets three guests in with one licence', async () => {
    const { program, url } = await serving('--force-login', '--licences', '1')
    const [boss, zoe, guest] = [new Visitor(url), new Visitor(url), new Visitor(url)]
    const authentifies = (visitor: Visitor, body: unknown) => {
      return visitor.asks('/rest/$catalog/authentify', { method: 'POST', body: JSON.stringify(body) })
    }
    for (const visitor of [boss, zoe, guest]) await visitor.isKnownAs()

    const answers = [
      await authentifies(boss, [{ name: 'Boss', password: 'wrong' }]),
      await authentifies(boss, [{ name: 'Boss', password: 'pass' }]),
      await authentifies(zoe, ['zoe q', 'test'])
    ]
    const page = await ask(`${url}/`)
    await boss.logsOut()
    const late = await authentifies(zoe, ['zoe q', 'test'])

    expect(answers.map(({ status, body }) => [status, (body as { result?: unknown }).result])).toEqual([
      [200, false],
      [200, true],
      [402, undefined]
    ])
    expect(page.text).toContain('1 of 1 taken. Guests take none; there are 2.')
    expect(late.body).toEqual({ result: true })
    await program.says(/refused "zoe q": all licences are taken/)
    expect(program.printed).toContain('currentUserBelongsTo; $catalog/authentify\n')
  })

  it.each([[[]], [[null]], [['Boss']], [[{ name: 'Boss' }]], [[{ name: { $ne: '' }, password: 'pass' }]], [['Boss', ['pass']]]])(
    'answers false at authentify to what are no credentials: %j',
    async (body) => {
      const req = { directory: { login: () => Promise.reject(new Error('not to be asked')) } } as unknown as Request

      expect(await authentify(body, req)).toBe(false)
    }
  )

  it('opens no session for guests with --no-guests, and calls the cookie what it is told', async () => {
    const { url } = await serving('--no-guests', '--cookie-name', '4DSID_Shop')
    const visitor = new Visitor(url, '4DSID_Shop')
    await visitor.isKnownAs()
    const idOfGuest = visitor.sessionId
    await visitor.logsInAs('Boss', 'pass')

    expect(idOfGuest).toBeNull()
    expect(await visitor.isKnownAs()).toBe('Boss')
  })

  it('tells its operator alone why a login was refused, as one JSON object a line with --json', async () => {
    await writeFile(path, JSON.stringify({ ...project, settings: { localMobileAccessGroupRW: 'Sales' } }))
    const { program, url } = await serving('--json')

    const answers = []
    for (const name of ['Boss', 'zoe q', 'nobody']) answers.push(await new Visitor(url).logsInAs(name, 'wrong'))
    program.send('SIGTERM')
    await program.ends()

    const told = program.printed
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(told[0]).toMatchObject({ event: 'serving', url, directory: path, users: 3, groups: 2, licences: null, store: 'memory' })
    expect(told.slice(1)).toMatchObject([
      { event: 'authn_login_fail', level: 'WARN', userName: 'Boss', ip: '127.0.0.1', reason: 'wrong password' },
      { event: 'authn_login_fail', userName: 'zoe q', reason: 'not in the group that may use REST' },
      { event: 'authn_login_fail', userName: 'nobody', reason: 'there is no such user' }
    ])
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`))).toEqual(new Set(['401 {"result":false}']))
  })

  it('lets in users outside the REST group with --no-rest-group', async () => {
    await writeFile(path, JSON.stringify({ ...project, settings: { localMobileAccessGroupRW: '' } }))
    const { url } = await serving('--no-rest-group')

    expect((await new Visitor(url).logsInAs('Boss', 'pass')).status).toBe(200)
  })

  it('reads the directory again with --watch, and goes on with the last good one', async () => {
    const { program, url } = await serving('--watch')

    await writeFile(path, '{"users"')
    await program.says(/directory\.json: ends in the middle at line 1, column 9; what was read before still holds/)
    const before = await new Visitor(url).logsInAs('Boss', 'pass')
    await writeFile(path, JSON.stringify({ users: { ann: { password: digest4D('new') } } }))
    await program.says(/Read .*directory\.json again: 1 user and 0 groups/)
    const after = await new Visitor(url).logsInAs('ann', 'new')

    expect([before.status, after.status]).toEqual([200, 200])
  })
})

describe('The command serve with --host and --allow-empty-passwords', () => {
  let program: Program
  let url: string

  beforeAll(async () => {
    await writeFile(path, JSON.stringify(project))
    ;({ program, url } = await serving('--host', '0.0.0.0', '--allow-empty-passwords'))
    programs.length = 0
  })
  afterAll(() => program.kill())

  it('warns that it speaks plain HTTP where other machines can reach it', () => {
    expect(program.complaint).toMatch(/^Warning: 0\.0\.0\.0 can be reached from other machines, and this is plain HTTP: .*\n$/)
  })

  it('lets the empty password in', async () => {
    const visitor = new Visitor(url)
    const answer = await visitor.logsInAs('administrator', '')
    await visitor.logsOut()

    expect(answer.status).toBe(200)
  })

  it('serves the npm client: login, user, group, logout', async () => {
    const client = new WakandaClient({ host: url })

    expect(await client.directory.login('Boss', 'pass')).toBe(true)
    expect(await client.directory.getCurrentUser()).toMatchObject({ userName: 'Boss', fullName: 'Boss' })
    expect(await client.directory.getCurrentUserBelongsTo('Office')).toBe(true)
    expect(await client.directory.logout()).toBe(true)
    expect(await client.directory.login('Boss', 'wrong')).toBe(false)
  })
})

describe('The command serve, as hosts start it', () => {
  it('takes its port and its address from the environment, as containers give them', async () => {
    const { url, program } = await servingIn({ PORT: '0', HOST: '0.0.0.0' })

    expect(url).toMatch(/^http:\/\/0\.0\.0\.0:\d+$/)
    expect((await new Visitor(url).logsInAs('Boss', 'pass')).status).toBe(200)
    expect(program.complaint).toContain('0.0.0.0 can be reached from other machines')
  })

  it('listens on a socket or pipe where PORT names one', async () => {
    const pipe = join(folder, 'serve.socket')
    const { url, program } = await servingIn({ PORT: pipe })

    const answer = await runCurlAt(pipe)

    expect(url).toBe(pipe)
    // Who comes through a pipe has no address to be throttled by.
    expect(program.complaint).toContain('EXPRESS_4D_DIRECTORY_NO_ADDRESS')
    expect(answer).toBe('{"result":null}')
  })
})

describe('The command serve ends with one line and exit code 1', () => {
  it('where the port is in use', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo

    const outcome = await run(['serve', '--directory', path, '--port', String(port)])
    taken.close()

    expect(outcome).toEqual({ exitCode: 1, printed: '', complaint: `Port ${port} on 127.0.0.1 is in use; choose another with --port\n` })
  })

  it('where the address is not of this machine', async () => {
    const outcome = await run(['serve', '--directory', path, '--host', '192.0.2.1'])

    expect(outcome).toEqual({
      exitCode: 1,
      printed: '',
      complaint: '192.0.2.1 is no address of this machine; choose another with --host\n'
    })
  })

  it('where Redis cannot be reached, without the password of its URL', async () => {
    const { exitCode, complaint } = await run(['serve', '--directory', path, '--redis', 'redis://me:secret@127.0.0.1:1'])

    expect(exitCode).toBe(1)
    expect(complaint).toMatch(/^Redis cannot be reached at 127\.0\.0\.1:1: .*\n$/)
    expect(complaint).not.toContain('secret')
  })

  it.each([
    [['--cookie-name', 'a b'], '--cookie-name must be a cookie name'],
    [['--cookie-alias', 'WASID4D'], '--cookie-alias must be'],
    [['--cors', '*'], '--cors must hold origins such as https://shop.example.com'],
    [['--cors', 'http://localhost:5173/'], '--cors must hold origins'],
    [['--licences', '1', '--sessions-per-user', '2'], '--sessions-per-user must be at most --licences (1), received 2']
  ])('and with 2 where the directory refuses %j, in the words of the command line', async (args, sentence) => {
    const { exitCode, printed, complaint } = await run(['serve', '--directory', path, '--port', '0', ...args])

    expect({ exitCode, printed }).toEqual({ exitCode: 2, printed: '' })
    expect(complaint).toContain(`error: ${sentence}`)
  })

  it('and with 2 where --redis is no URL, without showing it', async () => {
    const { exitCode, complaint } = await run(['serve', '--directory', path, '--redis', 'secret@redis'])

    expect(exitCode).toBe(2)
    expect(complaint).toContain('--redis, or REDIS_URL, must be a URL such as redis://127.0.0.1:6379\n')
    expect(complaint).not.toContain('secret')
  })
})

describeWithRedis('The command serve with Redis', (redis) => {
  it('A13.3.1: keeps the sessions over a restart, by --redis and by the environment, which no list of processes shows', async () => {
    const { program, url } = await serving('--redis', redis().url)
    const visitor = new Visitor(url)
    await visitor.logsInAs('Boss', 'pass')
    program.send('SIGTERM')
    const exitCode = await program.ends()
    const { url: restarted } = await servingIn({ PORT: '0', REDIS_URL: redis().url })

    const next = new Visitor(restarted)
    next.sessionId = visitor.sessionId

    expect(exitCode).toBe(0)
    expect(await next.isKnownAs()).toBe('Boss')
  })
})
