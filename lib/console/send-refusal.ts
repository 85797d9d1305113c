import type { ErrorRequestHandler } from 'express'

import { DirectoryError } from '../index.js'
import { failurePage, strangerPage } from './console-page.js'
import { readProblem } from './page-routes.js'
import { sendPage } from './send-page.js'

/** Answers what the console refuses or cannot do: a page where a page was asked for, JSON elsewhere. Any other error is the host's. */
export function refusalsFor(group: string): ErrorRequestHandler {
  return function sendRefusal(thrown: unknown, req, res, next) {
    const error = isOfBodyParser(thrown)
      ? new DirectoryError(thrown.status === 413 ? 'ERR_BODY_TOO_LARGE' : 'ERR_BODY', 'The body of the request cannot be read')
      : thrown
    if (!(error instanceof DirectoryError) || res.headersSent) {
      next(error)
      return
    }
    if (error.retryAfterSeconds !== undefined) res.setHeader('Retry-After', error.retryAfterSeconds)
    if (req.path !== '/') res.status(error.status).json({ error: { code: error.code, message: error.message } })
    else if (error.code === 'ERR_GROUP_REQUIRED')
      sendPage(res, 403, strangerPage({ userName: req.directory.user?.userName ?? '', group, problem: readProblem(req.query) }))
    else sendPage(res, error.status, failurePage(error.message))
  }
}

function isOfBodyParser(error: unknown): error is Error & { readonly status: number } {
  return error instanceof Error && 'type' in error && 'status' in error && typeof error.status === 'number' && error.status < 500
}
