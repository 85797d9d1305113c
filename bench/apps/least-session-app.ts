import { hash, randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'

import express, { type Request } from 'express'

import { shareHiddenClasses } from '../../lib/http/share-hidden-classes.js'
import type { DirectoryUser } from '../../lib/index.js'
import type { BenchApp, BenchAppOptions } from './bench-app.js'
import { person } from './people.js'
import { connectToRedis } from './shared-store-apps.js'

const served: unique symbol = Symbol('served')

interface Served {
  readonly id: string
  readonly user: DirectoryUser
}

type ServedRequest = Request & { [served]?: Served }
type WriteHead = (this: ServerResponse, ...given: unknown[]) => ServerResponse

/** Sessions by what is kept of an id. */
interface Sessions {
  find(id: string): DirectoryUser | null | Promise<DirectoryUser | null>
  close(): Promise<void>
}

/** One look into a Map, and no more of what a session has to be. */
export function leastSessionApp(): BenchApp {
  const id = newID()
  const users = new Map([[id, person]])
  return appOver(id, { find: (given) => users.get(given) ?? null, close: () => Promise.resolve() })
}

/** The same with one `GET` instead. */
export async function leastSessionOnRedisApp(options: BenchAppOptions): Promise<BenchApp> {
  const client = await connectToRedis(options)
  const keyOf = (given: string) => `least:${hash('sha256', given, 'base64url')}`
  const id = newID()
  await client.set(keyOf(id), JSON.stringify(person), { expiration: { type: 'EX', value: 3600 } })
  return appOver(id, {
    find: (given) => client.get(keyOf(given)).then((text) => (text === null ? null : (JSON.parse(text) as DirectoryUser))),
    close: () => client.close()
  })
}

/**
 * What any middleware does that finds a session by its cookie, has a guard ask for the user, and renews the cookie with the answer's headers. No checks, no clock,
 * no other cookie, no caches, no events; with hidden classes shared as this package does.
 */
function appOver(id: string, sessions: Sessions): BenchApp {
  const app = express()
  const { writeHead } = app.response as unknown as { writeHead: WriteHead }
  // Where this package has its hook too: see `lib/http/watch-headers.ts`.
  Object.assign(app.response, {
    writeHead(this: ServerResponse & { req: ServedRequest }, ...given: unknown[]) {
      const session = this.req[served]
      if (session) {
        this.setHeader('Cache-Control', 'no-store')
        this.setHeader('Set-Cookie', [`${cookieOf(session.id)}${this.req.secure ? '; Secure' : ''}`])
      }
      return writeHead.apply(this, given)
    }
  })
  app.use('/rest', (req: ServedRequest, res, next) => {
    shareHiddenClasses(req, res)
    const given = idIn(req.headers.cookie)
    const found = given === null ? null : sessions.find(given)
    const goOn = (user: DirectoryUser | null) => {
      if (user && given) req[served] = { id: given, user }
      next()
    }
    if (found instanceof Promise) found.then(goOn, next)
    else goOn(found)
  })
  app.get(
    '/rest/me',
    (req: ServedRequest, res, next) => {
      if (req[served]) next()
      else res.sendStatus(401)
    },
    (req: ServedRequest, res) => {
      res.json(req[served]?.user)
    }
  )
  app.post('/rest/enter', (_req, res) => {
    res.setHeader('Set-Cookie', cookieOf(id))
    res.json({ result: true })
  })
  return { app, close: () => sessions.close() }
}

function newID(): string {
  return randomBytes(16).toString('hex').toUpperCase()
}

function idIn(cookies = ''): string | null {
  return /(?:^|; )WASID4D=([0-9A-F]{32})(?:;|$)/.exec(cookies)?.[1] ?? null
}

function cookieOf(id: string): string {
  return `WASID4D=${id}; Max-Age=3600; Path=/; HttpOnly; SameSite=Lax`
}
