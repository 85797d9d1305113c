import { type Request, type RequestHandler, type Response, Router } from 'express'

import { DirectoryError } from '../errors.js'
import { forwardRejection } from './forward-rejection.js'
import type { RequestServices } from './request-services.js'
import type { ServedRequest } from './served-request.js'
import { servedRequestOf } from './session-middleware.js'
import { sendAllow } from './wire-format.js'

/** One request of 4D's, under its name in the URL. */
export interface Endpoint {
  readonly name: string
  readonly methods: readonly string[]
  readonly answer: (served: ServedRequest, req: Request, res: Response) => Promise<void>
}

/** Where endpoints stand: requests to `path` are theirs, and `nameIn` says whose; where there is none of that name, `orElse` answers. */
export interface EndpointPlace {
  /** As metrics and traces show it: `$directory`. */
  readonly folder: string
  readonly path: RegExp
  readonly nameIn: (req: Request) => string | undefined
  readonly orElse: RequestHandler
}

/**
 * Adds endpoints to a router by one layer for all of them, since a router tries each of its layers on each request. Each is a route of its own all the same, under
 * the name that metrics and traces show as `req.route.path`, which Express never matches: the layer knows which is meant.
 */
export function addEndpoints(router: Router, services: RequestServices, endpoints: readonly Endpoint[], place: EndpointPlace): void {
  const named = Router()
  for (const endpoint of endpoints) named.route(`/${place.folder}/${endpoint.name}`).all(answerEndpoint(endpoint, services))
  const layers = new Map(endpoints.map(({ name }, index) => [name, named.stack[index] as unknown as RouteLayer]))
  // A regular expression reads the same on Express 4 and 5, `$` and all.
  router.all(new UnnamedPath(place.path), function answerDirectoryRequest(req, res, next) {
    const layer = layers.get(place.nameIn(req) ?? '')
    if (layer === undefined) place.orElse(req, res, next)
    else layer.handle(req, res, next)
  })
}

/** What Express has of a route: instrumentations put their own `handle` in the place of this one. */
interface RouteLayer {
  readonly handle: RequestHandler
}

/** A path that adds nothing to a route's name: OpenTelemetry's instrumentation joins the texts of all the layers that a request has passed. */
class UnnamedPath extends RegExp {
  override toString(): string {
    return ''
  }
}

/** Answers an endpoint's methods, `OPTIONS` with what they are, and any other by a refusal. */
function answerEndpoint({ name, methods, answer }: Endpoint, services: RequestServices): RequestHandler {
  const allow = [...methods, 'OPTIONS'].join(', ')
  return forwardRejection(async function answerMethod(req, res) {
    const served = servedRequestOf(req, services)
    if (served === null) throw new Error('the session middleware has to run before the endpoints of the directory')
    if (req.method === 'OPTIONS') {
      sendAllow(res, allow)
      return
    }
    if (!methods.includes(req.method)) {
      res.setHeader('Allow', allow)
      throw new DirectoryError('ERR_METHOD', `${name} does not support ${req.method}`)
    }
    await answer(served, req, res)
  })
}
