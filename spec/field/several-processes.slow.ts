// https://github.com/Unitech/pm2/issues/286: in a cluster, the next worker has never heard of a login.
import { resolve } from 'node:path'

import { afterEach, describe, expect, it } from 'vitest'

import { Program } from '../support/program.js'
import { describeWithRedis } from '../support/redis-server.js'
import { Visitor } from '../support/visitor.js'

const programs: Program[] = []
afterEach(() => Promise.all(programs.splice(0).map((program) => program.kill())))

async function serveCluster(...args: readonly string[]): Promise<{ program: Program; url: string }> {
  const program = new Program(process.execPath, '--import', 'tsx', resolve('spec/support/clustered-app.ts'), ...args)
  programs.push(program)
  return { program, url: (await program.says(/at (?<url>\S+)/)).groups?.['url'] ?? '' }
}

/** A login, and what the workers, which take turns, say of it. */
async function askBoth(url: string): Promise<ReadonlySet<string | null>> {
  const visitor = new Visitor(url)
  await visitor.logsInAs('jsmith', 'smith')
  const cookie = visitor.sessionId
  const known = new Set<string | null>()
  for (let turn = 0; turn < 6; turn++) {
    visitor.sessionId = cookie
    known.add(await visitor.isKnownAs())
  }
  return known
}

const warning = /EXPRESS_4D_DIRECTORY_SPLIT_MEMORY/g

describe('an app in a cluster of two workers, which keep their sessions in memory,', () => {
  it('is warned of in each at its first request, and not before', async () => {
    const { program, url } = await serveCluster()
    const before = program.complaint

    const known = await askBoth(url)

    await program.says(/SPLIT_MEMORY[^]*SPLIT_MEMORY/)
    expect(before).toBe('')
    expect(program.complaint.match(warning)).toHaveLength(2)
    expect(program.complaint).toContain('new RedisSessionStore({ client })')
    // What the warning is about.
    expect(known).toEqual(new Set(['jsmith', null]))
  })
})

describeWithRedis('an app in a cluster of two workers, over Redis,', (server) => {
  it('is one app, without a warning', async () => {
    const { program, url } = await serveCluster(server().url)

    const known = await askBoth(url)

    expect(known).toEqual(new Set(['jsmith']))
    expect(program.complaint).toBe('')
  })
})
