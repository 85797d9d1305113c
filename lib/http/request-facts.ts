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

  get origin(): SessionOrigin {
    return { ip: this.ip, userAgent: (this.headers['user-agent'] ?? '').slice(0, longestTexts.userAgent) }
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

/** Whether the request is as Express hands it on. One that inherits from it, or a test's, is not. */
export function isAsExpressHasIt(message: IncomingMessage): boolean {
  return appOf(message)?.request === Object.getPrototypeOf(message)
}

type ExpressApp = TrustingApp & { readonly request?: unknown }

/** The Express app that serves a request; `null`: none does. Others call something `req.app` too; only Express' is a function with settings. */
function appOf(message: IncomingMessage): ExpressApp | null {
  const { app } = message as { readonly app?: unknown }
  return typeof app === 'function' && 'get' in app && typeof app.get === 'function' ? (app as unknown as ExpressApp) : null
}
