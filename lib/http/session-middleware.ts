import type { Request, RequestHandler, Response } from 'express'

import { readHeaderCredentials, readHeaderLength } from './credentials.js'
import { refuseCrossSite } from './cross-site.js'
import { placeSessionCookie } from './place-session-cookie.js'
import { LiveRequestDirectory, loginFailed, type RequestServices } from './request-directory.js'
import { datastoreFunctionAt, isDirectoryRequest } from './wire-format.js'

const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

/** Resolves the request's session, or opens one, and sets `req.directory`. Refusals go to `next` as a `DirectoryError`. */
export function sessionMiddleware(services: RequestServices): RequestHandler {
  const warnOfUntrustedProxy = proxyWarning()

  return function directorySession(req, res, next) {
    const known = directoryOf(req, services)
    if (known !== null) {
      putOnRequest(req, known)
      next()
      return
    }
    warnOfUntrustedProxy(req)
    begin(req, res, services).then(() => next(), next)
  }
}

/** The same for pages that have to be reachable when every licence is taken: takes up the session that there is, and opens none. */
export function resumeMiddleware(services: RequestServices): RequestHandler {
  return function directoryResume(req, res, next) {
    const known = directoryOf(req, services)
    if (known === null) {
      takeUp(enter(req, res, services), req, services).then(() => next(), next)
      return
    }
    putOnRequest(req, known)
    next()
  }
}

/**
 * In an app of several directories, a request keeps under this name those that are not its `req.directory` now: one that took it for new would
 * resume its session again, and of its two cookies the older would go out.
 */
const displaced = Symbol('displaced directories')

interface RequestOfSeveral extends Request {
  [displaced]?: Set<LiveRequestDirectory>
}

/** The directory that this middleware has put on the request; `null`: it has not seen the request yet. */
export function directoryOf(req: RequestOfSeveral, services: RequestServices): LiveRequestDirectory | null {
  const current: unknown = req.directory
  if (!(current instanceof LiveRequestDirectory)) return null
  if (current.isOf(services)) return current
  return [...(req[displaced] ?? [])].find((directory) => directory.isOf(services)) ?? null
}

function putOnRequest(req: RequestOfSeveral, directory: LiveRequestDirectory): void {
  const current: unknown = req.directory
  if (current instanceof LiveRequestDirectory && current !== directory) {
    const others = req[displaced] ?? new Set<LiveRequestDirectory>()
    req[displaced] = others.add(current)
  }
  req.directory = directory
}

async function begin(req: Request, res: Response, services: RequestServices): Promise<void> {
  const directory = enter(req, res, services)
  await takeUp(directory, req, services)
  // The routes of the directory do this themselves, once they know that they will serve the request.
  if (directory.user === null && !isOwnRequest(req, services)) await establish(directory, req, services)
}

function enter(req: Request, res: Response, services: RequestServices): LiveRequestDirectory {
  const directory = new LiveRequestDirectory(services, req, res)
  putOnRequest(req, directory)
  placeSessionCookie(res, directory)
  return directory
}

/** Takes up the session that the request's cookies stand for. */
function takeUp(directory: LiveRequestDirectory, req: Request, services: RequestServices): Promise<unknown> {
  // A page of another site that has been sent our SameSite=None cookie could do everything that its user may.
  if (services.checksOriginOfUnsafeMethods && !safeMethods.has(req.method)) refuseCrossSite(req, services.allowedOrigins)
  return asksForNoSession(req, services) ? directory.authorizeWithoutSession(null) : directory.resume()
}

/** Whether the router answers this request itself, and opens its session once it knows that it will. */
export function isOwnRequest(req: Request, { datastoreFunctions }: RequestServices): boolean {
  return isDirectoryRequest(req) || datastoreFunctionAt(req.path, datastoreFunctions) !== null
}

/** Makes the session that the request is served in: the one it has, one for the credentials in its headers, or a guest's. */
export async function establish(directory: LiveRequestDirectory, req: Request, services: RequestServices): Promise<void> {
  // A CORS preflight carries no cookie and must never open a session.
  if (req.method === 'OPTIONS' || directory.user !== null) return
  await logInByHeaders(directory, req, services)
  await directory.openGuest()
}

/** Logs in whom the headers name where nobody is logged in; throws where they name nobody rightly. */
export async function logInByHeaders(directory: LiveRequestDirectory, req: Request, services: RequestServices): Promise<void> {
  if (directory.user !== null || services.headerLogin !== 'any-request') return
  const sent = readHeaderCredentials(req.headers)
  if (sent.kind === 'incomplete') throw loginFailed()
  if (sent.kind !== 'complete') return
  const isLoggedIn = directory.isWithoutSession
    ? await directory.authorizeWithoutSession(sent.credentials)
    : (await directory.login(sent.credentials, { idleMinutes: readHeaderLength(req.headers, services.length) })) !== null
  if (!isLoggedIn) throw loginFailed()
}

function asksForNoSession(req: Request, services: RequestServices): boolean {
  const value = req.headers['nosession-4d']
  return services.headerLogin === 'any-request' && typeof value === 'string' && value.toLowerCase() === 'true'
}

/** One warning per process and directory: without `trust proxy` every client has the proxy's address, and every request looks like plain HTTP. */
function proxyWarning(): (req: Request) => void {
  let hasWarned = false
  return (req) => {
    if (hasWarned || (req.headers['x-forwarded-for'] === undefined && req.headers.forwarded === undefined)) return
    if (req.app.get('trust proxy')) return
    hasWarned = true
    process.emitWarning(
      "A request came with X-Forwarded-For or Forwarded, and Express' setting 'trust proxy' is off: the login throttle then sees all clients as one " +
        "address, and cookie.secure: 'auto' takes HTTPS for HTTP. Set app.set('trust proxy', ...) if a proxy is yours, or have it drop these headers.",
      { code: 'EXPRESS_4D_DIRECTORY_TRUST_PROXY' }
    )
  }
}
