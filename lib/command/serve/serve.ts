import type { Server } from 'node:http'
import { isIP } from 'node:net'

import type { DirectoryFileProvider, SessionStore } from '../../index.js'
import { importWithPeer } from '../command-error.js'
import type { CommandStreams } from '../command-streams.js'
import { connectToRedis } from './connect-to-redis.js'
import { describeEvent } from './describe-event.js'
import { listen, type ListenAt, untilSignal } from './listen.js'

/** What was asked for. */
export interface ServeSettings extends ListenAt {
  readonly directory: string
  readonly licences: number
  readonly redis?: string
  readonly watch?: boolean
  readonly allowEmptyPasswords?: boolean
  readonly restGroup: boolean
}

/** The command `serve`. Resolves to the exit code once SIGINT or SIGTERM has ended it. */
export async function serve(settings: ServeSettings, streams: CommandStreams): Promise<number> {
  const { DirectoryFileProvider, directoryRouter } = await importWithPeer('express', 'serve', () => import('../../index.js'))
  const { default: express } = await import('express')
  const { directory: path, watch = false, restGroup, licences, allowEmptyPasswords = false } = settings

  const endings: (() => unknown)[] = []
  try {
    const provider = await DirectoryFileProvider.open(path, { watch, restGroup })
    endings.unshift(() => provider.close())
    const store = settings.redis ? { store: await openRedisStore(settings.redis, streams, endings) } : {}
    const directory = directoryRouter({ provider, quotas: { sessions: licences }, rest: { allowEmptyPasswords }, ...store })
    endings.unshift(() => directory.close())
    directory.events.on('event', (event) => {
      const line = describeEvent(event)
      if (line !== null) streams.stdout.write(`${line}\n`)
    })
    const server = await listen(express().disable('x-powered-by').use('/rest', directory), settings)
    // Before a word is out: whoever has read that we serve may end us.
    const ended = untilSignal(server)
    tellOfReloads(provider, path, streams)
    greet(provider, server, settings, streams)
    await ended
    return 0
  } finally {
    for (const end of endings) await end()
  }
}

async function openRedisStore(url: string, streams: CommandStreams, endings: (() => unknown)[]): Promise<SessionStore> {
  const { RedisSessionStore } = await import('../../redis.js')
  const client = await connectToRedis(url, (problem) => streams.stderr.write(`Redis: ${problem}\n`))
  endings.unshift(() => client.destroy())
  return new RedisSessionStore({ client })
}

function tellOfReloads(provider: DirectoryFileProvider, path: string, streams: CommandStreams): void {
  provider.events.on('reloaded', (warnings) => {
    streams.stdout.write(`Read ${path} again: ${describeCounts(provider)}\n`)
    for (const warning of warnings) streams.stderr.write(`Warning: ${warning}\n`)
  })
  provider.events.on('reload-failed', (error) => streams.stderr.write(`${error.message}; what was read before still holds\n`))
}

function greet(provider: DirectoryFileProvider, server: Server, settings: ServeSettings, streams: CommandStreams): void {
  const { directory: path, host, port, licences, redis, watch } = settings
  for (const warning of provider.warnings) streams.stderr.write(`Warning: ${warning}\n`)
  if (typeof port === 'number' && !isLoopback(host)) {
    streams.stderr.write(`Warning: ${host} can be reached from other machines, and this is plain HTTP: passwords can be read on the way\n`)
  }
  streams.stdout.write(`${describeCounts(provider)} of ${path}${watch ? ', read again when it is saved' : ''}
${addressOf(server, host)}/rest/$directory/login, logout, currentUser, currentUserBelongsTo
${licences === 1 ? '1 licence' : `${licences} licences`}${redis ? `, sessions in Redis at ${new URL(redis).host}` : ''}. Ctrl+C ends it.
`)
}

function addressOf(server: Server, host: string): string {
  const address = server.address()
  if (address === null || typeof address === 'string') return address ?? ''
  return `http://${isIP(host) === 6 ? `[${host}]` : host}:${address.port}`
}

function describeCounts({ counts: { users, groups } }: DirectoryFileProvider): string {
  return `${users} ${users === 1 ? 'user' : 'users'} and ${groups} ${groups === 1 ? 'group' : 'groups'}`
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.[0-9]{1,3}){3}$/.test(host)
}
