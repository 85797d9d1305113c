import type { NextFunction, Request, Response, Router } from 'express'

import { DirectoryError } from '../errors.js'
import {
  misnamedPassword,
  readBodyCredentials,
  readBodyLength,
  readHeaderCredentials,
  readHeaderLength,
  type SentCredentials,
  unreadAuthorization
} from './credentials.js'
import { addEndpoints, type Endpoint } from './endpoint.js'
import { argumentsOf, readArguments, readJSON } from './request-arguments.js'
import type { RequestServices } from './request-services.js'
import type { ServedRequest } from './served-request.js'
import { directoryPath, pathOf, queryOf, sendAnswer, wireUser } from './wire-format.js'

/** All that is served under `$directory`: the seed's four requests, each also by POST as browser frameworks send them, and the published server's alias. */
export const endpoints: readonly Endpoint[] = [
  { name: 'login', methods: ['POST'], answer: answerLogin },
  { name: 'loginByPassword', methods: ['POST'], answer: answerLogin },
  { name: 'loginByKey', methods: ['POST'], answer: answerLoginByKey },
  { name: 'logout', methods: ['GET', 'POST'], answer: answerLogout },
  { name: 'currentUser', methods: ['GET', 'POST'], answer: answerCurrentUser },
  { name: 'currentUserBelongsTo', methods: ['GET', 'POST'], answer: answerCurrentUserBelongsTo }
]

/** With the arguments in parentheses, as the engine of 2014 knows them for one request. */
const endpointPath = /^\/(?:\$|%24)directory\/(?:(\w+)|(currentUserBelongsTo)(?:\(|%28)(.*)(?:\)|%29))\/?$/i

/** Adds the endpoints to a router, and the refusal of whatever else is asked of `$directory`. */
export function addDirectoryRoutes(router: Router, services: RequestServices): void {
  addEndpoints(router, services, endpoints, { folder: '$directory', path: directoryPath, nameIn: endpointNameIn, orElse: refuseUnknown })
}

/** Express knows it of whole addresses too (`GET http://host/rest/...`); connect and plain Node do not. */
function pathWithin(req: Request): string {
  return (req as Partial<Request>).path ?? pathOf(req.url)
}

// Express decodes parameters and not paths, so `%24directory` is spelled out above.
function endpointNameIn(req: Request): string | undefined {
  const [, plain, called] = endpointPath.exec(pathWithin(req)) ?? []
  const asked = (plain ?? called)?.toLowerCase()
  return endpoints.find(({ name }) => name.toLowerCase() === asked)?.name
}

function refuseUnknown(req: Request, _res: Response, next: NextFunction): void {
  next(
    isWellFormed(pathWithin(req))
      ? new DirectoryError('ERR_UNKNOWN_REQUEST', 'There is no such request in the directory')
      : new DirectoryError('ERR_MALFORMED_URL', 'The URL is malformed')
  )
}

async function answerLogin(served: ServedRequest, req: Request, res: Response): Promise<void> {
  const { sent, idleMinutes } = await readLogin(served, req, res)
  sendResult(res, await logIn(served, sent, idleMinutes))
}

async function logIn(served: ServedRequest, sent: SentCredentials, idleMinutes: number): Promise<boolean> {
  if (sent.kind === 'incomplete') return served.logins.refuseIncomplete(sent.reason)
  if (sent.kind === 'complete') return served.logins.logInFor('endpoint', idleMinutes, sent.credentials)
  if (served.isWithoutSession) return false
  // The seed calls all four headers "not mandatory": a login of nobody opens a guest's session, and one that lives stays as it is.
  served.refuseCrossSite()
  const { headers, message } = served.facts
  const misnamed = misnamedPassword(headers, queryOf(message.url))
  if (misnamed !== null) return served.logins.refuseIncomplete(misnamed)
  if (headers.authorization !== undefined) served.logins.refuseIncomplete(unreadAuthorization)
  if (served.open === null && !served.services.provider.admitsGuests)
    return served.logins.refuseIncomplete('there is no user name, and nobody is admitted without one')
  await served.opening.openGuest()
  return served.open !== null
}

/** The headers win over the body, which may then be anything at all. */
async function readLogin(
  { services: { closing, length } }: ServedRequest,
  req: Request,
  res: Response
): Promise<{ sent: SentCredentials; idleMinutes: number }> {
  const inHeaders = readHeaderCredentials(req.headers)
  if (inHeaders.kind === 'complete') return { sent: inHeaders, idleMinutes: readHeaderLength(req.headers, length) }
  const body = await readJSON(req, res, closing)
  const inBody = readBodyCredentials(body, req.headers['content-type'])
  return { sent: inBody.kind === 'none' ? inHeaders : inBody, idleMinutes: readBodyLength(argumentsOf(body) ?? [], req.headers, length) }
}

/** The key is a hash that only Wakanda's directory stores, so it is nobody's; a browser framework throws on an `__ERROR`. */
function answerLoginByKey(_served: ServedRequest, _req: Request, res: Response): Promise<void> {
  sendResult(res, false)
  return Promise.resolve()
}

async function answerLogout(served: ServedRequest, _req: Request, res: Response): Promise<void> {
  sendResult(res, await served.logins.logout(), 200)
}

async function answerCurrentUser(served: ServedRequest, _req: Request, res: Response): Promise<void> {
  await served.establish()
  sendAnswer(res, 200, { result: served.user && wireUser(served.user) })
}

async function answerCurrentUserBelongsTo(served: ServedRequest, req: Request, res: Response): Promise<void> {
  const inBody = (await readArguments(req, res, served.services.closing)) ?? []
  const [group] = inBody.length > 0 ? inBody : argumentsInURL(req)
  await served.establish()
  sendAnswer(res, 200, { result: typeof group === 'string' && (await served.isMemberOf(group)) })
}

/** `currentUserBelongsTo("Sales")`, or `?$params=["Sales"]`, which 4D's documentation writes in single quotes. */
function argumentsInURL(req: Request): readonly unknown[] {
  const inParentheses = endpointPath.exec(pathWithin(req))?.[3]
  const params = (queryOf(req.url).get('$params') ?? '').replace(/^'(.*)'$/s, '$1')
  try {
    if (inParentheses !== undefined) return JSON.parse(`[${decodeURIComponent(inParentheses)}]`) as readonly unknown[]
    return params === '' ? [] : (argumentsOf(JSON.parse(params)) ?? [])
  } catch (cause) {
    throw new DirectoryError('ERR_MALFORMED_URL', 'The arguments in the URL are not JSON, such as "Sales" in quotes', { cause })
  }
}

/** A refused login is exactly this object: one client takes any `__ERROR` for an exception, another asserts that `result` is there. */
function sendResult(res: Response, result: boolean, refusal = 401): void {
  sendAnswer(res, result ? 200 : refusal, { result })
}

function isWellFormed(path: string): boolean {
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}
