import { type RequestHandler, Router } from 'express'

/** What Express has of a route: instrumentations put their own `handle` in the place of this one. */
interface RouteLayer {
  readonly handle: RequestHandler
}

/**
 * Routes under the names that metrics and traces show, `/$directory/login`. Express matches none of them: one layer of our own knows which is meant, and hands
 * the request over. So a router tries one layer on each request, and `req.route.path` is a name all the same.
 */
export class NamedRoutes {
  readonly #routes = Router()

  /** What answers requests under that name. */
  add(path: string, answer: RequestHandler): RequestHandler {
    this.#routes.route(path).all(answer)
    const layer = this.#routes.stack.at(-1) as unknown as RouteLayer
    return (req, res, next) => layer.handle(req, res, next)
  }
}

/** A path that adds nothing to a route's name: OpenTelemetry's instrumentation joins the texts of all the layers that a request has passed. */
export class UnnamedPath extends RegExp {
  override toString(): string {
    return ''
  }
}
