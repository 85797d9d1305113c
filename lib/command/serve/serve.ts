import { forgiven } from '../../forgiven.js'
import type { SessionStore } from '../../index.js'
import { checkedByPackage, importWithPeer } from '../command-error.js'
import type { CommandStreams } from '../command-streams.js'
import { connectToRedis } from './connect-to-redis.js'
import { greet, tellOfReloads } from './greet.js'
import { listen, untilSignal } from './listen.js'
import { ServeLog } from './serve-log.js'
import { directoryOptions, namesOnCommandLine, type ServeSettings } from './serve-settings.js'

/** The command `serve`. Resolves to the exit code once SIGINT or SIGTERM has ended it. */
export async function serve(settings: ServeSettings, streams: CommandStreams): Promise<number> {
  const { DirectoryFileProvider, directoryRouter } = await importWithPeer('express', 'serve', () => import('../../index.js'))
  const { standInApp } = await import('./stand-in-app.js')
  const { directory: path, watch, restGroup, json = false, redis, licences = null, host, cors: corsOrigins = [] } = settings

  const endings: (() => unknown)[] = []
  try {
    const provider = await DirectoryFileProvider.open(path, { watch: watch ?? false, restGroup })
    endings.unshift(() => provider.close())
    const log = new ServeLog({ streams, json, provider })
    endings.unshift(() => log.close())
    const store = redis ? await openRedisStore(redis, log, endings) : undefined
    const options = { ...directoryOptions(settings), provider, store }
    const directory = checkedByPackage(namesOnCommandLine, () => directoryRouter(options))
    endings.unshift(() => directory.close())
    directory.events.on('event', (event) => log.tell(event))

    const app = standInApp({ directory, provider, corsOrigins, licences, guestsTakeLicences: !settings.forceLogin, host })
    const server = await listen(app, settings)
    // Before a word is out: whoever has read that we serve may end us.
    const ended = untilSignal(server, () => void forgiven(directory.close()))
    tellOfReloads(provider, path, log)
    greet(provider, server, settings, log)
    await ended
    return 0
  } finally {
    for (const end of endings) await end()
  }
}

async function openRedisStore(url: string, log: ServeLog, endings: (() => unknown)[]): Promise<SessionStore> {
  const { RedisSessionStore } = await import('../../redis.js')
  const client = await connectToRedis(url, (problem) => log.warn(`Redis: ${problem}`))
  endings.unshift(() => client.destroy())
  return new RedisSessionStore({ client })
}
