import type { NextFunction, Request, RequestHandler, Response } from 'express'

/** Express 4 never answers where an async handler rejects, so each of ours is wrapped. */
export function forwardRejection(handle: (req: Request, res: Response, next: NextFunction) => Promise<void>): RequestHandler {
  return function forwardingRejection(req, res, next) {
    handle(req, res, next).catch(next)
  }
}
