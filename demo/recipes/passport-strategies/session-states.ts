import { randomBytes } from 'node:crypto'

import type { Request } from 'express'
import { safeReturnTo } from 'express-4d-directory'

declare module 'express-4d-directory' {
  interface SessionStorage {
    /** What strategies have sent out and wait for, by `state`: one for each window that the visitor has open. */
    states?: Record<string, SentState>
  }
}

interface SentState {
  /** Of PKCE. */
  readonly verifier: string
  readonly returnTo: string
}

type Stored = (error: unknown, state?: string) => void
type Verified = (error: unknown, verifier?: string | false, returnTo?: unknown) => void

/** Older ones are forgotten, so that nobody fills a session by asking for `/login`. */
const mostStates = 5

/**
 * Keeps `state` and the verifier of PKCE in the visitor's session, for the option `store` of passport's OAuth strategies; their own needs express-session. They tell by
 * the number of parameters what a store can do, so that these have to stay five and three.
 */
export class SessionStates {
  store(req: Request, verifier: string, _state: unknown, _meta: unknown, done: Stored): void {
    const state = randomBytes(24).toString('base64url')
    const sent = { verifier, returnTo: safeReturnTo(req) }
    const stored = req.directory.session?.update((storage) => {
      const others = Object.entries(storage.states ?? {}).slice(1 - mostStates)
      storage.states = Object.fromEntries([...others, [state, sent]])
    })
    Promise.resolve(stored).then(() => done(null, state), done)
  }

  verify(req: Request, state: unknown, done: Verified): void {
    take(req, state).then((sent) => (sent ? done(null, sent.verifier, sent.returnTo) : done(null, false, { message: 'Begin again' })), done)
  }
}

/** What was sent with that `state`, which counts once, whatever comes twice; `undefined`: this session has sent none. */
async function take(req: Request, state: unknown): Promise<SentState | undefined> {
  const { session } = req.directory
  if (session === null || typeof state !== 'string' || session.storage.states?.[state] === undefined) return undefined
  const taken: { sent?: SentState | undefined } = {}
  await session.update((storage) => {
    const { [state]: sent, ...others } = storage.states ?? {}
    taken.sent = sent
    storage.states = others
  })
  return taken.sent
}
