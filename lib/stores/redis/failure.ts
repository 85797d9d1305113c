import { DirectoryError } from '../../errors.js'

/** What operators can do something about, by how Redis' own words begin. */
const sentences: readonly (readonly [words: string, sentence: string])[] = [
  ['NOPERM', 'Redis forbids the account of the client a command or a key that the store needs'],
  ['NOAUTH', 'Redis wants a password that the client does not send'],
  ['WRONGPASS', 'Redis refused the password of the client'],
  ['READONLY', 'Redis is read-only here: the client is connected to a replica, or to a server that has not taken over yet'],
  ['OOM', 'The memory of Redis is full'],
  ['MISCONF', 'Redis takes no writes, because it cannot save them'],
  ['LOADING', 'Redis is still loading its data'],
  ['CLUSTERDOWN', 'The Redis cluster is down'],
  ['WRONGTYPE', 'Something else is under a key of ours in Redis'],
  ['ERR Error compiling script', 'Redis 7.0 or later is needed']
]

/** The error that callers see, with Redis' or the client's own words as its cause. */
export function redisFailure(error: unknown): DirectoryError {
  if (error instanceof DirectoryError) return error
  const cause = causeOf(error)
  const [, sentence] = sentences.find(([words]) => cause.message.startsWith(words)) ?? []
  return new DirectoryError('ERR_STORE_UNAVAILABLE', sentence ?? 'Redis refused or could not be reached', { cause })
}

/**
 * Class, code and message, and nothing else: ioredis hangs the whole command on its errors, and with it what is stored in the session. Redis quotes
 * a command that it does not know.
 */
export function causeOf(error: unknown): Error {
  // What a name such as localhost leads to: one error for each address, and no words of its own.
  const told: unknown = error instanceof AggregateError && error.message === '' ? error.errors[0] : error
  if (!(told instanceof Error)) return new Error('the client failed without an error')
  const cause: Error & { code?: string } = new Error(told.message.replace(/,? with args beginning with:.*/s, ''))
  cause.name = told.constructor.name
  if ('code' in told && typeof told.code === 'string') cause.code = told.code
  return cause
}
