import { expect, it, onTestFinished } from 'vitest'

import { postgresSchema } from 'express-4d-directory/postgres'
import { newSignIn, open, start, tryToOpen } from '../../../lib/testing/store-spec.js'
import { describeWithPostgres, PostgresServer } from '../../support/postgres-server.js'
import { PostgresSessions } from '../../support/postgres-sessions.js'

const unavailable = {
  name: 'DirectoryError',
  code: 'ERR_STORE_UNAVAILABLE',
  status: 503,
  message: expect.stringContaining('replica') as string
}

describeWithPostgres('PostgresSessionStore on a standby', (server) => {
  it('A13.2.6 late: reads, refuses to write, and goes on where the first server was once the standby has taken over', async () => {
    const first = new PostgresSessions(server())
    onTestFinished(() => first.close())
    await first.sql(postgresSchema('directory'))
    const signIn = await open(first.newStore('directory'), newSignIn(start, 'jsmith', { storage: '{"kept":true}' }))
    const standby = await PostgresServer.startStandbyOf(server())
    onTestFinished(() => standby.stop())
    const second = new PostgresSessions(standby)
    onTestFinished(() => second.close())
    const store = second.newStore('directory')
    await expect.poll(() => store.read(signIn.id, start)).toMatchObject({ storage: '{"kept":true}', version: 0, lastSeenAt: start })

    const refusals = await Promise.allSettled([
      store.resume([signIn.id], start + 1),
      tryToOpen(store, newSignIn(start, 'mmiller'), { quotas: { sessions: 5 } }),
      store.update(signIn.id, 0, '{"kept":false}', start + 1),
      store.end([signIn.id], start + 1)
    ])
    await server().kill()
    await second.sql('SELECT pg_promote()')

    expect(refusals).toMatchObject(Array(4).fill({ status: 'rejected', reason: unavailable }))
    expect(await store.count(start + 2)).toMatchObject({ signedIn: 1, guests: 0 })
    expect(await store.resume([signIn.id], start + 2)).toMatchObject([{ storage: '{"kept":true}', version: 0, lastSeenAt: start + 2 }])
    expect(await store.update(signIn.id, 0, '{"kept":"too"}', start + 2)).toBe('updated')
  })
})
