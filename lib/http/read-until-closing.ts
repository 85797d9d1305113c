import type { RequestHandler } from 'express'

import { DirectoryError } from '../errors.js'

/**
 * A reader of bodies that gives up when the directory closes: a client that sends its body in drops, or stops half-way, would keep `server.close()` waiting for
 * as long as it likes. It is answered with 503, and its connection ends.
 */
export function readUntilClosing(read: RequestHandler, closing: AbortSignal): RequestHandler {
  return function readBody(req, res, next) {
    let isOver = false
    const finish = (error?: unknown) => {
      if (isOver) return
      isOver = true
      closing.removeEventListener('abort', giveUp)
      next(error)
    }
    const giveUp = () => {
      // What is still to come of the body would come in front of the next request.
      res.shouldKeepAlive = false
      finish(new DirectoryError('ERR_LOGIN_QUEUE_FULL', 'The server is closing: the body of the request is no longer waited for'))
    }
    closing.addEventListener('abort', giveUp)
    void read(req, res, finish)
    if (closing.aborted) giveUp()
  }
}
