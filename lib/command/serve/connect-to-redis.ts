import { CommandError, importWithPeer, UsageError } from '../command-error.js'

/** A connected client of `redis`. `tell` hears of what befalls the connection later; the client connects again by itself. */
export async function connectToRedis(url: string, tell: (problem: string) => void) {
  // Checked here and not shown: it may hold a password.
  if (!/^rediss?:\/\/[^/]/.test(url) || !URL.canParse(url))
    throw new UsageError('--redis, or REDIS_URL, must be a URL such as redis://127.0.0.1:6379')
  const { createClient } = await importWithPeer('redis', 'serve --redis', () => import('redis'))
  let hasConnected = false
  const client = createClient({
    url,
    socket: {
      connectTimeout: 3000,
      // At the start an error ends the attempt, so that a wrong address is told and not tried for ever.
      reconnectStrategy: (retries, cause) => (hasConnected ? Math.min(2000, 50 * 2 ** retries) : cause)
    }
  })
  client.on('error', (error: unknown) => {
    if (hasConnected) tell(reasonOf(error))
  })
  try {
    await client.connect()
  } catch (error) {
    throw new CommandError(`Redis cannot be reached at ${new URL(url).host}: ${reasonOf(error)}`)
  }
  hasConnected = true
  return client
}

// Failures to connect to `localhost` come as an AggregateError without a message: one error for each of its addresses.
function reasonOf(error: unknown): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error
  return first instanceof Error ? first.message : String(first)
}
