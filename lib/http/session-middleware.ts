import type { IncomingMessage, ServerResponse } from 'node:http'

import { isPromise } from '../when-known.js'
import { type HeaderWriter, requestsKey, type ServedMessage } from './contract.js'
import { RequestFacts } from './request-facts.js'
import type { RequestServices } from './request-services.js'
import type { RouteMiddleware } from './route-middleware.js'
import { ServedRequest } from './served-request.js'
import { watchHeaders } from './watch-headers.js'

/** What a middleware does with a request once its session is taken up, and whether that is done at all. */
interface Manner {
  readonly resumes: (served: ServedRequest) => boolean
  readonly goOn: (served: ServedRequest) => void | Promise<void>
}

/** For pages: takes up the session that there is, and lets one open with the first update. */
export function sessionMiddleware(services: RequestServices): RouteMiddleware {
  return serving(services, { resumes: always, goOn: (served) => served.allowUpdates() })
}

/** Takes up the session that there is, and opens none: for pages that have to be reachable when every licence is taken. */
export function resumeMiddleware(services: RequestServices): RouteMiddleware {
  return serving(services, { resumes: always, goOn: () => undefined })
}

/** As 4D does on any of its URLs. Its own endpoints do the same once they know that they will serve the request: `isForEndpoint`. */
export function rest4DMiddleware(services: RequestServices, isForEndpoint: (message: IncomingMessage) => boolean): RouteMiddleware {
  return serving(services, {
    resumes: (served) => !served.asksForNoSession,
    goOn(served) {
      if (served.asksForNoSession) served.leaveSessionAside()
      return isForEndpoint(served.facts.message) ? undefined : served.establish()
    }
  })
}

function always(): boolean {
  return true
}

/** The request as this directory serves it; `null`: it has not seen it yet. */
export function servedRequestOf(message: ServedMessage, services: RequestServices): ServedRequest | null {
  for (let writer = message[requestsKey]; writer; writer = writer.previous ?? undefined) {
    if (writer instanceof ServedRequest && writer.services === services) return writer
  }
  return null
}

function serving(services: RequestServices, manner: Manner): RouteMiddleware {
  return function directorySession(req, res, next) {
    let done: void | Promise<void>
    try {
      done = serve(services, req, res, manner)
    } catch (error) {
      next(error)
      return
    }
    if (isPromise(done)) done.then(() => next(), next)
    else next()
  }
}

/** Resumes the session where that has not been done yet, and goes on in that manner. At once where nothing has to be waited for. */
function serve(services: RequestServices, req: ServedMessage, res: ServerResponse, manner: Manner): void | Promise<void> {
  const known = servedRequestOf(req, services)
  const served = known ?? enter(services, req, res)
  ;(req as { directory?: unknown }).directory = served.host
  if (known !== null || !manner.resumes(served)) return manner.goOn(served)
  const resumed = served.resume()
  return isPromise(resumed) ? resumed.then(() => manner.goOn(served)) : manner.goOn(served)
}

function enter(services: RequestServices, req: ServedMessage, res: ServerResponse): ServedRequest {
  const previous = req[requestsKey] ?? null
  const served = new ServedRequest(services, new RequestFacts(req), res, previous)
  warnOfSameCookie(served, previous)
  warnOfProxy(served)
  if (served.facts.app !== null) services.latestApp = served.facts.app
  req[requestsKey] = served
  watchHeaders(req, res)
  return served
}

/** Two directories of one app with one cookie would log each other out. */
function warnOfSameCookie({ services }: ServedRequest, previous: HeaderWriter | null): void {
  for (let other = previous; other !== null; other = other.previous) {
    if (!(other instanceof ServedRequest) || !services.cookie.isSentWith(other.services.cookie)) continue
    const { name } = services.cookie.options
    services.warnings.once(
      'SAME_COOKIE',
      `Two directories serve one request, and both call their cookie ${name}: each takes the other's place in the browser. Give one of them another cookie.name`
    )
  }
}

/** Without `trust proxy` every client has the proxy's address, and every request looks like plain HTTP. */
function warnOfProxy({ facts, services }: ServedRequest): void {
  const { app, headers } = facts
  if (app === null || (headers['x-forwarded-for'] === undefined && headers.forwarded === undefined) || app.get('trust proxy')) return
  services.warnings.once(
    'TRUST_PROXY',
    "A request came with X-Forwarded-For or Forwarded, and Express' setting 'trust proxy' is off: the login throttle then sees all clients as one " +
      "address, and cookie.secure: 'auto' takes HTTPS for HTTP. Set app.set('trust proxy', ...) if a proxy is yours, or have it drop these headers."
  )
}
