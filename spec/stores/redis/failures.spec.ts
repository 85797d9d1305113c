import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { describe, expect, it, onTestFinished } from 'vitest'

import { RedisSessionStore } from '../../../lib/stores/redis/session-store.js'
import { newGuest, newSignIn, open, start, tryToOpen } from '../../../lib/testing/store-spec.js'
import { patience } from '../../support/patience.js'
import { describeWithRedis } from '../../support/redis-server.js'

const secret = 'stored text that nobody should see'
const storage = JSON.stringify({ secret })

describeWithRedis('what Redis says when it refuses', (server) => {
  it.each([
    { refuses: 'a command', rights: ['~*', '+@all', '-mget'], words: /^NOPERM .*mget/, sentence: /forbids the account/ },
    { refuses: 'a script', rights: ['~*', '+@all', '-evalsha'], words: /^NOPERM .*evalsha/, sentence: /forbids the account/ },
    { refuses: 'our keys', rights: ['~other:*', '+@all'], words: /^NOPERM .*\bkey/, sentence: /forbids the account/ }
  ])('is the cause where it refuses $refuses', async ({ rights, words, sentence }) => {
    const admin = await newClient()
    await admin.sendCommand(['ACL', 'SETUSER', 'restricted', 'reset', 'on', '>secret', ...rights])
    const store = new RedisSessionStore({
      client: await newClient({ username: 'restricted', password: 'secret' }),
      timeoutMilliseconds: patience
    })

    const error = await failure(store.resume([newGuest(start).id], start).then(() => store.end([newGuest(start).id], start)))

    expect(error).toMatchObject({ code: 'ERR_STORE_UNAVAILABLE', message: expect.stringMatching(sentence) as string })
    expect(error.cause).toMatchObject({ name: expect.stringMatching(/Error/) as string, message: expect.stringMatching(words) as string })
  })

  it('is the cause where the memory is full, without what should have been stored', async () => {
    const admin = await newClient()
    const ioredis = new Redis(server().url)
    onTestFinished(() => ioredis.disconnect())
    const store = new RedisSessionStore({ client: ioredis, timeoutMilliseconds: patience })
    const signIn = await open(store, newSignIn(start, 'jsmith'))
    await admin.configSet('maxmemory', '1')
    onTestFinished(async () => {
      await admin.configSet('maxmemory', '0')
    })

    const error = await failure(store.update(signIn.id, 0, storage, start))

    expect(error.message).toBe('The memory of Redis is full')
    expect(error.cause).toMatchObject({ name: expect.stringMatching(/Error/) as string, message: expect.stringMatching(/^OOM /) as string })
    expect(everythingIn(error)).not.toContain(secret)
  })

  it("is the client's own words where it is closed", async () => {
    const client = await newClient()
    const store = new RedisSessionStore({ client })
    client.destroy()

    const error = await failure(store.count(start))

    expect(error.cause).toMatchObject({ name: 'ClientClosedError', message: 'The client is closed' })
  })

  async function newClient(account: { username?: string; password?: string } = {}) {
    const client = createClient({ url: server().url, ...account })
    client.on('error', () => undefined)
    await client.connect()
    onTestFinished(() => {
      if (client.isOpen) client.destroy()
    })
    return client
  }
})

describe('the cause of a failure', () => {
  it.each([
    {
      of: 'a server before 7.0',
      error: new Error("ERR Error compiling script (new function): user_script:1: unexpected symbol near '#'"),
      message: 'Redis 7.0 or later is needed'
    },
    {
      of: 'a server that is loading',
      error: new Error('LOADING Redis is loading the dataset in memory'),
      message: 'Redis is still loading its data'
    },
    { of: 'anything else', error: new TypeError('something'), message: 'Redis refused or could not be reached' }
  ])('has the class and the words of $of', async ({ error, message }) => {
    const told = await failureOf(error)

    expect(told.message).toBe(message)
    expect(told.cause).toMatchObject({ name: error.constructor.name, message: error.message })
  })

  it('has the code of the system, of one of the addresses that were tried', async () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:6379'), { code: 'ECONNREFUSED' })

    const told = await failureOf(new AggregateError([refused, refused], ''))

    expect(told.cause).toMatchObject({ code: 'ECONNREFUSED', message: refused.message })
  })

  it('leaves out what a server quotes of a command, and what a client hangs on its errors', async () => {
    const quoting = new Error(`ERR unknown command 'EVALSHA', with args beginning with: 'ab12' '1' '${secret}'`)

    const told = await failureOf(Object.assign(quoting, { command: { args: [secret] } }))

    expect(told.cause).toMatchObject({ message: "ERR unknown command 'EVALSHA'" })
    expect(everythingIn(told)).not.toContain(secret)
  })

  function failureOf(error: Error): Promise<Error> {
    const fails = () => Promise.reject(error)
    return failure(tryToOpen(new RedisSessionStore({ client: { eval: fails, evalSha: fails } }), newGuest(start, { storage })))
  }
})

async function failure(answer: Promise<unknown>): Promise<Error> {
  const error: unknown = await answer.then(
    () => null,
    (reason: unknown) => reason
  )
  if (error instanceof Error) return error
  throw new Error('nothing was refused')
}

/** All that a log could find on an error. */
function everythingIn(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error)
  return [error.message, error.stack, JSON.stringify(error), error.cause ? everythingIn(error.cause) : ''].join('\n')
}
