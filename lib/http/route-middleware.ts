import type { IncomingMessage, ServerResponse } from 'node:http'

import type { RequestDirectory } from './request-directory.js'

// Not beside the middleware that sets it: what a host's compiler reads of this package begins at the doors, and has no reason to come by there.
declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- the way to extend Express' Request
  namespace Express {
    interface Request {
      /** Set by `sessionMiddleware` of express-4d-directory. */
      directory: RequestDirectory
    }
  }
}

/**
 * Express middleware that says nothing about the parameters, the body and the query of the route it stands in: `req.params` of the handlers after it stays
 * what the path says. It fits wherever a `RequestHandler` does.
 */
export type RouteMiddleware = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void
