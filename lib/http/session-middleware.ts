import type { IncomingMessage, ServerResponse } from 'node:http'

import { DirectoryError } from '../errors.js'
import { isPromise } from '../when-known.js'
import { type HeaderWriter, requestsKey, type ServedMessage } from './contract.js'
import { failWith } from './forward-rejection.js'
import { outliveResets } from './outlive-resets.js'
import { RequestFacts } from './request-facts.js'
import type { RequestServices } from './request-services.js'
import type { RouteMiddleware } from './route-middleware.js'
import { ServedRequest } from './served-request.js'
import { shareHiddenClasses } from './share-hidden-classes.js'
import { showDirectory } from './show-directory.js'
import { warnOfHost } from './warn-of-host.js'
import { watchHeaders } from './watch-headers.js'
import { sendError, speaks4D } from './wire-format.js'

/** What a middleware does with a request once its session is taken up. */
type GoOn = (served: ServedRequest) => void | Promise<void>

/** For pages: takes up the session that there is, and lets one open with the first update. */
export function sessionMiddleware(services: RequestServices): RouteMiddleware {
  return serving(services, (served) => served.opening.allowUpdates())
}

/** Takes up the session that there is, and opens none: for pages that have to be reachable when every licence is taken. */
export function resumeMiddleware(services: RequestServices): RouteMiddleware {
  return serving(services, () => undefined)
}

/** As 4D does on any of its URLs. Its own endpoints (`isForEndpoint`) do the same once they know that they will serve the request. */
export function rest4DMiddleware(services: RequestServices, isForEndpoint: (message: IncomingMessage) => boolean): RouteMiddleware {
  const goOn: GoOn = (served) => {
    if (asksForNoSession(served)) served.leaveSessionAside()
    return isForEndpoint(served.facts.message) ? undefined : served.establish()
  }
  return serving(services, goOn, (served) => !asksForNoSession(served))
}

function asksForNoSession({ facts, services }: ServedRequest): boolean {
  const value = facts.headers['nosession-4d']
  return services.headerLogin === 'any-request' && typeof value === 'string' && value.toLowerCase() === 'true'
}

/** The request as this directory serves it; `null`: it has not seen it yet. */
export function servedRequestOf(message: ServedMessage, services: RequestServices): ServedRequest | null {
  for (let writer = message[requestsKey] ?? null; writer; writer = writer.previous) {
    if (writer instanceof ServedRequest && writer.services === services) return writer
  }
  return null
}

function serving(services: RequestServices, goOn: GoOn, resumes: (served: ServedRequest) => boolean = () => true): RouteMiddleware {
  /** Resumes the session where that has not been done yet, and goes on. At once where nothing has to be waited for. */
  function serve(req: ServedMessage, res: ServerResponse): void | Promise<void> {
    const latest = req[requestsKey] ?? null
    const known = servedRequestOf(req, services)
    const served = known ?? enter(services, req, res, latest)
    watchHeaders(req, res)
    showDirectory(req, served, known === null || known === latest)
    if (known !== null || !resumes(served)) return goOn(served)
    const resumed = served.resume()
    return isPromise(resumed) ? resumed.then(() => goOn(served)) : goOn(served)
  }

  return function directorySession(req, res, next) {
    let done: void | Promise<void>
    try {
      done = serve(req, res)
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
  else failWith(next, error)
}

function enter(services: RequestServices, req: ServedMessage, res: ServerResponse, previous: HeaderWriter | null): ServedRequest {
  const facts = new RequestFacts(req)
  if (previous === null && facts.app !== null) shareHiddenClasses(req, res)
  const served = new ServedRequest(services, facts, res, previous)
  // engine.io asks its middleware about upgrades.
  if (facts.isUpgrade) outliveResets(req)
  warnOfHost(served)
  req[requestsKey] = served
  return served
}
