import { strict as assert } from 'node:assert'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

import { minuteTakesMilliseconds } from './hastened-clock.js'
import type { SoakedApp } from './soaked-app.js'

/** A client goes on until it is told to stop, and throws when anything is not as it left it. */
export type SoakClient = (app: SoakedApp, userName: string, isOver: () => boolean) => Promise<void>

/** Counts in its session, in parallel bursts and over renewed logins, and knows at each moment where its counter has to stand. */
export async function counts(app: SoakedApp, userName: string, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    let cookie = await logIn(app, userName, '30')
    let expected = 0
    for (let round = 0; round < 20 && !isOver(); round++) {
      const burst = 1 + (round % 4)
      const answers = await Promise.all(Array.from({ length: burst }, () => app.ask('/rest/increment', cookieHeader(cookie))))
      const numbers = answers.map(({ body }) => (body as { count: number } | null)?.count ?? 0).sort((a, b) => a - b)
      assert.deepEqual(
        numbers,
        Array.from({ length: burst }, (_, index) => expected + 1 + index),
        `${userName} counts`
      )
      expected += burst
      if (round % 7 === 6) {
        const old = cookie
        cookie = await logIn(app, userName, '30', cookieHeader(cookie))
        assert.notEqual(cookie, old)
        assert.equal(await whoIs(app, old), null, 'the cookie from before a login')
      }
      assert.deepEqual((await app.ask('/rest/storage', cookieHeader(cookie))).body, { count: expected })
      await wait(round * 3)
    }
    if (expected % 2 === 0) await logOut(app, cookie)
  }
}

/** Stays within its idle time for a while, then beyond it. */
export async function expires(app: SoakedApp, userName: string, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const loggedInAt = performance.now()
    const cookie = await logIn(app, userName, '1')
    await wait(minuteTakesMilliseconds * 0.3)
    const user = await whoIs(app, cookie)
    // On a busy machine the minute may have passed meanwhile.
    if (performance.now() - loggedInAt < minuteTakesMilliseconds * 0.9) assert.equal(user, userName)
    await wait(minuteTakesMilliseconds * 1.1)
    assert.equal(await whoIs(app, cookie), null, 'idle for longer than a minute')
  }
}

/** Is never idle, and is out at the absolute limit of 60 minutes all the same. */
export async function staysForEver(app: SoakedApp, userName: string, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const startedAt = performance.now()
    const cookie = await logIn(app, userName, '30')
    const loggedInAt = performance.now()
    while (!isOver()) {
      const askedAt = performance.now()
      const user = await whoIs(app, cookie)
      if (user === null) {
        assert.ok(performance.now() - startedAt >= minuteTakesMilliseconds * 60, 'nobody is out before the absolute limit')
        break
      }
      assert.ok(askedAt - loggedInAt < minuteTakesMilliseconds * 60, 'nobody is in past the absolute limit')
      await wait(200)
    }
  }
}

/** Comes without a cookie, again and again. */
export async function floods(app: SoakedApp, _userName: string, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const answers = await Promise.all(Array.from({ length: 40 }, () => app.ask('/rest/handle')))
    assert.equal(new Set(answers.map(({ body }) => body)).size, 40)
    await wait(100)
  }
}

/** Hangs up in the middle of logins and of counting. What was sent may count or not, but nothing more, and nothing is taken back. */
export async function hangsUp(app: SoakedApp, userName: string, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const cookie = await logIn(app, userName, '30')
    let sent = 0
    let seen = 0
    for (let round = 0; round < 20 && !isOver(); round++) {
      await sendAndHangUp(app, `POST /rest/$directory/login HTTP/1.1\r\nHost: a\r\nusername-4D: ${userName}\r\npassword-4D: wrong\r\n\r\n`)
      for (let index = 0; index < 3; index++) {
        sent += 1
        await sendAndHangUp(app, `GET /rest/increment HTTP/1.1\r\nHost: a\r\nCookie: WASID4D=${cookie}\r\n\r\n`, index)
      }
      const { count = 0 } = (await app.ask('/rest/storage', cookieHeader(cookie))).body as { count?: number }
      assert.ok(count >= seen && count <= sent, `${count} of ${sent}, after ${seen}`)
      seen = count
      await wait(20)
    }
    await logOut(app, cookie)
  }
}

async function logIn(app: SoakedApp, userName: string, minutes: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const sent = { 'username-4D': userName, 'password-4D': 'right', 'session-4D-length': minutes, ...headers }
  const { status, cookie } = await app.ask('/rest/$directory/login', sent, 'POST')
  assert.equal(status, 200)
  assert.ok(cookie)
  return cookie
}

async function logOut(app: SoakedApp, cookie: string): Promise<void> {
  assert.equal((await app.ask('/rest/$directory/logout', cookieHeader(cookie))).status, 200)
  assert.equal(await whoIs(app, cookie), null, 'after logout')
}

async function whoIs(app: SoakedApp, cookie: string): Promise<string | null> {
  const { status, body } = await app.ask('/rest/$directory/currentUser', cookieHeader(cookie))
  assert.equal(status, 200)
  return (body as { result: { userName: string } | null }).result?.userName ?? null
}

function cookieHeader(cookie: string): Readonly<Record<string, string>> {
  return { cookie: `WASID4D=${cookie}` }
}

function sendAndHangUp(app: SoakedApp, text: string, afterMilliseconds = 1): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(app.port, '127.0.0.1', () => {
      socket.write(text, () => void wait(afterMilliseconds).then(() => socket.destroy()))
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve())
  })
}
