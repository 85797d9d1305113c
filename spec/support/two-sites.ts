import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

import { onTestFinished } from 'vitest'

import { certificate } from './certificate.js'

export type Scheme = 'http' | 'https'

/** Serves on a free port of this machine, and says under which port; host names are the browser's to resolve. */
export async function listenAs(scheme: Scheme, handle: RequestListener): Promise<number> {
  const server: Server = scheme === 'http' ? createHttpServer(handle) : createHttpsServer(certificate(), handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return (server.address() as AddressInfo).port
}

/** Another site: one page that holds what the spec puts on it. */
export function pageOf(html: string): RequestListener {
  return (_req, res) => {
    res.setHeader('Content-Type', 'text/html; charset=utf-8')
    res.end(`<!doctype html><title>Another site</title>${html}`)
  }
}
