import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'

import type { Request } from 'express'

import type { TrustingApp } from '../sessions/administration.js'
import type { SessionOrigin } from '../sessions/open-session.js'
import { longestTexts } from '../text-bounds.js'
import { pathOf } from './wire-format.js'

/**
 * What this package has to know of a request, from Express where it serves the request, and else from Node itself (socket.io's `io.engine.use`, connect, bridges
 * to HTTP/2). There, nobody has said which proxies are to be trusted: the socket's address and encryption count.
 *
 * Each request and answer of Express' has a hidden class of its own (V8 shares none between objects that were given members after another prototype), so that no
 * look at a member of it is cached: a microsecond each, ten times what a session costs in the store. What every request needs is looked at once, here.
 */
export class RequestFacts {
  readonly message: IncomingMessage
  readonly headers: IncomingHttpHeaders
  /** Whose `trust proxy` counts; `null`: no Express app is known. */
  readonly app: TrustingApp | null
  readonly #express: Request | null

  constructor(message: IncomingMessage, app: TrustingApp | null = null) {
    this.message = message
    this.headers = message.headers
    const served = appOf(message)
    this.#express = served === null ? null : (message as Request)
    this.app = served ?? app
  }

  get method(): string {
    return this.message.method ?? ''
  }

  get ip(): string {
    // Under a `trust proxy` that trusts everybody it is whatever the client wrote, 15 KB for each of its sessions.
    return ((this.#express ? this.#express.ip : this.#socket?.remoteAddress) ?? '').slice(0, longestTexts.address)
  }

  get isSecure(): boolean {
    return this.#express ? this.#express.secure : (this.#socket as Partial<TLSSocket> | undefined)?.encrypted === true
  }

  /** A test's request may have none. */
  get #socket(): Socket | undefined {
    return this.message.socket
  }

  get userAgent(): string {
    return (this.headers['user-agent'] ?? '').slice(0, longestTexts.userAgent)
  }

  get origin(): SessionOrigin {
    return { ip: this.ip, userAgent: this.userAgent }
  }

  /** As the browser sent it, without the query, wherever the app is mounted. */
  get path(): string {
    return pathOf((this.message as Partial<Request>).originalUrl ?? this.message.url)
  }

  /** For warnings and events: the route where there is one, since a path may hold what visitors send. */
  get route(): string {
    const route = this.#express?.route as { readonly path?: unknown } | undefined
    const path = typeof route?.path === 'string' ? `${this.#express?.baseUrl ?? ''}${route.path}` : this.path
    return `${this.method} ${path.slice(0, longestTexts.event)}`
  }

  /** Whether another protocol is asked for: a WebSocket, which pages of any origin may open, with our cookie. */
  get isUpgrade(): boolean {
    return this.headers.upgrade !== undefined
  }
}

/** The app of each prototype that requests of Express' have: one for each app. */
const appOfPrototype = new WeakMap<object, TrustingApp>()

/** Whether the request is as Express hands it on. One that inherits from it, or a test's, is not. */
export function isAsExpressHasIt(message: IncomingMessage): boolean {
  return appOfPrototype.has(Object.getPrototypeOf(message) as object)
}

/** The Express app that serves a request; `null`: none does. */
function appOf(message: IncomingMessage): TrustingApp | null {
  const prototype = Object.getPrototypeOf(message) as object
  const known = appOfPrototype.get(prototype)
  if (known !== undefined) return known
  const { app } = message as { readonly app?: unknown }
  if (!isExpressApp(app)) return null
  // Any other prototype may be that of requests of several apps, or of none.
  if (app.request === prototype) appOfPrototype.set(prototype, app)
  return app
}

/** Others call something `req.app` too; only Express' is a function with settings. */
function isExpressApp(app: unknown): app is TrustingApp & { readonly request?: unknown } {
  return typeof app === 'function' && 'get' in app && typeof app.get === 'function'
}
