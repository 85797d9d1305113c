import type { NextFunction, Request, RequestHandler, Response } from 'express'

import { describeValue } from '../checks/describe-value.js'

/**
 * Hands on what a function of the host has thrown, as it is. What Express takes for no error, or for a word of its own, is the cause of one: else a failed
 * login would go on to the next route.
 */
export function failWith(next: (error: unknown) => void, thrown: unknown): void {
  if (thrown && thrown !== 'route' && thrown !== 'router') next(thrown)
  else next(new Error(`A function of the host has thrown ${describeValue(thrown)} instead of an error`, { cause: thrown }))
}

/** Express 4 never answers where an async handler rejects, so each of ours is wrapped. */
export function forwardRejection(handle: (req: Request, res: Response, next: NextFunction) => Promise<void>): RequestHandler {
  return function forwardingRejection(req, res, next) {
    handle(req, res, next).catch((error: unknown) => failWith(next, error))
  }
}
