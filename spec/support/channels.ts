import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'

import { requireUser } from 'express-4d-directory'
import { Server } from 'socket.io'
import { io } from 'socket.io-client'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'

import { SessionStreams } from '../../demo/recipes/server-sent-events/session-streams.js'
import { serveSessions, userOf } from '../../demo/recipes/socket-io/session-sockets.js'
import { serveSockets } from '../../demo/recipes/websocket-ws/session-sockets.js'
import type { Served } from './serve.js'
import { ask } from './visitor.js'

type Headers = Readonly<Record<string, string>>

/** A socket or a stream, from its client's side. */
export interface Channel {
  /** Does with it what people do, and gives what comes. */
  readonly use: () => Promise<string>
  /** What the client is told at the end. */
  readonly ended: Promise<string>
}

/** A recipe for sockets or streams. */
export interface ChannelKind {
  readonly name: string
  readonly endedBySession: string
  readonly endedByClosing: string
  readonly refusal: RegExp
  readonly unavailable: RegExp
  /** What a client writes that speaks plain HTTP. */
  readonly rawPath: string
  readonly rawHeaders: string
  readonly attach: (served: Served, checkMilliseconds: number) => { readonly connect: (url: string, headers: Headers) => Promise<Channel> }
  readonly connectToRecipe: (url: string, headers: Headers) => Promise<Channel>
}

const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='

export const channelKinds: readonly ChannelKind[] = [
  {
    name: 'websocket-ws',
    endedBySession: '4401',
    endedByClosing: '1001',
    refusal: /401/,
    unavailable: /503/,
    rawPath: '/',
    rawHeaders: upgrade,
    attach({ server, directory }, checkMilliseconds) {
      serveSockets(server, directory, (user, message) => `${user.userName} said ${message}`, checkMilliseconds)
      return { connect: connectByWebSocket }
    },
    connectToRecipe: connectByWebSocket
  },
  {
    name: 'socket-io',
    endedBySession: 'session ended',
    endedByClosing: 'transport close',
    refusal: /Log in first/,
    unavailable: /websocket error/,
    rawPath: '/socket.io/?EIO=4&transport=websocket',
    rawHeaders: upgrade,
    attach({ server, directory }, checkMilliseconds) {
      const sockets = new Server(server)
      serveSessions(sockets, directory, checkMilliseconds)
      sockets.on('connection', (socket) => {
        socket.on('say', (_message: unknown, answer: (said: string) => void) => answer(userOf(socket)?.userName ?? ''))
      })
      return { connect: connectBySocketIO }
    },
    connectToRecipe: connectBySocketIO
  },
  {
    name: 'server-sent-events',
    endedBySession: 'event: end',
    endedByClosing: '',
    refusal: /401/,
    unavailable: /503/,
    rawPath: '/news',
    rawHeaders: 'Accept: text/event-stream',
    attach({ app, directory }, checkMilliseconds) {
      const streams = new SessionStreams(directory, checkMilliseconds)
      app.get('/news', directory.sessionMiddleware, requireUser(), streams.handle)
      app.use(directory.errorHandler)
      return { connect: (url, headers) => connectByStream(url, headers, () => streams.publish({ by: 'jsmith' })) }
    },
    connectToRecipe: (url, headers) =>
      connectByStream(url, headers, async () => {
        await ask(`${url}/news/rain`, { method: 'POST', headers })
      })
  }
]

async function connectByWebSocket(url: string, headers: Headers): Promise<Channel> {
  const socket = new WebSocket(url.replace('http', 'ws'), { headers })
  onTestFinished(() => socket.terminate())
  await Promise.race([once(socket, 'message'), once(socket, 'close').then(([code]) => Promise.reject(new Error(String(code))))])
  return {
    ended: once(socket, 'close').then(([code]) => String(code)),
    async use() {
      socket.send('hello')
      const [data] = (await once(socket, 'message')) as [Buffer]
      return data.toString()
    }
  }
}

function connectBySocketIO(url: string, extraHeaders: Headers): Promise<Channel> {
  const client = io(url, { transports: ['websocket'], extraHeaders, reconnection: false, forceNew: true })
  onTestFinished(() => void client.close())
  const ended = new Promise<string>((resolve) => {
    client.once('session ended', () => resolve('session ended'))
    client.once('disconnect', resolve)
  })
  return new Promise((resolve, reject) => {
    client.once('connect_error', reject)
    client.once('connect', () => resolve({ ended, use: async () => (await client.emitWithAck('say', 'hello')) as string }))
  })
}

async function connectByStream(url: string, headers: Headers, publish: () => Promise<void>): Promise<Channel> {
  const asked = get(`${url}/news`, { headers, agent: false })
  onTestFinished(() => void asked.destroy())
  const [incoming] = (await once(asked, 'response')) as [IncomingMessage]
  incoming.setEncoding('utf8')
  if (incoming.statusCode !== 200) throw new Error(String(incoming.statusCode))
  await once(incoming, 'data')
  let last = ''
  incoming.on('data', (text: string) => (last = text))
  // The spec has finished before the stream has.
  incoming.on('error', () => undefined)
  return {
    ended: new Promise((resolve) => incoming.once('end', () => resolve(/^event: end/.exec(last)?.[0] ?? ''))),
    async use() {
      const event = once(incoming, 'data')
      await publish()
      return String(await event)
    }
  }
}
