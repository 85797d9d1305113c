import { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Writable } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import type { Express } from 'express'

/** Drives an app with Node's own request and response objects and no connection: a hundred thousand visits in seconds, one after the other. */
export function inProcess(app: Express): (path: string, headers?: Readonly<Record<string, string>>) => Promise<number> {
  const sink = new Writable({ write: (_chunk, _encoding, done) => done() })
  const socket = Object.assign(sink, { remoteAddress: '192.0.2.7' }) as unknown as Socket

  return function visit(path, headers = {}) {
    const req = new IncomingMessage(socket)
    Object.assign(req, { method: 'GET', url: path, httpVersion: '1.1', httpVersionMajor: 1, httpVersionMinor: 1 })
    Object.assign(req.headers, { host: 'localhost', ...headers })
    const res = new ServerResponse(req)
    res.assignSocket(socket)
    return new Promise((resolve, reject) => {
      res.on('finish', () => {
        res.detachSocket(socket)
        resolve(res.statusCode)
      })
      res.on('error', reject)
      app(req, res)
    })
  }
}

/** Bytes on the heap after everything that is garbage has gone. */
export function heapBytes(): number {
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  collectGarbage()
  return process.memoryUsage().heapUsed
}
