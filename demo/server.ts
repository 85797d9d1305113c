import { createServer } from 'node:http'

import { DirectoryFileProvider, directoryRouter } from 'express-4d-directory'

import { accounts, seedProvider } from './accounts.js'
import { demoApp } from './app.js'
import { authentify } from './authentify.js'
import { openSessionStore } from './session-store.js'
import { readSettings } from './settings.js'
import { smallDirectory } from './small-directory.js'

async function start(): Promise<void> {
  const settings = readSettings(process.env)
  const { directoryPath } = settings
  const provider = directoryPath === null ? await seedProvider() : await DirectoryFileProvider.open(directoryPath, { watch: true })
  const { store, where, close: closeStore } = await openSessionStore(settings)
  const directory = directoryRouter({ provider, store, rest: { datastoreFunctions: { authentify } } })
  const small = smallDirectory(provider)
  const { host, port } = settings
  const server = createServer(demoApp(directory, small, { groupsOf: (user) => provider.groupsOf(user) }))
  server.listen(typeof port === 'string' ? { path: port } : { port, host })

  server.on('error', (error: NodeJS.ErrnoException) => {
    const place = typeof port === 'string' ? port : `port ${port} of ${host}`
    fail(new Error(error.code === 'EADDRINUSE' ? `${place} is in use: set PORT to another` : error.message))
  })
  server.on('listening', () => {
    const address = server.address()
    const place = typeof address === 'string' || address === null ? onSocket(String(port)) : onPort(host, address.port)
    console.log(
      `4D directory ${place.words}, sessions in ${where}. A page to try it at ${place.url}/, the session console at ${place.url}/console`
    )
    if (provider instanceof DirectoryFileProvider) provider.warnings.forEach((warning) => console.warn(warning))
    else printAccounts(place)
  })

  const close = async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    // Ends the streams of the console, and bodies that come in drops; answers under way have a second more.
    await Promise.all([directory.close(), small.close()])
    setTimeout(() => server.closeAllConnections(), 1000).unref()
    await closed
    await closeStore()
    if (provider instanceof DirectoryFileProvider) await provider.close()
  }
  const end = () => {
    close().then(() => process.exit(0), fail)
  }
  process.once('SIGINT', end)
  process.once('SIGTERM', end)
  if (process.env['npm_lifecycle_event'] === 'start') endWithParent(end)
}

/** npm passes SIGTERM on to the shell that it has started, which ends and leaves its child behind, holding the port. */
function endWithParent(end: () => void): void {
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    end()
  }, 250)
  watch.unref()
}

/** Where the demo listens: in words, as the URL that a client asks for, and as what curl needs to get there. */
interface Place {
  readonly words: string
  readonly url: string
  readonly curl: string
}

function onPort(host: string, port: number): Place {
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`
  return { words: `at ${url}/rest`, url, curl: 'curl' }
}

/** Nobody gets to a socket or pipe by its name in a URL: whoever connects to it says another one. */
function onSocket(path: string): Place {
  const url = 'http://localhost'
  return { words: `on ${path}, as ${url}/rest`, url, curl: `curl --unix-socket '${path}'` }
}

function printAccounts({ curl, url }: Place): void {
  console.log('\nAccounts:')
  for (const { userName, password, groups } of accounts)
    console.log(`  ${userName.padEnd(10)} password ${password.padEnd(6)} group ${groups}`)
  console.log('\nTry it:')
  console.log(`  ${curl} -X POST -c cookies.txt -H 'username-4D: jsmith' -H 'password-4D: smith' '${url}/rest/$directory/login'`)
  console.log(`  ${curl} -b cookies.txt '${url}/rest/$directory/currentUser'`)
}

function fail(error: unknown): void {
  console.error(error instanceof Error ? error.message : String(error))
  process.exit(1)
}

start().catch(fail)
