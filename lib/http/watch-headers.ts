import type { ServerResponse } from 'node:http'

import { type HeaderWriter, hookedKey, requestsKey, type ServedMessage } from './contract.js'
import { expressPrototype, prototypeWith } from './express-prototype.js'
import { isAsExpressHasIt } from './request-facts.js'

type WriteHead = (this: ServerResponse, status: number, reason?: unknown, headers?: unknown) => ServerResponse

type Answer = ServerResponse & { [hookedKey]?: true }

/**
 * Sees to it that the directories of a request are asked when the headers of its answer are written, however that comes about. Done again wherever the request
 * passes: an app that is called by another may be of another copy of Express, and gives the answer that copy's prototype.
 *
 * A `writeHead` of its own on each answer would cost a twentieth of what Express takes for a request. So the hook goes on Express' own prototype, once per copy of
 * Express. An answer that has another `writeHead` when we come (on-headers, mocks, a host's own), is none of Express' (plain Node, a bridge to HTTP/2), or answers
 * a request that is not as Express has it, gets another around it.
 */
export function watchHeaders(req: ServedMessage, res: Answer): void {
  if (!Object.hasOwn(res, 'writeHead') && isAsExpressHasIt(req) && isHooked(res)) return
  if (Object.hasOwn(res, hookedKey)) return
  completeMembers(res)
  hook(res, () => req[requestsKey])
}

function isHooked(res: Answer): boolean {
  // `express.response`.
  const prototype = expressPrototype(res, 'sendFile')
  if (prototype === null) return false
  if (prototype[hookedKey] !== true) hook(prototype, (answer) => (answer as { readonly req?: ServedMessage }).req?.[requestsKey])
  return prototypeWith(res, 'writeHead') === prototype
}

/** engine.io's answer to an upgrade has `setHeader`, `getHeader` and `writeHead`, and lacks what says which headers there are and whether they are out. */
function completeMembers(res: Answer): void {
  if ((res as Partial<Answer>).getHeaderNames !== undefined) return
  const target = res as { writeHead: WriteHead }
  const { writeHead } = target
  let headersSent = false
  Object.defineProperties(res, { headersSent: { get: () => headersSent }, getHeaderNames: { value: () => [] } })
  target.writeHead = function writeHeadAndSaySo(this: ServerResponse, ...given) {
    headersSent = true
    return writeHead.apply(this, given)
  }
}

function hook(target: Answer, writersOf: (res: ServerResponse) => HeaderWriter | null | undefined): void {
  const { writeHead } = target as { writeHead: WriteHead }
  Object.defineProperty(target, hookedKey, { value: true })
  target.writeHead = function writeHeadWithSessionCookie(
    this: ServerResponse,
    status: number,
    reason?: unknown,
    headers?: unknown
  ): ServerResponse {
    // As Node reads them: the reason may be absent, with or without a place held for it.
    const hasReason = typeof reason === 'string'
    let given = hasReason ? headers : (headers ?? reason)
    for (let writer = writersOf(this); writer; writer = writer.previous) given = writer.completeHeaders(this, given)
    return hasReason ? writeHead.call(this, status, reason, given) : writeHead.call(this, status, given)
  }
}
