import { Console } from 'node:console'
import { Writable } from 'node:stream'
import { inspect } from 'node:util'

import type { Request } from 'express'
import { describe, expect, it } from 'vitest'

import { LruSessionStore, MemoryLoginThrottle } from '../../lib/index.js'
import { forwardRejection } from '../../lib/http/forward-rejection.js'
import { collect } from '../support/collect.js'
import { users } from '../support/seed-directory.js'
import { serve } from '../support/serve.js'
import { isDown, StoreWithFaults } from '../support/store-with-faults.js'
import { ask, Visitor } from '../support/visitor.js'

/** Everything that a careless log line could show of a value. */
function shown(value: unknown): string {
  let printed = ''
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      printed += chunk.toString()
      done()
    }
  })
  const log = new Console(sink)
  log.log(value)
  log.dir(value, { depth: null, showHidden: true })
  log.log('%o %j %s', value, value, value)
  // `getters: true` calls what `console.log` does not.
  return (
    printed +
    JSON.stringify(value) +
    inspect(value, { depth: Infinity, showHidden: true, getters: true }) +
    inspect({ ...(value as object) }) +
    String(value)
  )
}

const hash = users[0].passwordHash

describe('O secrets, A3.3.4, A14.2.1: no id, no password and no hash stands in', () => {
  it('req.directory, its user and its session', async () => {
    const logs: string[] = []
    const { url } = await serve({ onLogin: () => ({ note: 'welcome' }) }, (app, directory) => {
      app.use('/rest', directory)
      app.get('/rest/log', (req, res) => {
        logs.push(shown(req.directory), shown(req.directory.user), shown(req.directory.session), shown({ ...req.directory.session }))
        res.json({ session: req.directory.session, directory: req.directory })
      })
    })
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    const { text } = await visitor.asks('/rest/log')

    expect(text).toContain('"userName":"jsmith"')
    expect(logs.join()).toContain('welcome')
    for (const secret of [visitor.sessionId ?? '', hash]) expect(text + logs.join()).not.toContain(secret)
  })

  it('the directory, the store, the throttle and the list of sessions', async () => {
    const store = new LruSessionStore()
    const throttle = new MemoryLoginThrottle()
    const { url, directory } = await serve({ store, throttle })
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'wrong password')
    await visitor.logsInAs('jsmith', 'smith')

    const values = [
      store,
      throttle,
      directory.sessions,
      directory.events,
      directory.passwords,
      directory.router,
      await collect(directory.sessions.list())
    ]
    const logs = values.map((value) => inspect(value, { depth: Infinity, showHidden: true })).join()

    expect(logs).toContain('LruSessionStore')
    for (const secret of [visitor.sessionId ?? '', 'wrong password', hash]) expect(logs).not.toContain(secret)
  })

  it('an error, its cause included, and the body of a refusal', async () => {
    const store = new StoreWithFaults()
    const errors: unknown[] = []
    const { url } = await serve({ store, quotas: { sessionsPerUser: 1, whenUserIsFull: 'refuse' } }, (app, directory) => {
      app.use(directory.sessionMiddleware)
      app.get(
        '/try',
        forwardRejection(async (req: Request, res) => {
          await req.directory.login({ userName: 'jsmith', password: 'smith' }).catch((error: unknown) => errors.push(error))
          await req.directory.session
            ?.update((storage) => Object.assign(storage, { password: Symbol('hunter2') }))
            .catch((error: unknown) => errors.push(error))
          store.fault('create', isDown)
          await req.directory.session?.update((storage) => void (storage.note = 'hunter2')).catch((error: unknown) => errors.push(error))
          res.json(errors)
        })
      )
    })
    const owner = new Visitor(url)
    await owner.asks('/try')
    store.fault('create', null)
    errors.length = 0
    const visitor = new Visitor(url)

    const { text } = await visitor.asks('/try')

    expect(errors).toHaveLength(3)
    const logs = text + errors.map(shown).join()
    expect(logs).toContain('ERR_SESSIONS_FULL')
    for (const secret of [owner.sessionId ?? 'no id', visitor.sessionId ?? 'no id', "'smith'", 'hunter2', hash])
      expect(logs).not.toContain(secret)
  })

  it('anything of an answer but Set-Cookie', async () => {
    const { url } = await serve({}, (app, directory) => {
      app.use('/rest', directory)
      app.get('/rest/here', (req, res) => void res.json({ url: req.url, handle: req.directory.session?.handle }))
    })
    const visitor = new Visitor(url)

    const answers = [
      await visitor.logsInAs('jsmith', 'smith'),
      await visitor.asks('/rest/here'),
      await visitor.asks('/rest/$directory/currentUser')
    ]
    const id = visitor.sessionId ?? ''
    answers.push(await visitor.asks('/rest/$directory/nothing'), await visitor.logsOut(), await ask(`${url}/rest/here?WASID4D=${id}`))

    expect(id).toMatch(/^[0-9A-F]{32}$/)
    const [asURL] = answers.splice(-1)
    for (const { text, headers } of answers) expect(text + JSON.stringify({ ...headers, 'set-cookie': '' })).not.toContain(id)
    expect(asURL?.setCookies[0]).not.toContain(id)
  })
})
