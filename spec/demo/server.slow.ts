import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'

import { afterEach, beforeAll, afterAll, describe, expect, it } from 'vitest'

import { digest4D } from '../../lib/index.js'
import { describeWithPostgres } from '../support/postgres-server.js'
import { Program } from '../support/program.js'
import { describeWithRedis } from '../support/redis-server.js'
import { runCurl } from '../support/run-curl.js'
import { Visitor } from '../support/visitor.js'

const programs: Program[] = []

afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.kill()))
})

describe('the demo server', () => {
  it('prints its address, its accounts, and two curl lines that work as they are pasted', async () => {
    const demo = start('PORT=0')
    await demo.says(/currentUser'\n/)
    const [login = '', currentUser = ''] = demo.printed.match(/curl .*/g) ?? []
    const jars = new Map<string, string>()

    const answers = [await runCurl(login, jars), await runCurl(currentUser, jars)]

    expect(demo.printed).toMatch(/jsmith +password smith +group Sales/)
    expect(answers).toEqual([
      '{"result":true}',
      '{"result":{"userName":"jsmith","fullName":"John Smith","ID":"12F169764253481E89F0E4EA8C1D791A"}}'
    ])
  })

  it('serves data beside the directory: to everybody, and to a group', async () => {
    const visitor = new Visitor(await addressOf(start('PORT=0')))
    await visitor.logsInAs('kind user', 'test')
    const catalog = await visitor.asks('/rest/$catalog')
    const refused = await visitor.asks('/rest/Employee')
    await visitor.logsInAs('jsmith', 'smith')

    const employees = await visitor.asks('/rest/Employee')

    expect(catalog).toMatchObject({ status: 200, body: { dataClasses: [{ name: 'Employee' }] } })
    expect(refused).toMatchObject({ status: 403, body: { __ERROR: [{ errCode: 2 }] } })
    expect(employees).toMatchObject({ status: 200, body: { __COUNT: 1 } })
  })

  it('nests one group in another', async () => {
    const visitor = new Visitor(await addressOf(start('PORT=0')))
    await visitor.logsInAs('john', '123')

    const answers = await Promise.all(
      ['Administrators', 'Staff', 'Sales'].map((group) => {
        return visitor.asks('/rest/$directory/currentUserBelongsTo', { method: 'POST', body: JSON.stringify([group]) })
      })
    )

    expect(answers.map(({ body }) => body)).toEqual([{ result: true }, { result: true }, { result: false }])
  })

  it.each(['http', '-1', '65536', '80.5', ''])('says in one line that PORT=%s cannot be, and ends with 1', async (port) => {
    const demo = start(`PORT=${port}`)

    expect(await demo.ends()).toBe(1)
    expect(demo.complaint).toBe(`PORT must be a whole number from 0 to 65535, or the path of a socket or pipe, received '${port}'\n`)
  })

  it('listens on a socket or pipe where PORT names one, and for other machines where HOST says so', async () => {
    const socket = join(mkdtempSync(join(tmpdir(), 'demo-')), 'demo.socket')
    const demo = start(`PORT=${socket}`)
    await demo.says(/currentUser'\n/)
    const [, currentUser = ''] = demo.printed.match(/curl .*/g) ?? []
    const { stdout } = await promisify(execFile)('sh', ['-c', currentUser.replace('curl', 'curl -s')])
    rmSync(dirname(socket), { recursive: true })

    const [, address] = await start('PORT=0', 'HOST=0.0.0.0').says(/4D directory at http:\/\/(\S+):\d+\/rest/)

    expect(demo.printed).toContain(`4D directory on ${socket}, as http://localhost/rest, sessions in memory.`)
    expect(stdout).toBe('{"result":null}')
    expect(address).toBe('0.0.0.0')
  })

  it('says in one line that its port is in use, and ends with 1', async () => {
    const port = new URL(await addressOf(start('PORT=0'))).port

    const second = start(`PORT=${port}`)

    expect(await second.ends()).toBe(1)
    expect(second.complaint).toBe(`port ${port} of 127.0.0.1 is in use: set PORT to another\n`)
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('ends cleanly on %s, in the middle of a visit too', async (signal) => {
    const demo = start('PORT=0')
    await new Visitor(await addressOf(demo)).logsInAs('jsmith', 'smith')

    demo.send(signal)

    expect(await demo.ends()).toBe(0)
    expect(demo.complaint).toBe('')
  })

  it('ends with npm start, whose shell keeps signals to itself', async () => {
    const npm = new Program('env', 'PORT=0', 'npm', 'start')
    programs.push(npm)
    const url = await addressOf(npm)

    npm.send('SIGTERM')
    await npm.ends()

    await expect
      .poll(() =>
        fetch(url).then(
          ({ status }) => status,
          () => 'gone'
        )
      )
      .toBe('gone')
  })

  it('refuses two places for its sessions, without showing a password', async () => {
    const demo = start('REDIS_URL=redis://:secret@127.0.0.1', 'DATABASE_URL=postgres://a:secret@127.0.0.1/b')

    expect(await demo.ends()).toBe(1)
    expect(demo.complaint).toBe('REDIS_URL and DATABASE_URL are both set: sessions are kept in one place\n')
  })
})

describe("the demo server on a 4D project's directory", () => {
  const folder = mkdtempSync(join(tmpdir(), 'express-4d-directory-'))
  const path = join(folder, 'directory.json')

  beforeAll(() => writeFileSync(path, JSON.stringify({ users: { designer: { alias: 'Boss', password: digest4D('secret') } }, groups: {} })))
  afterAll(() => rmSync(folder, { recursive: true }))

  it('lets its users in', async () => {
    const visitor = new Visitor(await addressOf(start('PORT=0', `DIRECTORY=${path}`)))

    const { status } = await visitor.logsInWithDigest('boss', 'secret')

    expect(status).toBe(200)
    expect(await visitor.isKnownAs()).toBe('Boss')
  })

  it('says in one line what is wrong with the path, and ends with 1', async () => {
    const demo = start('PORT=0', `DIRECTORY=${join(folder, 'none.json')}`)

    expect(await demo.ends()).toBe(1)
    expect(demo.complaint.trim().split('\n')).toHaveLength(1)
  })
})

describeWithRedis('two demo servers on one Redis', (server) => {
  it('share their sessions', async () => {
    await expectToShareSessions(`REDIS_URL=${server().url}`)
  })
})

describeWithPostgres('two demo servers on one PostgreSQL', (server) => {
  it('share their sessions', async () => {
    await expectToShareSessions(`DATABASE_URL=${server().url}`)
  })
})

async function expectToShareSessions(setting: string): Promise<void> {
  const here = new Visitor(await addressOf(start('PORT=0', setting)))
  const there = new Visitor(await addressOf(start('PORT=0', setting)))
  await here.logsInAs('jsmith', 'smith')
  there.sessionId = here.sessionId

  expect(await there.isKnownAs()).toBe('jsmith')
}

function start(...environment: readonly string[]): Program {
  const program = new Program('env', ...environment, process.execPath, '--import', 'tsx', resolve('demo/server.ts'))
  programs.push(program)
  return program
}

async function addressOf(demo: Program): Promise<string> {
  return (await demo.says(/at (?<address>http:\/\/[^/]+)\//)).groups?.['address'] ?? ''
}
