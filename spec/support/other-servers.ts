import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createSecureServer, createServer as createHttp2Server, type Http2SecureServer, type Http2Server } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

import middie from '@fastify/middie'
import connect from 'connect'
import fastify from 'fastify'
import Koa from 'koa'
import koaConnect from 'koa-connect'
import { onTestFinished } from 'vitest'

import type { RequestDirectory, RouteMiddleware } from '../../lib/index.js'
import { certificate } from './certificate.js'

/** What a page answers, as JSON. */
export type Page = (directory: RequestDirectory, path: string) => object | Promise<object>

/** A server that is not Express: it puts the middleware before the page in its own way, and adds a cookie of its own to each answer. */
export interface OtherServer {
  readonly name: string
  readonly protocol: 'http' | 'https' | 'h2c' | 'h2'
  /** Listens, and gives the port. */
  readonly serve: (middleware: RouteMiddleware, page: Page) => Promise<number>
}

export const theirCookie = 'theirs=1'

export const otherServers: readonly OtherServer[] = [
  { name: 'node:http', protocol: 'http', serve: (middleware, page) => listen(createServer(listener(middleware, page))) },
  {
    name: 'node:https',
    protocol: 'https',
    serve: (middleware, page) => listen(createHttpsServer(certificate(), listener(middleware, page)))
  },
  { name: 'node:http2', protocol: 'h2c', serve: (middleware, page) => listen(createHttp2Server(asHttp2(listener(middleware, page)))) },
  {
    name: 'node:http2 over TLS',
    protocol: 'h2',
    serve: (middleware, page) => listen(createSecureServer(certificate(), asHttp2(listener(middleware, page))))
  },
  {
    name: 'connect',
    protocol: 'http',
    serve(middleware, page) {
      const app = connect()
      app.use(middleware)
      app.use((req, res) => void answer(req, res, page))
      return listen(createServer(app))
    }
  },
  {
    name: 'Koa by koa-connect',
    protocol: 'http',
    serve(middleware, page) {
      const app = new Koa()
      app.silent = true
      app.use(koaConnect(middleware))
      app.use(async (ctx) => {
        ctx.append('Set-Cookie', theirCookie)
        ctx.body = await page(directoryOf(ctx.req), ctx.path)
      })
      return listen(createServer(app.callback() as RequestListener))
    }
  },
  {
    name: 'Fastify by @fastify/middie',
    protocol: 'http',
    async serve(middleware, page) {
      const app = fastify()
      await app.register(middie)
      app.use(middleware)
      app.all('*', async (request, reply) => {
        reply.header('Set-Cookie', theirCookie)
        return page(directoryOf(request.raw), request.url)
      })
      await app.listen({ port: 0, host: '127.0.0.1' })
      onTestFinished(() => app.close())
      return (app.server.address() as AddressInfo).port
    }
  }
]

function listener(middleware: RouteMiddleware, page: Page): RequestListener {
  return (req, res) => {
    middleware(req, res, (error) => {
      if (error === undefined) void answer(req, res, page)
      else res.writeHead((error as { readonly status?: number }).status ?? 500).end()
    })
  }
}

/** Node documents that its HTTP/2 requests and answers may stand in for those of HTTP/1, and types them apart. */
function asHttp2(handle: RequestListener): Parameters<typeof createHttp2Server>[1] {
  return handle as unknown as Parameters<typeof createHttp2Server>[1]
}

async function answer(req: IncomingMessage, res: ServerResponse, page: Page): Promise<void> {
  try {
    const body = await page(directoryOf(req), req.url ?? '')
    res.writeHead(200, { 'content-type': 'application/json', 'set-cookie': theirCookie }).end(JSON.stringify(body))
  } catch (error) {
    res.writeHead(500).end(String(error))
  }
}

function directoryOf(req: IncomingMessage): RequestDirectory {
  return (req as IncomingMessage & { readonly directory: RequestDirectory }).directory
}

/** Listens on a free port until the spec has finished, and gives the port. */
export async function listen(server: Server | Http2Server | Http2SecureServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}
