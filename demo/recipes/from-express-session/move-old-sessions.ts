import type { Request, RequestHandler, Response } from 'express'

import type { Account } from './accounts.js'
import { oldCookieName } from './old-sessions.js'

/**
 * Signs in whoever comes with an old session, with what is in it; a visitor's basket is taken over as well. To be mounted behind `oldSessions` and the session
 * middleware of express-4d-directory.
 *
 * The old session is left alone until the new cookie has come back: a page asks for many things at once, and all of them carry the old cookie alone. Each is
 * taken over, the last cookie stays, and the sessions of the others run out.
 */
export const moveOldSession: RequestHandler = async function moveOldSession(req, res, next) {
  const account = req.user as Account | undefined
  const { basket } = req.session
  const hasCome = account === undefined ? req.directory.session?.handle !== '' : req.directory.user !== null
  if (hasCome) {
    await endOldSession(req, res)
  } else {
    if (account !== undefined) await req.directory.signIn(account, { by: 'old session' })
    if (basket !== undefined) await req.directory.session?.update((storage) => void (storage.basket = basket))
  }
  next()
}

/** Ends the old session, if there is one. Whoever logs out does so from both, or the old cookie would log in again. */
export async function endOldSession(req: Request, res: Response): Promise<void> {
  if (req.user === undefined && req.session.basket === undefined) return
  delete req.user
  await new Promise<void>((resolve, reject) => {
    req.session.destroy((error: unknown) => {
      if (error instanceof Error) reject(error)
      else resolve()
    })
  })
  res.clearCookie(oldCookieName)
}
