import { describe, expect, it } from 'vitest'

import { digest4D, StaticProvider } from '../../lib/index.js'
import { serve } from '../support/serve.js'
import { wakandaClients } from '../support/wakanda-clients.js'

const yearSeconds = 31_536_000
const yearMinutes = yearSeconds / 60

// The five characters that the client escapes, two that forms treat specially, and letters of one, two, three and four bytes.
const odd = "!'()*&+ O'B\u00e9\u20ac\u{1f600}"
const oddUser = {
  ID: 'FEDCBA98765432100123456789ABCDEF',
  userName: `user ${odd}`,
  fullName: `Full ${odd}`,
  passwordHash: digest4D(`pass ${odd}`)
}
const oddProvider = new StaticProvider({ users: [oddUser], groups: [{ ID: '1', name: `group ${odd}`, users: [oddUser.userName] }] })

describe.each(wakandaClients)('wakanda-client $version', ({ visit }) => {
  it('logs in with the right password', async () => {
    const { url } = await serve()

    expect(await visit(url).logsIn('jsmith', 'smith')).toBe(true)
  })

  it('does not log in with a wrong one', async () => {
    const { url } = await serve()
    const visitor = visit(url)

    expect(await visitor.logsIn('jsmith', 'smyth')).toBe(false)
    expect(await visitor.currentUser()).toBeNull()
  })

  it('sees nobody before the login and the user after it', async () => {
    const { url } = await serve()
    const visitor = visit(url)

    const before = await visitor.currentUser()
    await visitor.logsIn('jsmith', 'smith')

    expect(before).toBeNull()
    expect(await visitor.currentUser()).toEqual({ userName: 'jsmith', fullName: 'John Smith', ID: '12F169764253481E89F0E4EA8C1D791A' })
  })

  it('is told the groups that the user is in, by name and by ID, and those that the user is not in', async () => {
    const { url } = await serve()
    const visitor = visit(url)
    await visitor.logsIn('jsmith', 'smith')

    expect(await visitor.belongsTo('Sales')).toBe(true)
    expect(await visitor.belongsTo('88BAF858143D4B13B26AF48C7A5A7A68')).toBe(true)
    expect(await visitor.belongsTo('Administrators')).toBe(false)
    expect(await visitor.belongsTo('No such group')).toBe(false)
  })

  it('logs out', async () => {
    const { url, directory } = await serve()
    const visitor = visit(url)
    await visitor.logsIn('jsmith', 'smith')

    expect(await visitor.logsOut()).toBe(true)
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
    expect(await visitor.currentUser()).toBeNull()
  })

  it('stays logged in for the hour that it asks for by itself', async () => {
    const { url, clock } = await serve({ session: { idleMinutes: 10 }, rest: { maxIdleMinutes: 60 } })
    const visitor = visit(url)
    await visitor.logsIn('jsmith', 'smith')

    clock.passSeconds(3599)
    const within = await visitor.currentUser()
    clock.passSeconds(3600)

    expect(within).not.toBeNull()
    expect(await visitor.currentUser()).toBeNull()
  })

  it('stays logged in for a year where the limits are raised to that', async () => {
    const { url, clock } = await serve({ session: { absoluteMinutes: 2 * yearMinutes }, rest: { maxIdleMinutes: yearMinutes } })
    const visitor = visit(url)
    await visitor.logsIn('jsmith', 'smith', yearSeconds)

    clock.passSeconds(yearSeconds - 1)
    const within = await visitor.currentUser()
    clock.passSeconds(yearSeconds)

    expect(within).not.toBeNull()
    expect(await visitor.currentUser()).toBeNull()
  })

  it('gets thirty days of the year under the defaults', async () => {
    const { url, clock } = await serve()
    const visitor = visit(url)
    await visitor.logsIn('jsmith', 'smith', yearSeconds)

    clock.passMinutes(43_199)
    const within = await visitor.currentUser()
    clock.passMinutes(1)

    expect(within).not.toBeNull()
    expect(await visitor.currentUser()).toBeNull()
  })

  it('does all of it with names and passwords in odd characters', async () => {
    const { url } = await serve({ provider: oddProvider })
    const visitor = visit(url)

    expect(await visitor.logsIn(oddUser.userName, 'pass')).toBe(false)
    expect(await visitor.logsIn(oddUser.userName, `pass ${odd}`, yearSeconds)).toBe(true)
    expect(await visitor.currentUser()).toEqual({ userName: oddUser.userName, fullName: oddUser.fullName, ID: oddUser.ID })
    expect(await visitor.belongsTo(`group ${odd}`)).toBe(true)
    expect(await visitor.belongsTo(`no group ${odd}`)).toBe(false)
    expect(await visitor.logsOut()).toBe(true)
    expect(await visitor.currentUser()).toBeNull()
  })
})
