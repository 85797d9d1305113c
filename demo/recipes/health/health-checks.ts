import { type RequestHandler, Router } from 'express'
import type { RestDirectory } from 'express-4d-directory'

/** `live`: the process turns. `ready`: it has started up, its threads check passwords, and it is not closing. No session, and no question to a database. */
export function healthChecks(directory: RestDirectory): Router {
  const readiness = { isReady: false }
  // The work of a login that nobody has asked for: it starts a thread, or tells that none can be started.
  directory.passwords.verify('', null).then(
    () => (readiness.isReady = true),
    (error: unknown) => console.error('This process cannot check passwords:', error)
  )
  const router = Router()
  router.get(
    '/live',
    answering(() => true)
  )
  router.get(
    '/ready',
    answering(() => readiness.isReady && !directory.closing.aborted)
  )
  return router
}

function answering(isWell: () => boolean): RequestHandler {
  return function answerHealth(_req, res) {
    const status = isWell() ? 200 : 503
    res.status(status).set('Cache-Control', 'no-store').json({ status })
  }
}
