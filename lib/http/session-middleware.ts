import type { IncomingMessage, ServerResponse } from 'node:http'

import { DirectoryError } from '../errors.js'
import type { TrustingApp } from '../sessions/administration.js'
import { isPromise } from '../when-known.js'
import { requestsKey, type ServedMessage } from './contract.js'
import { RequestFacts } from './request-facts.js'
import type { RequestServices } from './request-services.js'
import type { RouteMiddleware } from './route-middleware.js'
import { ServedRequest } from './served-request.js'
import { watchHeaders } from './watch-headers.js'
import { sendError, speaks4D } from './wire-format.js'

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
      passOn(error, services, req, res, next)
      return
    }
    if (isPromise(done))
      done.then(
        () => next(),
        (error: unknown) => passOn(error, services, req, res, next)
      )
    else next()
  }
}

/** What speaks 4D is refused in its format, also by a middleware on its own; any other refusal is the host's to render. */
function passOn(
  error: unknown,
  { datastoreFunctions }: RequestServices,
  req: IncomingMessage,
  res: ServerResponse,
  next: (error: unknown) => void
): void {
  if (error instanceof DirectoryError && !res.headersSent && speaks4D(req, datastoreFunctions)) sendError(req, res, error)
  else next(error)
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
  warnOfSameCookie(served)
  warnOfProxy(served)
  req[requestsKey] = served
  watchHeaders(req, res)
  return served
}

/** Two directories of one app with one cookie would log each other out, also where they never meet in one request. */
function warnOfSameCookie({ facts, services }: ServedRequest): void {
  if (facts.app === null || facts.app === services.latestApp) return
  services.latestApp = facts.app
  const neighbours = neighboursIn(rootOf(facts.app))
  neighbours.add(services)
  for (const { cookie, store } of neighbours) {
    if (cookie === services.cookie || store === services.store || !services.cookie.isSentWith(cookie)) continue
    services.warnings.once(
      'SAME_COOKIE',
      `Two directories of one app call their cookie ${services.cookie.options.name}, and each takes the other's place in the browser: a login in one logs out of ` +
        'the other. Give one of them another cookie.name, or each a cookie.path of its own'
    )
  }
}

/** What an app keeps the directories under that serve it. */
const servedBy: unique symbol = Symbol('directories of the app')

type ServedApp = TrustingApp & { readonly parent?: ServedApp; [servedBy]?: Set<RequestServices> }

/** The app that the host listens with: those below it answer for the same address. */
function rootOf(app: ServedApp): ServedApp {
  return app.parent ? rootOf(app.parent) : app
}

function neighboursIn(app: ServedApp): Set<RequestServices> {
  const neighbours = app[servedBy] ?? new Set<RequestServices>()
  app[servedBy] = neighbours
  return neighbours
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
