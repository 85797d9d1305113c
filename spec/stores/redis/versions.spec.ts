import { randomBytes } from 'node:crypto'

import { createClient } from 'redis'
import { expect, it, onTestFinished } from 'vitest'

import { RedisSessionStore, type NodeRedisClient } from 'express-4d-directory/redis'
import {
  hour,
  listed,
  minute,
  newGuest,
  newSignIn,
  open,
  openConfirmed,
  present,
  start,
  tryToOpen
} from '../../../lib/testing/store-spec.js'
import { patience } from '../../support/patience.js'
import { describeWithRedis } from '../../support/redis-server.js'

/** What a later version may write of a record: a higher format, more words in the first line, more members in the third. */
const ofThisFormat = /^2 ([^\n]*)\n([^\n]*)\n\{/

function asTheNextVersionWritesIt(value: string): string {
  return value.replace(ofThisFormat, '12 $1 added words\n$2\n{"added":{"deep":[1]},')
}

describeWithRedis('this version of RedisSessionStore beside the next', (server) => {
  it.each([
    { opens: 'this', other: 'next' },
    { opens: 'next', other: 'this' }
  ] as const)('takes up, updates and ends what the $opens version has opened', async ({ opens, other }) => {
    const stores = await bothVersions()
    const signIn = await open(stores[opens], newSignIn(start, 'jsmith', { rememberMe: true }))

    const [confirmed] = await stores[other].resume([signIn.id], start + 1)
    const [slid] = await stores[other].resume([signIn.id], start + minute)
    const updated = await stores[other].update(signIn.id, 0, '{"a":1}', start + minute)
    const [resumed] = await stores[opens].resume([signIn.id], start + minute)
    const handles = await listed(stores[other], start + minute, { userID: 'ID of jsmith' })
    const [ended] = await stores[other].end([signIn.id], start + minute)

    expect(confirmed).toMatchObject({ confirmed: true, rememberMe: true })
    expect(slid?.lastSeenAt).toBe(start + minute)
    expect(updated).toBe('updated')
    expect(resumed).toMatchObject({ storage: '{"a":1}', version: 1, lastSeenAt: start + minute })
    expect(handles).toHaveLength(1)
    expect(ended?.handle).toBe(signIn.record.handle)
    expect(await stores[opens].resume([signIn.id], start + minute)).toEqual([null])
  })

  it('keeps what the next version has added to a record, whatever this one writes', async () => {
    const stores = await bothVersions()
    const guest = await open(stores.next, newGuest(start + 48 * hour))

    await stores.this.resume([guest.id], start)
    await stores.this.resume([guest.id], start + minute)
    await stores.this.update(guest.id, 0, '{"a":1}', start + minute)

    expect(await stores.text()).toMatch(/^12 1 \d{15} [^\n]* added words\n[^\n]*\n\{"added":\{"deep":\[1\]\},[^\n]*\n\{"a":1\}$/)
  })

  it('shares licences, users and places with it while logins, updates and logouts go on', async () => {
    const stores = await bothVersions()
    const versions = [stores.this, stores.next]
    const quotas = { sessions: 20 }
    const visitor = async (number: number): Promise<void> => {
      const [mine = stores.this, theirs = stores.next] = number % 2 ? versions : versions.toReversed()
      const guest = newGuest(start)
      if ((await tryToOpen(mine, guest, { quotas })) !== 'created') return
      const signIn = await openConfirmed(theirs, newSignIn(start, `user ${number % 5}`), { quotas, replaces: guest })
      const { version } = present(await mine.read(signIn.id, start))
      expect(await mine.update(signIn.id, version, '{"n":1}', start)).toBe('updated')
      expect((await theirs.end([signIn.id], start))[0]?.storage).toBe('{"n":1}')
    }

    for (let round = 0; round < 5; round++) await Promise.all(Array.from({ length: 20 }, (_, number) => visitor(number)))
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, number) =>
        tryToOpen(versions[number % 2] ?? stores.this, newSignIn(start, `user ${number}`), { quotas })
      )
    )

    expect(answers.filter((answer) => answer === 'created')).toHaveLength(20)
    expect(await stores.this.count(start)).toEqual(await stores.next.count(start))
    expect(await stores.this.count(start + hour)).toMatchObject({ signedIn: 0, guests: 0 })
  })

  it('leaves a record alone that it cannot read, and goes on', async () => {
    const stores = await bothVersions()
    const unreadable = await openConfirmed(stores.this, newSignIn(start, 'jsmith'))
    const text = 'v3 {"of":"a version that is not known yet"}'
    await stores.admin.set(await stores.onlyKey(), text)

    const resumed = await stores.this.resume([unreadable.id], start)
    const another = await tryToOpen(stores.this, newSignIn(start, 'jsmith'), { quotas: { sessionsPerUser: 1 } })
    await stores.this.count(start + hour)

    expect(resumed).toEqual([null])
    expect(another).toBe('created')
    expect(await stores.admin.get(await stores.onlyKey())).toBe(text)
  })

  async function bothVersions() {
    const prefix = `spec-${randomBytes(6).toString('hex')}:`
    const admin = await newClient()
    const client = await newClient()
    const next: NodeRedisClient = {
      mGet: (keys) => client.mGet(keys),
      eval: (script, options) => client.eval(script, { ...options, arguments: options.arguments.map(asTheNextVersionWritesIt) }),
      evalSha: (sha1, options) => client.evalSha(sha1, { ...options, arguments: options.arguments.map(asTheNextVersionWritesIt) })
    }
    const onlyKey = async (): Promise<string> => {
      const [key = ''] = await admin.keys(`${prefix}*}:session:*`)
      return key
    }
    return {
      admin,
      onlyKey,
      text: async () => admin.get(await onlyKey()),
      this: new RedisSessionStore({ client: await newClient(), prefix, timeoutMilliseconds: patience }),
      next: new RedisSessionStore({ client: next, prefix, timeoutMilliseconds: patience })
    }
  }

  async function newClient() {
    const client = await createClient({ url: server().url })
      .on('error', () => undefined)
      .connect()
    onTestFinished(() => client.destroy())
    return client
  }
})
