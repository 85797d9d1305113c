import type { IncomingMessage, ServerResponse } from 'node:http'

import type { DirectoryError } from '../errors.js'
import { readUUID } from '../uuid.js'
import type { DirectoryUser } from '../providers/directory-provider.js'
import { readHeaderCredentials } from './credentials.js'
import type { DatastoreFunction } from './host-callbacks.js'

/** Express keeps the URL here that the client has sent. */
type ExpressMessage = IncomingMessage & { readonly originalUrl?: string }

/** Whatever is asked of `$directory`. */
export const directoryPath = /\/(?:\$|%24)directory(?:\/|$)/i
const pathsThatAnswerResult =
  /\/(?:\$|%24)directory\/(?:login|loginByPassword|loginByKey|logout|currentUserBelongsTo(?:(?:\(|%28).*)?)\/?$/i

/** Without the query. */
export function pathOf(url = ''): string {
  const query = url.indexOf('?')
  return query === -1 ? url : url.slice(0, query)
}

/** The fields of the query. Not through URL, which throws where a client writes a whole address that is none: `GET http://a:99999/rest/$directory/...`. */
export function queryOf(url = ''): URLSearchParams {
  return new URLSearchParams(url.slice(pathOf(url).length))
}

/** What may be a function of the datastore: catalog/ of a name that stands in the URL as it is. */
export const catalogPath = /\/(?:\$|%24)catalog\/(\w+)\/?$/i

/** Whether the path is for `$directory`, wherever that is mounted, or calls a function of the datastore by its exact name: any other is the host's own. */
export function isForEndpoint(path: string, functions: ReadonlyMap<string, DatastoreFunction>): boolean {
  return directoryPath.test(path) || (functions.size > 0 && functions.has(catalogPath.exec(path)?.[1] ?? ''))
}

/** Whether a client of 4D has sent the request: its refusals are in 4D's format, wherever they come from. */
export function speaks4D(message: ExpressMessage, functions: ReadonlyMap<string, DatastoreFunction>): boolean {
  const path = pathOf(message.originalUrl ?? message.url)
  return isForEndpoint(path, functions) || readHeaderCredentials(message.headers).kind !== 'none'
}

/** Sends an answer of the directory. Not through `res.json`, whose `ETag` turns a second question into a 304 and whose settings are the host's. */
export function sendAnswer(res: ServerResponse, status: number, body: object): void {
  res.statusCode = status
  res.setHeader('Content-Type', 'application/json; charset=utf-8')
  setOwnHeaders(res)
  const text = JSON.stringify(body)
  res.setHeader('Content-Length', Buffer.byteLength(text))
  res.end(res.req.method === 'HEAD' ? undefined : text)
}

/** Answers `OPTIONS`, also where it is a preflight that the host's `cors` has let through. */
export function sendAllow(res: ServerResponse, allow: string): void {
  res.statusCode = 204
  res.setHeader('Allow', allow)
  setOwnHeaders(res)
  res.end()
}

/** `same-origin` keeps answers out of other sites' pages as images or scripts; requests with CORS, which the host grants, are not bound by it. */
function setOwnHeaders(res: ServerResponse): void {
  res.setHeader('Cache-Control', 'no-store')
  res.setHeader('X-Content-Type-Options', 'nosniff')
  res.setHeader('Cross-Origin-Resource-Policy', 'same-origin')
  res.setHeader('4DREST-INFO', '1.1')
}

/** Sends a refusal: `__ERROR`, and beside it `result: false` where clients read `result` whatever the status. */
export function sendError(req: ExpressMessage, res: ServerResponse, error: DirectoryError): void {
  if (error.retryAfterSeconds !== undefined) res.setHeader('Retry-After', error.retryAfterSeconds)
  if (error.code === 'ERR_LOGIN_FAILED') res.setHeader('4D-CREDENTIALS', '1.0')
  const result = pathsThatAnswerResult.test(pathOf(req.originalUrl ?? req.url)) ? { result: false } : {}
  const { message, componentSignature, errCode } = error
  sendAnswer(res, error.status, { ...result, __ERROR: [{ message, componentSignature, errCode }] })
}

/** The user as 4D shows it: one client reads the members by position. */
export function wireUser({ userName, fullName, ID }: DirectoryUser): object {
  return { userName, fullName, ID: readUUID(ID) ?? ID }
}
