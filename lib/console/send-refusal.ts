import type { NextFunction, Request, Response } from 'express'

import { DirectoryError } from '../errors.js'
import { failurePage, sendPage } from './console-page.js'

/** Answers what the console refuses or cannot do: a page where a page was asked for, JSON elsewhere. Any other error is the host's. */
export function sendRefusal(thrown: unknown, req: Request, res: Response, next: NextFunction): void {
  const error = isOfBodyParser(thrown)
    ? new DirectoryError(thrown.status === 413 ? 'ERR_BODY_TOO_LARGE' : 'ERR_BODY', 'The body of the request cannot be read')
    : thrown
  if (!(error instanceof DirectoryError) || res.headersSent) {
    next(error)
    return
  }
  if (error.retryAfterSeconds !== undefined) res.setHeader('Retry-After', error.retryAfterSeconds)
  if (req.path === '/') sendPage(res, error.status, failurePage(error.message))
  else res.status(error.status).json({ error: { code: error.code, message: error.message } })
}

function isOfBodyParser(error: unknown): error is Error & { readonly status: number } {
  return error instanceof Error && 'type' in error && 'status' in error && typeof error.status === 'number' && error.status < 500
}
