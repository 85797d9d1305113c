import type { IncomingMessage, ServerResponse } from 'node:http'

import type { RequestHandler } from 'express'

/**
 * Express middleware that says nothing about the parameters, the body and the query of the route it stands in: `req.params` of the handlers after it stays
 * what the path says. It fits wherever a `RequestHandler` does.
 */
export type RouteMiddleware = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void

/** The same for middleware that needs Express' own request and answer: Express is who calls it. */
export function asRouteMiddleware(middleware: RequestHandler): RouteMiddleware {
  return middleware as RouteMiddleware
}
