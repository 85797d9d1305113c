import type { Server } from 'node:http'
import { isIP } from 'node:net'

import type { RedisSessionStore } from '../stores/redis/session-store.js'
import { DirectoryFileProvider } from '../providers/directory-file/provider.js'
import { connectToRedis } from './connect-to-redis.js'
import { describeEvent } from './describe-event.js'
import type { CommandStreams } from './command-streams.js'
import { listen, untilSignal } from './listen.js'
import { loadPeer } from './load-peer.js'
import { CommandError, readWholeNumber, runWithOptions, UsageError } from './run-with-options.js'

const usage = `Usage: express-4d-directory serve --directory PATH [OPTIONS]

Serves login, logout, current user and group membership for the users and groups of a 4D project, as 4D's REST server
does: a stand-in for it on a laptop or in CI. One line is printed for each login, logout and refusal.

  --directory PATH          the project's Settings/directory.json; it is only read
  --port N                  default 8044; 0 takes a free one
  --host NAME               default 127.0.0.1, which is this machine alone; what is served is plain HTTP
  --licences N              how many sessions there may be at once, guests included; default 3
  --redis URL               keep the sessions in Redis 7 (redis://...), so that they outlive a restart; needs the package redis
  --watch                   read the directory again whenever it is saved
  --allow-empty-passwords   let users without a password log in with the empty one
  --no-rest-group           let in users outside the group that 4D lets use REST (settings.localMobileAccessGroupRW)

Try it from another terminal:

  curl -i -X POST -H 'username-4D: NAME' -H 'password-4D: PASSWORD' 'http://127.0.0.1:8044/rest/$directory/login'
`

const options = {
  directory: { type: 'string' },
  port: { type: 'string' },
  host: { type: 'string' },
  licences: { type: 'string' },
  redis: { type: 'string' },
  watch: { type: 'boolean' },
  'allow-empty-passwords': { type: 'boolean' },
  'no-rest-group': { type: 'boolean' }
} as const

/** What was asked for, checked. */
interface ServeSettings {
  readonly path: string
  readonly port: number
  readonly host: string
  readonly licences: number
  readonly redis: string | undefined
  readonly watch: boolean
  readonly allowEmptyPasswords: boolean
  readonly restGroup: boolean
}

/** The command `serve`. Resolves to the exit code once SIGINT or SIGTERM has ended it. */
export async function runServe(args: readonly string[], streams: CommandStreams): Promise<number> {
  return await runWithOptions(args, streams, { usage, options }, async (values) => {
    if (!values.directory) throw new UsageError('--directory is missing: the path of a directory.json')
    if (values.host === '') throw new UsageError('--host must not be empty')
    return await serve(
      {
        path: values.directory,
        port: readWholeNumber('port', values.port, { lowest: 0, highest: 65535, otherwise: 8044 }),
        host: values.host ?? '127.0.0.1',
        licences: readWholeNumber('licences', values.licences, { lowest: 1, highest: 1_000_000, otherwise: 3 }),
        redis: values.redis,
        watch: values.watch ?? false,
        allowEmptyPasswords: values['allow-empty-passwords'] ?? false,
        restGroup: !values['no-rest-group']
      },
      streams
    )
  })
}

async function serve(settings: ServeSettings, streams: CommandStreams): Promise<number> {
  const express = await loadPeer('express', 'serve', async () => (await import('express')).default)
  const { directoryRouter } = await import('../directory-router.js')
  const { path, watch, restGroup, licences, allowEmptyPasswords } = settings

  const endings: (() => unknown)[] = []
  try {
    const provider = await DirectoryFileProvider.open(path, { watch, restGroup })
    endings.unshift(() => provider.close())
    const store = settings.redis === undefined ? null : await openRedisStore(settings.redis, streams, endings)
    const directory = directoryRouter({ provider, quotas: { sessions: licences }, allowEmptyPasswords, ...(store && { store }) })
    endings.unshift(() => directory.close())
    directory.events.on('event', (event) => {
      const line = describeEvent(event)
      if (line !== null) streams.stdout.write(`${line}\n`)
    })
    const app = express().disable('x-powered-by').use('/rest', directory)
    const server = await listen(app, settings)
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

async function openRedisStore(url: string, streams: CommandStreams, endings: (() => unknown)[]): Promise<RedisSessionStore> {
  const { RedisSessionStore } = await import('../stores/redis/session-store.js')
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

function greet(
  provider: DirectoryFileProvider,
  server: Server,
  { path, host, licences, watch }: ServeSettings,
  streams: CommandStreams
): void {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new CommandError('The server has no port')
  const url = `http://${isIP(host) === 6 ? `[${host}]` : host}:${address.port}/rest`
  for (const warning of provider.warnings) streams.stderr.write(`Warning: ${warning}\n`)
  if (!isLoopback(host)) {
    streams.stderr.write(`Warning: ${host} can be reached from other machines, and this is plain HTTP: passwords can be read on the way\n`)
  }
  streams.stdout.write(`${describeCounts(provider)} of ${path}${watch ? ', read again when it is saved' : ''}
${url}/$directory/login, logout, currentUser, currentUserBelongsTo
${licences === 1 ? '1 licence' : `${licences} licences`}. Ctrl+C ends it.
`)
}

function describeCounts({ counts: { users, groups } }: DirectoryFileProvider): string {
  return `${users} ${users === 1 ? 'user' : 'users'} and ${groups} ${groups === 1 ? 'group' : 'groups'}`
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.[0-9]{1,3}){3}$/.test(host)
}
