// https://github.com/strapi/strapi/issues/21053: a host in FIPS mode refuses MD5, whoever asks for it, and the server does not start.
import { resolve } from 'node:path'

import { afterEach, describe, expect, it } from 'vitest'

import { Program } from '../support/program.js'
import { Visitor } from '../support/visitor.js'

const programs: Program[] = []
afterEach(() => Promise.all(programs.splice(0).map((program) => program.kill())))

function start(kind: string): Program {
  const preloads = ['--import', 'tsx', '--import', resolve('spec/support/without-md5.ts')]
  const program = new Program(process.execPath, ...preloads, resolve('spec/support/fips-host.ts'), kind)
  programs.push(program)
  return program
}

describe('a host in FIPS mode', () => {
  it('with plain bcrypt hashes and rest.digestLogin: false logs users in, throttled, and shows the console', async () => {
    const host = start('plain')
    const visitor = new Visitor((await host.says(/at (?<url>\S+)/)).groups?.['url'] ?? '')

    const statuses = []
    for (const password of ['wrong', 'Smith', 'smith']) statuses.push((await visitor.logsInAs('jsmith', password)).status)
    const known = await visitor.isKnownAs()
    const page = await visitor.asks('/console')
    for (let turn = 0; turn < 10; turn++) await visitor.logsInAs('nobody', `guess ${turn}`)

    expect([statuses, known, page.status]).toEqual([[401, 401, 200], 'jsmith', 200])
    expect((await visitor.logsInAs('nobody', 'guess')).status).toBe(429)
    expect(host.complaint).toBe('')
  })

  it.each([
    ['digest-login', /^rest\.digestLogin must be false on this host: it has no MD5 \(FIPS mode\)/],
    ['digests', /passwordHash must be a plain bcrypt hash on this host.*'jsmith' is made of a 4D digest/],
    ['hash-password', /^This host has no MD5 \(FIPS mode\).*store plain bcrypt hashes, with rest\.digestLogin: false/]
  ])('is told at start-up, in a sentence with the cure, where it needs MD5: %s', async (kind, message) => {
    const host = start(kind)

    expect(await host.ends()).toBe(1)
    expect(host.complaint.trim()).toMatch(message)
  })
})
