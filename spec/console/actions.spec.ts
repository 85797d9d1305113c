import { describe, expect, it } from 'vitest'

import { collect } from '../support/collect.js'
import { users } from '../support/seed-directory.js'
import { serveConsole } from '../support/serve-console.js'
import { Visitor } from '../support/visitor.js'

const [smith, , john] = users

describe('what an operator does', () => {
  it('ends one session, at once and for good', async () => {
    const { url, operator, directory } = await serveConsole()
    const visitors = [new Visitor(url), new Visitor(url)] as const
    for (const visitor of visitors) await visitor.logsInAs('jsmith', 'smith')
    const sessions = await collect(directory.sessions.list({ userID: smith.ID }))

    const answer = await operator.does('end', { handle: sessions[0]?.handle })

    expect(answer.body).toEqual({ ended: 1 })
    const names = [await visitors[0].isKnownAs(), await visitors[1].isKnownAs()]
    expect(names.toSorted()).toEqual(['jsmith', null])
  })

  it('says that nothing was ended where the session had ended already', async () => {
    const { operator } = await serveConsole()

    const answer = await operator.does('end', { handle: 'ffffffffffffffff' })

    expect(answer.body).toEqual({ ended: 0 })
  })

  it('ends all sessions of a user', async () => {
    const { url, operator, directory } = await serveConsole()
    for (const visitor of [new Visitor(url), new Visitor(url)]) await visitor.logsInAs('jsmith', 'smith')

    const answer = await operator.does('end-user', { userID: smith.ID })

    expect(answer.body).toEqual({ ended: 2 })
    expect(await directory.sessions.count()).toEqual({ signedIn: 1, guests: 0 })
  })

  it('ends all others of the operator, but not the session that it is done with', async () => {
    const { url, operator } = await serveConsole()
    const elsewhere = new Visitor(url)
    await elsewhere.logsInAs('john', '123')

    const answer = await operator.does('end-user', { userID: john.ID })

    expect(answer.body).toEqual({ ended: 1 })
    expect([await operator.isKnownAs(), await elsewhere.isKnownAs()]).toEqual(['john', null])
  })

  it('ends everybody else, guests included', async () => {
    const { url, operator, directory } = await serveConsole()
    await new Visitor(url).logsInAs('jsmith', 'smith')
    for (let turn = 0; turn < 120; turn++) await new Visitor(url).isKnownAs()

    const answer = await operator.does('end-others')

    expect(answer.body).toEqual({ ended: 121 })
    expect(await directory.sessions.count()).toEqual({ signedIn: 1, guests: 0 })
    expect(await operator.isKnownAs()).toBe('john')
  })

  it.each([
    ['ID', smith.ID],
    ['name', 'JSmith']
  ])('unlocks an account that has to wait, by its %s', async (_, account) => {
    const { url, operator } = await serveConsole()
    const stream = await operator.watches()
    const visitor = new Visitor(url)
    for (let turn = 0; turn < 10; turn++) await visitor.logsInAs('jsmith', `guess ${turn}`)
    const refused = await visitor.logsInAs('jsmith', 'smith')
    await stream.until(() => (stream.latest('waiting') as unknown[] | undefined)?.length === 1)

    const answer = await operator.does('unlock', { account })
    await stream.until(() => (stream.latest('waiting') as unknown[]).length === 0)
    const login = await visitor.logsInAs('jsmith', 'smith')

    expect(answer.body).toEqual({ account, unlocked: true })
    expect([refused.status, login.status]).toEqual([429, 200])
  })

  it('unlocks a name that nobody has', async () => {
    const { url, operator } = await serveConsole()
    for (let turn = 0; turn < 10; turn++) await new Visitor(url).logsInAs('nobody', `guess ${turn}`)

    const answers = [await operator.does('unlock', { account: 'nobody' }), await operator.does('unlock', { account: 'nobody' })]

    expect(answers.map(({ body }) => body)).toEqual([
      { account: 'nobody', unlocked: true },
      { account: 'nobody', unlocked: false }
    ])
  })

  it('is in the audit trail with who did it', async () => {
    const { url, operator, directory } = await serveConsole()
    const told: (string | null)[] = []
    directory.events.on('authn_token_revoked', ({ by }) => told.push(by))
    const visitors = [new Visitor(url), new Visitor(url), new Visitor(url)] as const
    for (const visitor of visitors) await visitor.logsInAs('jsmith', 'smith')
    const [session] = await collect(directory.sessions.list({ userID: smith.ID }))

    await operator.does('end', { handle: session?.handle })
    await operator.does('end-user', { userID: smith.ID })
    await visitors[0].logsInAs('jsmith', 'smith')
    await operator.does('end-others')

    expect(told).toEqual(Array(4).fill('john'))
  })

  it('logs out, which ends the session', async () => {
    const { operator, directory } = await serveConsole()

    const answer = await operator.does('logout')

    expect(answer.status).toBe(200)
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
  })

  it.each(['end', 'end-user', 'unlock'])('is told what %s lacks', async (action) => {
    const { operator } = await serveConsole()

    const answers = [await operator.does(action), await operator.does(action, { handle: 1, userID: '', account: 'x'.repeat(1001) })]

    expect(answers.map(({ status }) => status)).toEqual([400, 400])
  })

  it('is told that a body is too large or no JSON', async () => {
    const { operator } = await serveConsole()
    const headers = { 'content-type': 'application/json' }

    const large = await operator.asks('/console/end', { method: 'POST', headers, body: JSON.stringify({ handle: 'x'.repeat(9000) }) })
    const broken = await operator.asks('/console/end', { method: 'POST', headers, body: '{' })

    expect([large.status, broken.status]).toEqual([413, 400])
    expect(broken.body).toMatchObject({ error: { code: 'ERR_BODY' } })
  })

  it('is told that there is no such page', async () => {
    const { operator } = await serveConsole()

    const answer = await operator.asks('/console/nothing')

    expect(answer.status).toBe(404)
  })
})
