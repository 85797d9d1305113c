import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, it, onTestFinished } from 'vitest'

import { postgresSchema } from 'express-4d-directory/postgres'
import { newGuest, newSignIn, open, start, tryToOpen } from '../../../lib/testing/store-spec.js'
import { describeWithPostgres } from '../../support/postgres-server.js'
import { PostgresSessions } from '../../support/postgres-sessions.js'

const diskIsFull = { name: 'DirectoryError', code: 'ERR_STORE_UNAVAILABLE', status: 503, message: 'The disk of PostgreSQL is full' }

describeWithPostgres('PostgresSessionStore on a full disk', (server) => {
  it('keeps who is there, refuses what needs room, and goes on once there is some', async ({ skip }) => {
    const path = mountSmallDisk()
    if (path === null) return skip('mounting a small disk takes root')
    const sessions = new PostgresSessions(server())
    onTestFinished(async () => {
      await sessions.close()
      await server().kill()
      unmount(path)
    })
    const [row] = await sessions.sql('SHOW data_directory')
    ownAs(String(row?.['data_directory']), path)
    await sessions.sql(`CREATE TABLESPACE small LOCATION '${path}'`)
    await sessions.sql(postgresSchema('directory'))
    await sessions.sql('ALTER TABLE directory.session SET TABLESPACE small')
    const store = sessions.newStore('directory')
    const signIn = await open(store, newSignIn(start, 'jsmith', { storage: '{"kept":true}' }))

    const ballast = join(path, 'ballast')
    fill(ballast)
    let guests = 0
    let refusal: unknown = null
    while (refusal === null && guests < 500) {
      refusal = await tryToOpen(store, newGuest(start)).then(
        () => null,
        (error: unknown) => error
      )
      if (refusal === null) guests++
    }
    const readMeanwhile = await store.read(signIn.id, start)
    const ended = await store.end([signIn.id], start)
    rmSync(ballast)

    expect(refusal).toMatchObject(diskIsFull)
    expect(readMeanwhile).toMatchObject({ storage: '{"kept":true}', version: 0 })
    expect(ended).toMatchObject([{ handle: signIn.record.handle }])
    expect(await store.count(start)).toMatchObject({ signedIn: 0, guests })
    expect(await tryToOpen(store, newSignIn(start, 'mmiller'))).toBe('created')
  })
})

/** A disk of one megabyte, or `null` where we may not mount one: that takes root. */
function mountSmallDisk(): string | null {
  const path = mkdtempSync(join(tmpdir(), 'small-disk-'))
  const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path], { stdio: 'ignore' }).status === 0
  if (isMounted) return path
  rmSync(path, { recursive: true })
  return null
}

function unmount(path: string): void {
  spawnSync('umount', [path])
  rmSync(path, { recursive: true })
}

function ownAs(owned: string, path: string): void {
  const { uid, gid } = statSync(owned)
  chownSync(path, uid, gid)
  chmodSync(path, 0o700)
}

/** Takes every byte that is left. */
function fill(path: string): void {
  try {
    for (;;) writeFileSync(path, Buffer.alloc(8192), { flag: 'a' })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
  }
}
