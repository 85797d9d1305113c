import type { IncomingHttpHeaders } from 'node:http'
import { Socket } from 'node:net'

import { isNoAddress } from '../fold-address.js'
import type { TrustingApp } from '../sessions/administration.js'
import type { SessionOrigin } from '../sessions/open-session.js'
import type { RequestServices } from './request-services.js'
import type { RequestState } from './request-state.js'

/** Warns of mistakes in the host's set-up that a request shows and that would go unnoticed: of each once, with the cure. */
export function warnOfHost(request: RequestState): void {
  const { facts, services } = request
  warnOfSplitMemory(request)
  warnOfProxy(request)
  const { app } = facts
  // An app is looked at with its first request: its settings stay as they are.
  if (app !== null && app === services.latestApp) return
  warnOfMissingAddress(request)
  if (app === null) return
  services.latestApp = app
  warnOfTrust(app, services)
  warnOfSameCookie(app, services)
}

/** Where a request comes from, for the throttle and for sessions that open; warns where there is no address. Most requests need neither. */
export function originOf(request: RequestState): SessionOrigin {
  warnOfMissingAddress(request)
  return request.facts.origin
}

function warnOfSplitMemory({ services }: RequestState): void {
  if (!services.hasSplitMemory) return
  services.warnings.once(
    'SPLIT_MEMORY',
    'This process is one of several (cluster, PM2), and sessions are kept in the memory of each: whoever logs in at one is nobody at the next. Keep them in ' +
      'Redis or PostgreSQL, with store: new RedisSessionStore({ client }) or new PostgresSessionStore({ pool }), and failed logins with throttle: new ' +
      'RedisLoginThrottle({ client })'
  )
}

/** Without `trust proxy` every client has the proxy's address, and every request looks like plain HTTP. */
function warnOfProxy({ facts, services }: RequestState): void {
  const { app, headers } = facts
  if (app === null || (headers['x-forwarded-for'] === undefined && headers.forwarded === undefined) || app.get('trust proxy')) return
  services.warnings.once(
    'TRUST_PROXY',
    "A request came with X-Forwarded-For or Forwarded, and Express' setting 'trust proxy' is off: the login throttle then sees all clients as one " +
      "address, and cookie.secure: 'auto' takes HTTPS for HTTP. Set app.set('trust proxy', ...) if a proxy is yours, or have it drop these headers."
  )
}

function warnOfTrust(app: TrustingApp, services: RequestServices): void {
  if (!trustsEverybody(app)) return
  services.warnings.once(
    'TRUST_EVERYBODY',
    "Express' setting 'trust proxy' trusts every address, so that a client's is whatever it writes into X-Forwarded-For: a guesser who changes it with each " +
      "login is held by no limit of an address. Say app.set('trust proxy', 1) where one proxy stands in front, or list the addresses of the proxies"
  )
}

/** What an app keeps the directories under that serve it. */
const servedBy: unique symbol = Symbol('directories of the app')

type ServedApp = TrustingApp & { readonly parent?: ServedApp; [servedBy]?: Set<RequestServices> }

/** Two directories of one app with one cookie would log each other out, also where they never meet in one request. */
function warnOfSameCookie(app: ServedApp, services: RequestServices): void {
  // The app that the host listens with: those below it answer for the same address.
  let root = app
  while (root.parent) root = root.parent
  const neighbours = root[servedBy] ?? new Set<RequestServices>()
  root[servedBy] = neighbours.add(services)
  for (const { cookie, store } of neighbours) {
    if (cookie === services.cookie || store === services.store || !services.cookie.isSentWith(cookie)) continue
    services.warnings.once(
      'SAME_COOKIE',
      `Two directories of one app call their cookie ${services.cookie.options.name}, and each takes the other's place in the browser: a login in one logs out of ` +
        'the other. Give one of them another cookie.name, or each a cookie.path of its own'
    )
  }
}

/** Where the server listens on a unix socket or a pipe, and `trust proxy` names addresses: the proxy has none, so it is not trusted. */
function warnOfMissingAddress({ facts, services }: RequestState): void {
  if (!isWithoutAddress(facts.message) || !isNoAddress(facts.ip)) return
  services.warnings.once(
    'NO_ADDRESS',
    'A request came from no address: the server, or a proxy in front, listens on a unix socket or a pipe. All clients are one to the login throttle, which ' +
      'counts failures by account alone and knows nobody by where they come from. Have the first proxy set X-Forwarded-For, and say in Express by ' +
      "app.set('trust proxy', 1) how many proxies there are: 'loopback' and other addresses match no socket"
  )
}

function isWithoutAddress({ headers, socket }: { readonly headers: IncomingHttpHeaders; readonly socket?: Socket }): boolean {
  const forwarded = headers['x-forwarded-for']
  if (forwarded !== undefined && /unknown|unix:/i.test(String(forwarded))) return true
  if (socket?.remoteAddress !== undefined || !(socket instanceof Socket)) return false
  // A client over the network that has hung up has no address either, and soon no socket.
  return !socket.destroyed && socket.localAddress === undefined
}

/** Of both families, out of the ranges for examples, which nobody has (RFC 5737, RFC 3849). */
const strangers = ['203.0.113.1', '2001:db8::1']
/** Nobody has as many proxies, one behind the other. */
const farAway = 99

function trustsEverybody(app: TrustingApp): boolean {
  const trusts = app.get('trust proxy fn') as ((address: string, hop: number) => boolean) | undefined
  if (trusts === undefined) return false
  try {
    return strangers.some((address) => trusts(address, 0) && trusts(address, farAway))
  } catch {
    // A function of the host's that expects addresses of its own.
    return false
  }
}
