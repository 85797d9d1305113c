import { tracingChannel } from 'node:diagnostics_channel'
import { inspect } from 'node:util'

import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'

import { digest4D, LruSessionStore, type UserRecord } from '../../lib/index.js'
import { debugLines } from '../support/debug-lines.js'
import { serve } from '../support/serve.js'
import { isDown, StoreWithFaults } from '../support/store-with-faults.js'
import { Visitor } from '../support/visitor.js'

vi.mock('node:util', async (original) => (await import('../support/debug-lines.js')).withDebugLines(await original()))

const kinds = ['login', 'store', 'provider', 'hash'] as const
const moments = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const

/** Everything that is seen from outside while the spec runs, as text: contexts of channels when they are published, events, warnings. */
function listenToAll(): string[] {
  const seen: string[] = []
  const note = (message: unknown) => void seen.push(inspect(message, { depth: Infinity, showHidden: true }))
  for (const kind of kinds) {
    const channel = tracingChannel(`express-4d-directory:${kind}`)
    const subscribers = Object.fromEntries(moments.map((moment) => [moment, note])) as Record<(typeof moments)[number], typeof note>
    channel.subscribe(subscribers)
    onTestFinished(() => channel.unsubscribe(subscribers))
  }
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation((...told: unknown[]) => note(told))
  onTestFinished(() => warned.mockRestore())
  return seen
}

const step = fc.record({
  way: fc.constantFrom(
    'header',
    'digest',
    'body',
    'wrong',
    'any URL',
    'guest',
    'logout',
    'two cookies',
    'path',
    'provider fails',
    'store fails'
  ),
  password: fc.stringMatching(/^[!-~]{10,24}$/)
})

describe('from outside', () => {
  it('no id, no password, no digest and no hash is ever seen, whatever is sent and whatever fails', async () => {
    const seen = listenToAll()
    const secrets = new Set<string>()
    const records = new Map<string, UserRecord>()
    const faults = { provider: false }
    const store = new StoreWithFaults(new LruSessionStore())
    const provider = {
      findUser: (name: string) => (faults.provider ? Promise.reject(new Error(`no ${name}`)) : Promise.resolve(records.get(name) ?? null)),
      belongsTo: () => Promise.resolve(false),
      updatePasswordHash(user: UserRecord, hash: string) {
        secrets.add(hash)
        return Promise.reject(new Error(`cannot write ${hash} in the place of ${user.passwordHash}`))
      }
    }
    // One that somebody listens to, and one whose failures become warnings.
    const [heard, unheard] = [await serve({ provider, store }), await serve({ provider, store })]
    heard.directory.events.on('event', (event) => seen.push(inspect(event), JSON.stringify(event)))
    let users = 0

    const take = async (url: string, { way, password }: { way: string; password: string }) => {
      const visitor = new Visitor(url)
      const userName = `user ${(users += 1)}`
      const digest = digest4D(password)
      records.set(userName, { ID: String(users), userName, fullName: '', passwordHash: digest })
      for (const secret of [password, digest]) secrets.add(secret)
      faults.provider = way === 'provider fails'
      if (way === 'digest') await visitor.logsInWithDigest(userName, password)
      else if (way === 'body') await visitor.logsInByBody([userName, password])
      else if (way === 'wrong') await visitor.logsInAs(userName, `${password}!`)
      else if (way === 'any URL') await visitor.asks('/rest/a', { headers: { 'username-4D': userName, 'password-4D': password } })
      else if (way !== 'guest') await visitor.logsInAs(userName, password)
      faults.provider = false
      if (way === 'store fails') for (const verb of ['resume', 'create'] as const) store.fault(verb, isDown)
      const cookie = `WASID4D=${visitor.sessionId ?? ''}`
      const id = visitor.sessionId ?? 'none'
      await visitor.asks(way === 'path' ? `/rest/${id}` : '/rest/$directory/currentUser', {
        headers: { cookie: way === 'two cookies' ? `${cookie}; WASID4D=${'0'.repeat(32)}` : cookie, 'user-agent': 'spec' }
      })
      for (const verb of ['resume', 'create'] as const) store.fault(verb, null)
      if (way === 'logout') await visitor.logsOut()
      for (const known of [visitor.sessionId, visitor.firstSessionId]) if (known !== null) secrets.add(known)
    }

    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
        seen.length = 0
        debugLines.length = 0
        secrets.clear()
        for (const each of steps) for (const { url } of [heard, unheard]) await take(url, each)
        for (const { directory, clock } of [heard, unheard]) {
          clock.passMinutes(1)
          seen.push(inspect(await directory.statistics(), { depth: Infinity, showHidden: true }))
        }

        const all = [...seen, ...debugLines].join('\n')
        expect(debugLines.length).toBeGreaterThan(steps.length)
        for (const secret of secrets) expect(all).not.toContain(secret)
      }),
      { numRuns: 25 }
    )
  })
})
