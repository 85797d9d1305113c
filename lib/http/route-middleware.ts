import type { IncomingMessage, ServerResponse } from 'node:http'

import type { RequestDirectory } from './request-directory.js'

// Declared here because a host's compiler reaches this file from index.d.ts.
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
